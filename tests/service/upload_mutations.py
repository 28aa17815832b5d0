"""Candidates that are nearly right: archives with lies in them, arrays of other kinds, numbers that were moved."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping

import numpy as np

from oracle.records.candidate import Array
from tests.service.spec_mutations import mutated_bytes
from tests.service.specimens import npz

__all__ = ["hostile", "moved", "odd", "repacked"]

Arrays = Mapping[str, Array]
HEADERS = (
    "{'descr': '<f8', 'fortran_order': False, 'shape': (8, 1), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-8, -1), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (8, 1), }",
    "{'descr': '<M8[s]', 'fortran_order': True, 'shape': (8, 1), }",
    "{'descr': [('a', '<f8'), ('b', '<f8')], 'fortran_order': False, 'shape': (8,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 1), }",
    "{'descr': '<f8'}",
    "__import__('os').system('true')",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 3000 + "), }",
    "(" * 5000,
)


def repacked(arrays: Arrays, source: random.Random) -> bytes:
    """Return the same arrays in another file: other order, compression, names of dtypes, comment."""
    names = list(arrays)
    source.shuffle(names)
    buffer = io.BytesIO()
    how = source.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name in names:
            array = np.asfortranarray(arrays[name]) if source.random() < 0.3 else arrays[name]
            if name == "steps":
                array = array.astype(source.choice(("<i4", ">i8", "<u2", "<i8")))
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, version=source.choice(((1, 0), (2, 0))))
        archive.comment = source.randbytes(8)
    return buffer.getvalue()


def moved(arrays: Arrays, source: random.Random) -> bytes:
    """Return a file in which one number that is not zero is off by 2⁻²⁰ of itself and more: far beyond any rounding."""
    found = dict(arrays)
    name = source.choice([name for name in arrays if name != "steps"])
    array = found[name] = arrays[name].copy()
    place = source.choice(np.flatnonzero(array).tolist())
    array.flat[place] *= 1 + source.choice((1, -1)) * 2.0 ** -source.randrange(3, 21)
    return repacked(found, source)


def odd(arrays: Arrays, source: random.Random) -> bytes:
    """Return a well-formed file with arrays of another kind than expected."""
    found = {name: array.copy() for name, array in arrays.items()}
    name = source.choice([name for name in found if name != "steps"])
    return npz(source.choice(ODDITIES)(found, name, source))


def hostile(arrays: Arrays, source: random.Random) -> bytes:
    """Return a file that is no archive, or one that lies about itself."""
    return source.choice(LIES)(dict(arrays), source)


def _special(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    values = (np.nan, np.inf, -np.inf, 5e-324, -0.0, 1e308, np.finfo(np.float64).tiny / 3)
    found[name].flat[source.randrange(found[name].size)] = source.choice(values)
    return found


def _dtype(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    with np.errstate(all="ignore"):
        chosen = source.choice(("<f4", "<f2", ">f8", "<i8", "<c16", "<U8", "?", "<f4", "<f2"))
        found[name] = found[name].astype(chosen)
    return found


def _shape(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    array = found[name]
    shapes = (
        array[:, :0],
        array[:-1],
        array[0],
        array[None],
        array.ravel(),
        np.hstack([array, array]),
        array[:0],
        np.float64(1),
    )
    found[name] = np.asarray(source.choice(shapes))
    return found


def _steps(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    steps = found["steps"]
    choices = (
        steps + 1, steps[::-1], steps * 0, steps - 3, steps * 2**50, steps.astype(float), steps[:, None], steps[:-1],
        np.append(steps[:-1], 2**62), np.append(steps[:-1], 10**7), steps.astype(np.uint64) + np.uint64(2**63), steps[:0],
    )  # fmt: skip
    found["steps"] = np.asarray(source.choice(choices))
    return found


def _names(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    other = source.choice(
        (
            "",
            "theta",
            "loss",
            "p_" + name,
            "w",
            "../" + name,
            "steps.npy",
            name.upper(),
            "é",
            "a/b",
            "manifest",
        )
    )
    if source.random() < 0.5:
        found[other] = found[name]
    else:
        found[other] = found.pop(name)
    return found


def _large(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    found[name] = np.repeat(found[name], source.choice((50, 2000)), axis=source.randrange(found[name].ndim))
    return found


def _fewer(found: dict[str, Array], name: str, source: random.Random) -> dict[str, Array]:
    """Leave steps out, all of the arrays alike: an honest, shorter record."""
    kept = sorted(source.sample(range(len(found["steps"])), source.randrange(1, len(found["steps"]))))
    return {each: array[kept] for each, array in found.items()}


ODDITIES: tuple[Callable[[dict[str, Array], str, random.Random], dict[str, Array]], ...] = (
    _special, _dtype, _shape, _steps, _names, _large, _fewer,
)  # fmt: skip


def _bytes(arrays: dict[str, Array], source: random.Random) -> bytes:
    return mutated_bytes(repacked(arrays, source), source)


def _raw(members: Mapping[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _header(arrays: dict[str, Array], source: random.Random) -> bytes:
    """Put in a member whose header claims what it likes."""
    text = source.choice(HEADERS).encode() + b"\n"
    version = source.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"))
    length = struct.pack(
        "<H" if version == b"\x01\x00" else "<I", min(len(text) + source.choice((0, 0, 7)), 65535)
    )
    member = b"\x93NUMPY" + version + length + text + bytes(64)
    name = source.choice([name for name in arrays if name != "steps"])
    good = {f"{each}.npy": _member(array) for each, array in arrays.items()}
    return _raw(good | {f"{name}.npy": member})


def _bomb(arrays: dict[str, Array], source: random.Random) -> bytes:
    """Pack members that unpack to far more than they take, or that are many."""
    if source.random() < 0.5:
        return _raw({f"{i}.npy": b"" for i in range(source.choice((65, 500)))})
    return _raw({"b.npy": bytes(source.choice((10**6, 2 * 10**7)))}, zipfile.ZIP_DEFLATED)


def _size_lie(arrays: dict[str, Array], source: random.Random) -> bytes:
    """State other sizes, offsets or flags in the directory than there are."""
    data = bytearray(npz(arrays))
    begin = data.rfind(b"PK\x01\x02")
    place = begin + source.choice((8, 10, 20, 24, 28, 42))
    data[place : place + 4] = source.choice(
        (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x01\x00\x00\x80", source.randbytes(4))
    )
    return bytes(data)


def _not_zip(arrays: dict[str, Array], source: random.Random) -> bytes:
    junk = source.randbytes(source.randrange(300))
    return source.choice(
        (
            b"",
            b"PK\x05\x06" + bytes(18),
            junk,
            b"\x93NUMPY" + junk,
            b"\x80\x04]" + junk,
            b"[1, 2]",
            b"PK\x03\x04",
        )
    )


def _doubled(arrays: dict[str, Array], source: random.Random) -> bytes:
    data = npz(arrays)
    return source.choice((data + data, data[: len(data) // 2] + data, b"x" * 100 + data, data + b"x" * 100))


def _member(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array)
    return buffer.getvalue()


LIES: tuple[Callable[[dict[str, Array], random.Random], bytes], ...] = (
    _bytes, _bytes, _bytes, _header, _bomb, _size_lie, _not_zip, _doubled,
)  # fmt: skip
