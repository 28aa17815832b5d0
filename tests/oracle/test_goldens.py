"""From spec to golden: the same digest everywhere, digits that others confirm, and named refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest

from oracle.goldens import UnstoredGoldenError, compute_golden, fetch_or_compute
from oracle.records.golden import golden_json
from oracle.records.npz import npz_bytes, read_npz_bytes
from oracle.spec import spec_from
from oracle.store import DamagedRecordError, Store, StoreError

CONTRACT_SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {
        "kind": "regression",
        "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]],
        "y": ["1", "-0.5"],
        "loss": "half_mean_square",
    },
    "model": "diagonal",
    "init": {"u": ["0.25", "0.25", "0.25"], "v": ["0.25", "0.25", "0.25"]},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "exact",
    "want": {"kind": "iterates", "steps": [0, 1, 2, 100]},
    "digits": 40,
}
# Computed by this project on Python 3.11 with FLINT 3.6; what it pins is that every Python, mpmath and
# machine in the matrix agrees. The digits themselves are checked below by other means.
CONTRACT_DIGEST = "sha256:82a41cfb2591905430d331f974ad4242f3b311c70b3a6f0f9c8ad08e2dff5b35"


def changed(**changes: Any) -> dict[str, Any]:
    """Return the contract's spec with top-level fields replaced."""
    return {**CONTRACT_SPEC, **changes}


def by_hand(steps: int, number: Callable[[str], Any]) -> tuple[list[Any], list[Any]]:
    """Run the contract's heavy ball with the update and gradient written out for two rows."""
    rows = [[number(x) for x in ("1", "0.5", "-0.25")], [number(x) for x in ("0", "1", "0.75")]]
    y, eta, mu = [number("1"), number("-0.5")], number("0.05"), number("0.9")
    u, v = [number("0.25")] * 3, [number("0.25")] * 3
    p, q = [number("0")] * 3, [number("0")] * 3
    for _ in range(steps):
        r = [sum(x * (a * a - b * b) for x, a, b in zip(row, u, v)) - t for row, t in zip(rows, y)]  # noqa: B905
        g = [(rows[0][j] * r[0] + rows[1][j] * r[1]) / 2 for j in range(3)]
        p = [mu * p[j] - eta * 2 * u[j] * g[j] for j in range(3)]
        q = [mu * q[j] + eta * 2 * v[j] * g[j] for j in range(3)]
        u, v = [u[j] + p[j] for j in range(3)], [v[j] + q[j] for j in range(3)]
    return u, v


def test_golden_has_the_same_digest_twice_and_on_every_python() -> None:
    """The digest of the contract's example is pinned; the test matrix recomputes it on each Python."""
    spec = spec_from(CONTRACT_SPEC)
    assert compute_golden(spec).digest == compute_golden(spec).digest == CONTRACT_DIGEST


def test_digest_can_be_recomputed_from_the_printed_json() -> None:
    """SHA-256 over spec, values and radius with sorted keys and no spaces."""
    printed = json.loads(json.dumps(golden_json(compute_golden(spec_from(CONTRACT_SPEC)))))
    part = {key: printed[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    assert printed["digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_two_steps_agree_with_rationals_written_out() -> None:
    """Steps 1 and 2 of u and v to the last printed digit."""
    printed = golden_json(compute_golden(spec_from(CONTRACT_SPEC)))
    for row, k in ((1, 1), (2, 2)):
        for name, values in zip(("u", "v"), by_hand(k, Fraction), strict=True):
            texts, radii = printed["values"][name][row], printed["radius"][name][row]
            pairs = zip(texts, values, radii, strict=True)
            assert all(abs(Fraction(text) - value) <= Fraction(radius) for text, value, radius in pairs)


def test_a_hundred_steps_agree_with_mpmath_written_out() -> None:
    """Step 100 at 80 decimal digits, by the loop above, lies within every printed radius."""
    printed = golden_json(compute_golden(spec_from(CONTRACT_SPEC)))
    with mpmath.workdps(80):
        for name, values in zip(("u", "v"), by_hand(100, mpmath.mpf), strict=True):
            texts, radii = printed["values"][name][3], printed["radius"][name][3]
            for text, value, radius in zip(texts, values, radii, strict=True):
                assert abs(mpmath.mpf(text) - value) <= mpmath.mpf(radius)
                assert mpmath.mpf(radius) <= mpmath.mpf(10) ** -40


def test_rounded_inputs_give_another_golden() -> None:
    """`inputs_as` float32 rounds η and μ first: the digits differ, and differ by about 1e-8."""
    exact = compute_golden(spec_from(CONTRACT_SPEC))
    rounded = compute_golden(spec_from(changed(inputs_as="float32")))
    first, second = (golden_json(g)["values"]["u"][3][0] for g in (exact, rounded))
    assert 1e-10 < abs(float(first) - float(second)) < 1e-5


def test_stored_golden_is_fetched_and_not_computed_again(tmp_path: Path) -> None:
    """The second call finds the first one's record, with the same digest."""
    store, spec = Store(tmp_path), spec_from(CONTRACT_SPEC)
    first, was_there = fetch_or_compute(spec, store)
    second, is_there = fetch_or_compute(spec, store)
    assert (was_there, is_there) == (False, True)
    assert first.digest == second.digest


def test_damaged_record_stops_the_run(tmp_path: Path) -> None:
    """A record with one byte changed is named; it is not computed anew in silence."""
    store, spec = Store(tmp_path), spec_from(CONTRACT_SPEC)
    fetch_or_compute(spec, store)
    (record,) = tmp_path.rglob("*.npz")
    data = bytearray(record.read_bytes())
    data[len(data) // 2] ^= 1
    record.write_bytes(bytes(data))
    with pytest.raises(DamagedRecordError, match=record.name):
        fetch_or_compute(spec, store)


def test_store_that_cannot_be_written_is_found_out_before_computing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the store should be: nothing is computed in vain."""
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr("oracle.goldens.compute_golden", lambda *_, **__: pytest.fail("it was computed"))
    with pytest.raises(StoreError, match="name another store"):
        fetch_or_compute(spec_from(CONTRACT_SPEC), Store(tmp_path / "taken"))


def test_golden_that_cannot_be_stored_travels_with_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up while computing: the digits are in the error, not lost."""

    def full(self: Store, golden: Any) -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Store, "put", full)
    with pytest.raises(UnstoredGoldenError, match="computed, but not stored: the disk is full") as caught:
        fetch_or_compute(spec_from(CONTRACT_SPEC), Store(tmp_path))
    assert caught.value.golden.digest == CONTRACT_DIGEST


def test_stored_golden_has_the_same_text_as_the_computed_one() -> None:
    """Byte for byte: whoever keeps what was printed first finds the same later."""
    golden = compute_golden(spec_from(CONTRACT_SPEC))
    again = read_npz_bytes(npz_bytes(golden), "record")
    assert json.dumps(golden_json(again)) == json.dumps(golden_json(golden))
