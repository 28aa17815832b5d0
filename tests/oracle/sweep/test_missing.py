"""Which specs of a sweep still have to be computed, and what the others are counted as."""

from __future__ import annotations

from typing import Any

from oracle.goldens import compute_golden
from oracle.spec import Spec, spec_from
from oracle.store import Store
from oracle.sweep.missing import LOOKED_UP, Missing
from oracle.sweep.sweep_file import Asked


def asked(specs: list[dict[str, Any]]) -> list[Asked]:
    """Return specs as a sweep yields them."""
    return [Asked(str(place), spec_from(spec)) for place, spec in enumerate(specs)]


def missing_of(missing: Missing, entries: list[Asked]) -> list[Spec | None]:
    """Return the specs that are left."""
    return [spec for _, spec in missing.among(entries)]


def test_all_is_missing_where_there_is_no_store(store: Store, small_specs: Any) -> None:
    """In order, over several looks into the index; and no store is made."""
    entries = asked(small_specs(2 * LOOKED_UP + 1))
    assert missing_of(Missing(store), entries) == [entry.spec for entry in entries]
    assert not store.root.exists()


def test_stored_specs_are_not_missing(store: Store, small_specs: Any) -> None:
    """By the index."""
    first, second = small_specs(2)
    store.put(compute_golden(spec_from(first)))
    missing = Missing(store)
    assert missing_of(missing, asked([first, second])) == [spec_from(second)]
    assert (missing.counts["asked"], missing.counts["stored_before"]) == (2, 1)


def test_same_spec_in_another_spelling_is_a_duplicate(store: Store, small_specs: Any) -> None:
    """Near or far, stored or not."""
    (spec,) = small_specs(1)
    other = spec | {"method": spec["method"] | {"step_size": "1/20"}}
    missing = Missing(store)
    entries = asked([spec, other, *small_specs(LOOKED_UP, first=1), spec])
    assert len(missing_of(missing, entries)) == 1 + LOOKED_UP
    assert missing.counts["duplicates"] == 2


def test_refused_specs_are_not_asked_again(store: Store, small_specs: Any) -> None:
    """They count as refused, once."""
    entries = asked(small_specs(2))
    assert entries[0].spec is not None
    missing = Missing(store, {entries[0].spec.digest})
    assert missing_of(missing, entries) == [entries[1].spec]
    assert missing.counts["refused"] == 1


def test_what_is_no_spec_is_passed_on(store: Store) -> None:
    """Whoever asks writes down why."""
    entry = Asked("line 1", None, "no JSON")
    assert list(Missing(store).among([entry])) == [(entry, None)]
