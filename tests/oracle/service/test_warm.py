"""A golden that a worker has at hand is the store's, or it is asked for again."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.records.record_errors import DamagedRecordError
from oracle.service.warm import WarmGoldens
from oracle.spec import Spec, parse_spec
from oracle.store import Store

SPEC = (
    '{"schema": "momentum-oracle/spec/1", "problem": {"kind": "regression", "X": [["1"]], "y": ["%d"]},'
    ' "model": "linear", "init": {"beta": "1"}, "method": {"name": "gradient_descent", "step_size": "1/2"},'
    ' "want": {"kind": "iterates", "steps": [0, 1]}, "digits": 20}'
)


def spec(number: int = 0) -> Spec:
    """Return one of many specs."""
    return parse_spec(SPEC % number)


def only_file(store: Store) -> Path:
    """Return the file of the one golden."""
    (path,) = (store.root / "objects").glob("*/*.npz")
    return path


def test_golden_at_hand_is_not_read_again(tmp_path: Path) -> None:
    """The very same object."""
    warm = WarmGoldens(Store(tmp_path))
    (first, stored), (again, known) = warm.golden(spec()), warm.golden(spec())
    assert (first is again, stored, known) == (True, False, True)


def test_golden_set_aside_is_computed_and_stored_again(tmp_path: Path) -> None:
    """Its file was moved away by `oracle store gc --set-aside`."""
    store = Store(tmp_path)
    warm = WarmGoldens(store)
    first, _ = warm.golden(spec())
    only_file(store).write_bytes(b"damaged")
    store.gc(set_aside=True)
    again, known = warm.golden(spec())
    assert (again.digest == first.digest, known, store.get(first.digest)) == (True, False, again)


def test_damaged_golden_is_refused_though_it_is_at_hand(tmp_path: Path) -> None:
    """Neither told nor computed in silence."""
    store = Store(tmp_path)
    warm = WarmGoldens(store)
    warm.golden(spec())
    only_file(store).write_bytes(b"damaged")
    for _ in range(2):
        with pytest.raises(DamagedRecordError):
            warm.golden(spec())


def test_numbers_at_hand_are_bounded(tmp_path: Path) -> None:
    """The one asked for last stays, however large; each of these holds six numbers."""
    warm = WarmGoldens(Store(tmp_path), most_numbers=13)
    firsts = [warm.golden(spec(number))[0] for number in range(3)]
    again = [warm.golden(spec(number))[0] is first for number, first in reversed(list(enumerate(firsts)))]
    assert (again[0], again[-1]) == (True, False)
