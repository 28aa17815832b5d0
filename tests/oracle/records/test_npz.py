"""Sealed `.npz` records: what is written comes back, and nothing else is believed."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes, read_npz, read_npz_bytes, sealed_manifest, write_npz
from oracle.records.record_errors import DamagedRecordError, MissingRecordError
from reference.decimal_grid import GridArray, GridRow

Members = dict[str, Any]


def make_golden(digits: int = 41) -> Golden:
    """Return two steps of a vector and a scalar at so many digits."""
    third = 10 ** (digits + 1) // 3
    u = GridArray((GridRow(1, (1, 5), (0, 0)), GridRow(digits + 1, (third, -third), (1, 2))))
    loss = GridArray((GridRow(3, (125,), (0,)), GridRow(digits + 9, (third,), (1,))), scalar=True)
    spec = {"schema": "momentum-oracle/spec/1", "problem": {"kind": "regression"}, "digits": digits}
    return Golden(spec, {"u": u, "loss": loss}, (0, 7), "certified", digits, {"python": "3", "seconds": 0.5})


def forged(change: Callable[[Members], Any]) -> bytes:
    """Return a record with its members changed, under a fitting seal."""
    with np.load(io.BytesIO(npz_bytes(make_golden()))) as archive:
        members = {name: archive[name] for name in archive.files}
    change(members)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **members)
    return sealed(buffer.getvalue())


def sealed(archive: bytes) -> bytes:
    """Return an archive with a seal as its comment."""
    body = archive[:-2] + (71).to_bytes(2, "little")
    return body + b"sha256:" + hashlib.sha256(body).hexdigest().encode()


def rewrite_manifest(members: Members, **changes: Any) -> None:
    """Change fields of the manifest."""
    manifest = json.loads(members["manifest"].tobytes()) | changes
    members["manifest"] = np.frombuffer(json.dumps(manifest).encode(), dtype=np.uint8)


@pytest.mark.parametrize("digits", [15, 41, 300, 1000])
def test_record_comes_back(tmp_path: Path, digits: int) -> None:
    """Everything of a golden, its provenance included."""
    golden = make_golden(digits)
    write_npz(golden, tmp_path / "u.npz")
    assert read_npz(tmp_path / "u.npz") == golden


def test_record_has_the_same_bytes_every_time() -> None:
    """No clock, no environment in the file."""
    assert npz_bytes(make_golden()) == npz_bytes(make_golden())


def test_record_is_readable_with_numpy_alone(tmp_path: Path) -> None:
    """The documented members, summed by hand, give 1/3 within the radius."""
    write_npz(make_golden(), tmp_path / "u.npz")
    with np.load(tmp_path / "u.npz", allow_pickle=False) as archive:
        total = sum(Fraction(float(limb)) for limb in archive["u.limbs"][:, 1, 0])
        radius = Fraction(float(archive["u.radius"][1, 0]))
    assert abs(total - Fraction(1, 3)) <= radius < Fraction(1, 10**41)


def test_members_are_those_documented() -> None:
    """Names and dtypes as in the module's docstring."""
    with np.load(io.BytesIO(npz_bytes(make_golden()))) as archive:
        found = {
            name: (archive[name].dtype.str, archive[name].ndim) for name in archive.files if name[:2] != "lo"
        }
    assert found == {
        "manifest": ("|u1", 1), "steps": ("<i8", 1), "u.limbs": ("<f8", 3), "u.limb_exponents": ("<i8", 1),
        "u.radius": ("<f8", 2), "u.radius_exponent": ("<i8", 0), "u.places": ("<i8", 1),
        "u.half_units": ("|u1", 2),
    }  # fmt: skip


def test_every_single_bit_flip_is_detected() -> None:
    """Planted fault: each bit of the file in turn."""
    data = bytearray(npz_bytes(make_golden()))
    for place in range(8 * len(data)):
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(DamagedRecordError, match=r"`u\.npz` is damaged or was altered"):
            read_npz_bytes(bytes(data), "u.npz")
        data[place // 8] ^= 1 << place % 8


def test_every_truncation_is_detected() -> None:
    """Planted fault: the file cut short anywhere, down to nothing."""
    data = npz_bytes(make_golden())
    for length in range(len(data)):
        with pytest.raises(DamagedRecordError, match=f"its {length} bytes"):
            read_npz_bytes(data[:length], "u.npz")


def test_unforged_members_are_accepted_under_a_new_seal() -> None:
    """The forgery tests fail for the change alone: without one the record is sound."""
    assert read_npz_bytes(forged(lambda members: None), "u.npz") == make_golden()


def nudge(name: str, index: tuple[int, ...]) -> Callable[[Members], Any]:
    """Return a change of one float64 by its last bit."""

    def change(members: Members) -> None:
        members[name][index] = np.nextafter(members[name][index], np.inf)

    return change


def swap(first: str, second: str) -> Callable[[Members], Any]:
    """Return a change that exchanges two members."""
    return lambda m: m.update({first: m[second], second: m[first]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (nudge("u.limbs", (0, 1, 0)), "its digest is"),
        (nudge("u.limbs", (2, 1, 0)), "`u.limbs` differs from what the decimal values give"),
        (nudge("u.radius", (1, 0)), "`u.radius` differs from what the decimal values give"),
        (nudge("u.radius", (0, 1)), "`u.radius` differs"),
        (lambda m: m["u.radius_exponent"].__iadd__(1), "`u.radius_exponent` differs"),
        (lambda m: m["u.half_units"].__isub__(m["u.half_units"]), "its digest is"),
        (lambda m: m["u.half_units"].__iadd__(np.uint8(200)), "`digits` is 41"),
        (lambda m: m["u.places"].__iadd__(1), "its digest is"),
        (lambda m: m["u.places"].__iadd__(10**15), "beyond"),
        (lambda m: m["steps"].__iadd__(1), "its digest is"),
        (lambda m: m["u.limb_exponents"].__iadd__(1), "its digest is"),
        (lambda m: m["u.limb_exponents"].__isub__(2**63 - 1), "not finite numbers"),
        (lambda m: m["u.limbs"].__setitem__((0, 0, 0), np.nan), "not finite numbers"),
        (lambda m: m.update({"u.limbs": m["u.limbs"][:2]}), r"expected float64 and \(3, 2, 2\)"),
        (lambda m: m.update({"u.limbs": m["u.limbs"][:, :, :1]}), r"`u.limbs` has dtype float64 and shape"),
        (lambda m: m.update({"u.limbs": m["u.limbs"].astype(np.float32)}), "`u.limbs` has dtype float32"),
        (lambda m: m.update({"u.radius": m["u.radius"][:1]}), r"`u.radius` has shape \(1, 2\)"),
        (lambda m: m.update({"u.limbs": np.array([{}], dtype=object)}), "Object arrays cannot be loaded"),
        (swap("u.places", "loss.places"), "`digits` is 41"),
        (swap("u.limbs", "loss.limbs"), r"`u.limbs` has dtype float64 and shape \(3, 2\)"),
        (swap("u.radius", "u.limbs"), "`u.radius` has shape"),
        (lambda m: m.pop("loss.radius"), r"missing \['loss.radius'\]"),
        (lambda m: m.pop("manifest"), "no member `manifest`"),
        (lambda m: m.update(extra=np.zeros(1)), r"unexpected \['extra'\]"),
        (lambda m: rewrite_manifest(m, digits=42), "`digits` is 42"),
        (lambda m: rewrite_manifest(m, grade="proved"), "`grade` is 'proved'"),
        (lambda m: rewrite_manifest(m, spec={}), "its digest is"),
        (lambda m: rewrite_manifest(m, digest="sha256:0"), "its digest is"),
        (lambda m: rewrite_manifest(m, schema="momentum-oracle/record/9"), "this version reads"),
        (lambda m: rewrite_manifest(m, observables=["u"]), "unexpected"),
        (lambda m: rewrite_manifest(m, observables=7), "not iterable"),
        (lambda m: rewrite_manifest(m, note="x"), "`manifest` has the fields"),
        (lambda m: m.update(manifest=m["manifest"][:-3]), "damaged or was altered"),
    ],
)
def test_forgery_under_a_fitting_seal_is_detected(change: Callable[[Members], Any], message: str) -> None:
    """Planted fault: somebody changed a member and sealed the file again."""
    with pytest.raises(DamagedRecordError, match=message):
        read_npz_bytes(forged(change), "u.npz")


def test_manifest_of_a_sealed_file_says_what_the_golden_is() -> None:
    """Without its values being decoded."""
    golden = make_golden()
    says = sealed_manifest(npz_bytes(golden), "it")
    assert (says["digest"], says["spec"], says["digits"]) == (golden.digest, golden.spec, golden.digits)


@pytest.mark.parametrize("place", range(0, 4000, 500))
def test_manifest_of_an_altered_file_is_refused(place: int) -> None:
    """Planted fault: one bit, anywhere."""
    data = bytearray(npz_bytes(make_golden()))
    data[place % len(data)] ^= 16
    with pytest.raises(DamagedRecordError, match="`it` is damaged or was altered"):
        sealed_manifest(bytes(data), "it")


@pytest.mark.parametrize("data", [b"", b"sha256:", npz_bytes(make_golden())[:-1]])
def test_manifest_of_what_was_cut_short_is_refused(data: bytes) -> None:
    """It has no seal."""
    with pytest.raises(DamagedRecordError, match=r"do not end in a seal|do not match their seal"):
        sealed_manifest(data, "it")


def test_record_written_again_by_numpy_has_no_seal() -> None:
    """Planted fault: loaded, changed and saved with `numpy.savez`."""
    buffer = io.BytesIO()
    with np.load(io.BytesIO(npz_bytes(make_golden()))) as archive:
        np.savez(buffer, **{name: archive[name] for name in archive.files})
    with pytest.raises(
        DamagedRecordError, match="do not end in a seal: it was cut short, or not written by `oracle`"
    ):
        read_npz_bytes(buffer.getvalue(), "u.npz")


@pytest.mark.parametrize(
    "body", [b"", b"no archive at all", pickle.dumps({"u": 1}), b"PK\x03\x04" + bytes(40)]
)
def test_sealed_bytes_that_are_no_archive_are_refused(body: bytes) -> None:
    """A seal proves that nothing changed, not that there was a record."""
    data = body + b"sha256:" + hashlib.sha256(body).hexdigest().encode()
    with pytest.raises(DamagedRecordError, match=r"`u\.npz` is damaged"):
        read_npz_bytes(data, "u.npz")


def test_missing_record_is_named(tmp_path: Path) -> None:
    """The path, and what to do."""
    with pytest.raises(
        MissingRecordError, match=r"nothing\.npz` is not there; compute it with `oracle golden"
    ):
        read_npz(tmp_path / "nothing.npz")


def test_damaged_record_is_named_and_left_alone(tmp_path: Path) -> None:
    """The path, what is wrong, what to do; the file stays as it was."""
    path = tmp_path / "u.npz"
    path.write_bytes(npz_bytes(make_golden())[:-1])
    before = path.read_bytes()
    with pytest.raises(DamagedRecordError, match=r"u\.npz` is damaged .* Nothing was changed\. Restore"):
        read_npz(path)
    assert path.read_bytes() == before
