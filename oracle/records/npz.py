"""Goldens as sealed `.npz` files that numpy alone can read, and everything checked on reading.

Members, for every observable `u` of K rows of d values::

    u.limbs            float64 (L, K, d), (L, K) for scalars    u.places       int64 (K,)
    u.limb_exponents   int64 (L,)                                u.half_units   uint8 or int64 (K, d) or (K,)
    u.radius           float64 (K, d) or (K,)                    steps          int64 (K,)
    u.radius_exponent  int64 ()                                  manifest       JSON as uint8

Steps are none (K of them 0) where the rows are those of `times`, which the manifest then lists, or where there is
one row alone.

The archive's comment is the seal: ``sha256:<hex>`` of every byte before it, so that no bit of the file
can change unnoticed.  The same golden gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.records.atomic_files import write_atomically
from oracle.records.golden import Golden, canonical_text
from oracle.records.limbs import LimbArray, to_grid
from oracle.records.record_errors import DamagedRecordError, MissingRecordError

__all__ = ["RECORD_SCHEMA", "npz_bytes", "read_npz", "read_npz_bytes", "sealed_manifest", "write_npz"]

RECORD_SCHEMA = "momentum-oracle/record/1"

Arrays = dict[str, NDArray[Any]]

_PARTS = ("limbs", "limb_exponents", "radius", "radius_exponent", "places", "half_units")
_FIELDS = ("schema", "digest", "spec", "grade", "digits", "provenance", "observables")
_OPTIONAL = ("times", "used")  # of flows and of limits
_SEAL_LENGTH = len("sha256:") + 64
_LARGEST_EXPONENT = 100_000


def write_npz(golden: Golden, path: str | os.PathLike[str]) -> None:
    """Write a golden to `path`, atomically.

    Raises
    ------
    OSError
        If the file cannot be written; whatever was under `path` is as before.
    """
    write_atomically(Path(path), npz_bytes(golden))


def npz_bytes(golden: Golden) -> bytes:
    """Return the sealed archive of a golden."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in _arrays_of(golden).items():
            _add_member(archive, name, array)
        archive.comment = bytes(_SEAL_LENGTH)
    body = buffer.getvalue()[:-_SEAL_LENGTH]
    return body + _seal(body)


def read_npz(path: str | os.PathLike[str]) -> Golden:
    """Read a golden and verify all of it: seal, structure, values against digest, limbs against values.

    Raises
    ------
    MissingRecordError
        If there is no such file.
    DamagedRecordError
        If anything in it is not as it was written; names the file and what is wrong.
    OSError
        If the file cannot be read for another reason.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as cause:
        raise MissingRecordError(
            f"`{path}` is not there; compute it with `oracle golden SPEC.json`."
        ) from cause
    return read_npz_bytes(data, str(path))


def read_npz_bytes(data: bytes, name: str) -> Golden:
    """Read a golden from the bytes of a file called `name`; as `read_npz`."""
    try:
        _check_seal(data)
        arrays = _load(data)
        return _golden_of(arrays, _manifest(arrays))
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise DamagedRecordError(_damaged(name, cause)) from cause


def sealed_manifest(data: bytes, name: str) -> dict[str, Any]:
    """Return what the bytes of a file called `name` say of themselves, once their seal is found whole.

    No bit of the file has changed since it was sealed; that its values fit their digest is for
    `read_npz_bytes` to find, which decodes them all and takes some ten times as long.

    Raises
    ------
    DamagedRecordError
        If the seal is broken, or the manifest or the list of members is not as it is written.
    """
    try:
        _check_seal(data)
        with _readable(), np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return _manifest(archive)
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise DamagedRecordError(_damaged(name, cause)) from cause


def _damaged(name: str, cause: Exception) -> str:
    return (
        f"`{name}` is damaged or was altered: {cause} "
        "Nothing was changed. Restore the file from a copy, or move it away and compute it anew."
    )


def _arrays_of(golden: Golden) -> Arrays:
    """Return every member of the archive, by name, in order."""
    manifest = canonical_text(
        {
            "schema": RECORD_SCHEMA,
            "digest": golden.digest,
            "spec": golden.spec,
            "grade": golden.grade,
            "digits": golden.digits,
            "provenance": golden.provenance,
            "observables": list(golden.arrays),
            **({"times": list(golden.times)} if golden.times else {}),
            **({"used": golden.used} if golden.used else {}),
        }
    )
    members: Arrays = {
        "manifest": np.frombuffer(manifest.encode(), dtype=np.uint8),
        "steps": np.array(golden.steps, dtype=np.int64),
    }
    for name, limbs in golden.limbs.items():
        members |= _observable_members(name, golden, limbs)
    return members


def _observable_members(name: str, golden: Golden, limbs: LimbArray) -> Arrays:
    rows = golden.arrays[name].rows
    half_units = np.array([row.half_units for row in rows], dtype=np.int64).reshape(limbs.shape)
    small = half_units.max() < 256
    return {
        f"{name}.limbs": limbs.limbs,
        f"{name}.limb_exponents": limbs.limb_exponents,
        f"{name}.radius": limbs.radius,
        f"{name}.radius_exponent": np.array(limbs.radius_exponent, dtype=np.int64),
        f"{name}.places": np.array([row.places for row in rows], dtype=np.int64),
        f"{name}.half_units": half_units.astype(np.uint8) if small else half_units,
    }


def _add_member(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    """Store one array as numpy would, but with nothing in the header that varies."""
    info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
    with archive.open(info, "w", force_zip64=array.nbytes > 2**30) as member:
        np.lib.format.write_array(member, little_endian, version=(1, 0), allow_pickle=False)


def _seal(body: bytes | memoryview) -> bytes:
    return b"sha256:" + hashlib.sha256(body).hexdigest().encode()


def _check_seal(data: bytes) -> None:
    """Compare the archive's comment with what precedes it."""
    stored = data[-_SEAL_LENGTH:]
    if not stored.startswith(b"sha256:"):
        raise ValueError(
            f"its {len(data)} bytes do not end in a seal: it was cut short, or not written by `oracle`."
        )
    if stored != _seal(memoryview(data)[:-_SEAL_LENGTH]):
        raise ValueError(f"its {len(data)} bytes do not match their seal (a changed bit, or lost bytes).")


def _load(data: bytes) -> Arrays:
    with _readable(), np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@contextmanager
def _readable() -> Iterator[None]:
    """Turn what archives raise into a `ValueError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as cause:
        raise ValueError(f"it is no readable archive ({cause}).") from cause


def _manifest(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the manifest once its fields are as they should be."""
    if "manifest" not in arrays:
        raise ValueError(f"it has no member `manifest`, only {sorted(arrays)}.")
    _check_member(arrays, "manifest", (np.uint8,), arrays["manifest"].shape[:1])
    manifest = json.loads(arrays["manifest"].tobytes())
    if sorted(set(manifest) - set(_OPTIONAL)) != sorted(_FIELDS):
        raise ValueError(f"`manifest` has the fields {sorted(manifest)}; expected {sorted(_FIELDS)}.")
    if manifest["schema"] != RECORD_SCHEMA:
        raise ValueError(
            f"`manifest` has schema {manifest['schema']!r}; this version reads {RECORD_SCHEMA!r}."
        )
    expected = {"manifest", "steps"} | {
        f"{name}.{part}" for name in manifest["observables"] for part in _PARTS
    }
    if set(arrays) != expected:
        missing, strange = sorted(expected - set(arrays)), sorted(set(arrays) - expected)
        raise ValueError(f"its members do not fit its manifest: missing {missing}, unexpected {strange}.")
    return dict(manifest)


def _golden_of(arrays: Arrays, manifest: dict[str, Any]) -> Golden:
    """Rebuild the decimal values, and compare digest and limbs with what was stored."""
    steps = tuple(_check_member(arrays, "steps", (np.int64,), arrays["steps"].shape[:1]).tolist())
    times, used = tuple(manifest.get("times", ())), manifest.get("used", {})
    count = max(1, len(steps), len(times))
    stored = {name: _limb_array(arrays, name, count) for name in manifest["observables"]}
    grids = {name: to_grid(limbs, *_grid_units(arrays, name, count)) for name, limbs in stored.items()}
    golden = Golden(
        manifest["spec"],
        grids,
        steps,
        manifest["grade"],
        manifest["digits"],
        manifest["provenance"],
        times,
        used,
    )
    if golden.digest != manifest["digest"]:
        raise ValueError(f"its digest is {manifest['digest']!r}, but its contents give {golden.digest!r}.")
    for name, limbs in stored.items():
        _check_same_limbs(name, limbs, golden.limbs[name])
    return golden


def _limb_array(arrays: Arrays, name: str, count: int) -> LimbArray:
    """Return one observable's limbs once shapes, dtypes and ranges are right."""
    shape = arrays[f"{name}.radius"].shape
    if len(shape) not in (1, 2) or shape[0] != count or 0 in shape:
        raise ValueError(f"`{name}.radius` has shape {shape}; expected ({count},) or ({count}, d).")
    levels = len(arrays[f"{name}.limb_exponents"])
    limbs = _check_member(arrays, f"{name}.limbs", (np.float64,), (levels, *shape))
    exponents = _check_member(arrays, f"{name}.limb_exponents", (np.int64,), (levels,))
    radius = _check_member(arrays, f"{name}.radius", (np.float64,), shape)
    scale = _check_member(arrays, f"{name}.radius_exponent", (np.int64,), ())
    if not levels or _beyond(exponents) or not np.isfinite(limbs).all() or not np.isfinite(radius).all():
        raise ValueError(f"`{name}` has no limbs, or limbs, radii or exponents that are not finite numbers.")
    return LimbArray(limbs, exponents, radius, int(scale))


def _grid_units(arrays: Arrays, name: str, count: int) -> tuple[list[int], list[list[int]]]:
    """Return places (K,) and half units (K, d)."""
    shape = arrays[f"{name}.radius"].shape
    places = _check_member(arrays, f"{name}.places", (np.int64,), (count,))
    half_units = _check_member(arrays, f"{name}.half_units", (np.uint8, np.int64), shape)
    if _beyond(places):
        raise ValueError(f"`{name}.places` goes beyond {_LARGEST_EXPONENT}.")
    return places.tolist(), half_units.reshape(count, -1).tolist()


def _beyond(exponents: NDArray[Any]) -> bool:
    return bool((exponents > _LARGEST_EXPONENT).any() or (exponents < -_LARGEST_EXPONENT).any())


def _check_member(
    arrays: Mapping[str, NDArray[Any]], name: str, types: tuple[Any, ...], shape: tuple[int, ...]
) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype not in types or array.shape != shape:
        expected = " or ".join(np.dtype(t).name for t in types)
        raise ValueError(
            f"`{name}` has dtype {array.dtype} and shape {array.shape}; expected {expected} and {shape}."
        )
    return array


def _check_same_limbs(name: str, stored: LimbArray, rebuilt: LimbArray) -> None:
    """Refuse limbs or radii that are not those of the decimal values, bit for bit."""
    for part in ("limbs", "limb_exponents", "radius"):
        found, expected = getattr(stored, part), getattr(rebuilt, part)
        if found.shape != expected.shape or found.tobytes() != expected.tobytes():
            raise ValueError(f"`{name}.{part}` differs from what the decimal values give.")
    if stored.radius_exponent != rebuilt.radius_exponent:
        raise ValueError(f"`{name}.radius_exponent` differs from what the decimal values give.")
