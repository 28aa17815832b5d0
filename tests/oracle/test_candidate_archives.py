"""Archives that were made to do harm are refused, each as a `CandidateError`, in little memory and time."""

from __future__ import annotations

import bz2
import io
import random
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError, CandidateFile, read_candidate_bytes

MEBIBYTE = 2**20
U = np.array([[0.25, 0.5], [0.125, 1.0]])
STEPS = np.array([0, 1])
CUBE = np.arange(24.0).reshape(2, 3, 4)


def member(array: np.ndarray) -> bytes:
    """Return an array as the bytes of a `.npy`."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(compressed: bool = False, **arrays: Any) -> bytes:
    """Return an `.npz` as numpy writes it."""
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **{"steps": STEPS, "u": U} | arrays)
    return buffer.getvalue()


def npy(header: str, body: bytes = U.tobytes(), version: bytes = b"\1\0") -> bytes:
    """Return a `.npy` with this header."""
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + body


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of raw members, `steps` first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in (("steps.npy", member(STEPS)), *members):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that are there twice
                archive.writestr(name, data)
    return buffer.getvalue()


def header(descr: str = "'<f8'", order: str = "False", shape: str = "(2, 2)") -> str:
    """Return the header of a `.npy`."""
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def with_header(text: str, **changes: Any) -> bytes:
    """Return an archive whose `u` has this header."""
    return zipped(("u.npy", npy(text, **changes)))


def patched(data: bytes, mark: bytes, at: int, form: str, value: int, *, last: bool = True) -> bytes:
    """Return the bytes with a number written into the record that begins with `mark`."""
    place = (data.rindex if last else data.index)(mark) + at
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


def flipped(data: bytes, place: int) -> bytes:
    """Return the bytes with one bit changed."""
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def overlapping() -> bytes:
    """Return an archive of 60 directory entries for the same 16 MiB of zeros, deflated to 16 KiB."""
    big = zipped(
        ("u.npy", npy(header(shape="(1, 2097152)"), bytes(16 * MEBIBYTE))), method=zipfile.ZIP_DEFLATED
    )
    end = big.rindex(b"PK\5\6")
    (place,) = struct.unpack_from("<L", big, end + 16)
    entry = big[big.rindex(b"PK\1\2") : end]
    entries = big[place:end] + 60 * entry
    tail = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 62, 62, len(entries), place, 0)
    return big[:place] + entries + tail


def quoted() -> bytes:
    """Return an archive whose second member's data holds the first one's header: another overlap."""
    data = npz()
    second = data.rindex(b"PK\1\2")
    return data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :]


def bomb(size: int, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of an honest array of zeros."""
    return zipped(("u.npy", npy(header(shape=f"(2, {size // 16})"), bytes(size))), method=method)


def nested() -> bytes:
    """Return an archive in an archive in an archive."""
    data = bomb(MEBIBYTE)
    for _ in range(3):
        data = zipped(("u.npy", data), method=zipfile.ZIP_DEFLATED)
    return data


def lying_small() -> bytes:
    """Return a bomb of 64 MiB whose headers claim a size of 160 bytes."""
    data = bomb(64 * MEBIBYTE)
    data = patched(data, b"PK\1\2", 24, "<L", 160)
    return patched(data, b"PK\3\4", 22, "<L", 160)


def many(count: int) -> bytes:
    """Return an archive of many small arrays."""
    return zipped(*((f"u{i}.npy", member(U)) for i in range(count)))


def deflated_with(extra: bytes) -> bytes:
    """Return an archive whose deflated member goes on after its own end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(member(U)) + packer.flush() + extra
    good = zipped(("u.npy", member(U)), method=zipfile.ZIP_DEFLATED)
    begin, place = good.rindex(b"PK\3\4"), good.index(b"PK\1\2")
    data = good[: begin + 35] + packed + good[place:]
    moved = place + len(data) - len(good)
    data = patched(data, b"PK\1\2", 20, "<L", len(packed))
    return patched(data, b"PK\5\6", 16, "<L", moved)


def counting(count: int) -> bytes:
    """Return an archive of two members that counts another number."""
    return patched(patched(npz(), b"PK\5\6", 8, "<H", count), b"PK\5\6", 10, "<H", count)


def encrypted() -> bytes:
    """Return an archive whose member is marked as encrypted, in both its headers."""
    return patched(patched(npz(), b"PK\1\2", 8, "<H", 1), b"PK\3\4", 6, "<H", 1)


def packed_by(method: int) -> Callable[[], bytes]:
    """Return a maker of an archive in another compression."""
    return lambda: zipped(("u.npy", member(U)), method=method)


def zip64() -> bytes:
    """Return an archive with the end record for more than 4 GiB, and in it the size of a terabyte."""
    good = npz()
    end = good.rindex(b"PK\5\6")
    record = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 2, 2, 2**40, 0)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, end, 1)
    return good[:end] + record + locator + good[end:]


DEEP = "(" * 4000 + ")" * 4000
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no end record"),
    "an end record alone": (lambda: b"PK\5\6" + bytes(18), "has no array `steps`"),
    "bomb": (lambda: bomb(2 * MEBIBYTE), "at most 1048576 bytes"),
    "nested bombs": (nested, "plain array of numbers"),
    "bomb that claims little": (lying_small, "does not unpack to the 160 bytes"),
    "bzip2 bomb": (lambda: bomb(MEBIBYTE // 2, zipfile.ZIP_BZIP2), "another way than stored or deflated"),
    "lzma bomb": (lambda: bomb(MEBIBYTE // 2, zipfile.ZIP_LZMA), "another way than stored or deflated"),
    "overlapping members": (overlapping, "overlap"),
    "two names for one place": (quoted, "another member in its own header"),
    "65 members": (lambda: many(64), "at most 64"),
    "count that is less": (lambda: counting(1), "more than it counts"),
    "count that is more": (lambda: counting(3), "ends early"),
    "count of this disk": (lambda: patched(npz(), b"PK\5\6", 8, "<H", 1), "several disks"),
    "directory elsewhere": (lambda: patched(npz(), b"PK\5\6", 16, "<L", 0), "before or between"),
    "directory of 4 GiB": (lambda: patched(npz(), b"PK\5\6", 12, "<L", 2**32 - 1), "before or between"),
    "zip64": (zip64, "more than 4 GiB"),
    "name that runs on": (lambda: patched(npz(), b"PK\1\2", 28, "<H", 2**16 - 1), "ends early"),
    "extra that runs on": (lambda: patched(npz(), b"PK\3\4", 28, "<H", 2**16 - 1), "overlaps the directory"),
    "size of 4 GiB": (lambda: patched(npz(), b"PK\1\2", 24, "<L", 2**32 - 1), "claims to grow"),
    "packed size of 4 GiB": (
        lambda: patched(patched(npz(), b"PK\1\2", 20, "<L", 2**32 - 1), b"PK\1\2", 24, "<L", 2**32 - 1),
        "at most 1048576 bytes|overlaps the directory",
    ),
    "member elsewhere": (lambda: patched(npz(), b"PK\1\2", 42, "<L", 2**32 - 1), "not where the directory says"),
    "encrypted": (encrypted, "encrypted"),
    "other method inside": (lambda: patched(npz(), b"PK\3\4", 8, "<H", 8), "another member in its own header"),
    "other checksum": (lambda: patched(npz(), b"PK\1\2", 16, "<L", 7), "checksum"),
    "flipped number": (lambda: flipped(npz(), npz().index(U.tobytes())), "checksum"),
    "flipped deflated byte": (lambda: flipped(npz(compressed=True), 60), "truncated or altered"),
    "bytes before": (lambda: b"#!/bin/sh\n" + npz(), "before or between"),
    "bytes after": (lambda: npz() + b"<html>", "goes on after"),
    "archive after archive": (lambda: npz() + npz(), "before or between"),
    "bytes after the deflated end": (lambda: deflated_with(b"more"), "does not unpack to"),
    "truncated": (lambda: npz()[:-1], "no end record|goes on"),
    "first half": (lambda: npz()[: len(npz()) // 2], "no end record"),
    "name with NUL": (lambda: npz(x=U).replace(b"x.npy", b"x\0npy"), "printable names"),
    "name above": (lambda: zipped(("../u.npy", member(U))), "printable names"),
    "absolute name": (lambda: zipped(("/u.npy", member(U))), "printable names"),
    "name of a drive": (lambda: zipped(("C:u.npy", member(U))), "printable names"),
    "name of another system": (lambda: zipped(("a\\u.npy", member(U))).replace(b"a/u", b"a\\u"), "printable names"),
    "name with escapes": (lambda: zipped(("\x1b[2J.npy", member(U))), "printable names"),
    "name that turns text around": (lambda: zipped(("\u202eu.npy", member(U))), "printable names"),
    "long name": (lambda: zipped(("u" * 101, member(U))), "printable names"),
    "no name": (lambda: npz().replace(b"u.npy", b"\0\0\0\0\0"), "printable names"),
    "name not UTF-8": (lambda: npz(é=U).replace("é".encode(), b"\xff\xff"), "not UTF-8"),
    "same name twice": (lambda: zipped(("u.npy", member(U)), ("u.npy", member(U))), "same array twice"),
    "same array under two names": (lambda: zipped(("u.npy", member(U)), ("u", member(U))), "same array twice"),
    "object dtype": (lambda: with_header(header("'|O'")), "dtype is '|O'"),
    "structured dtype": (lambda: with_header(header("[('a', '<f8')]")), "none of an array of numbers"),
    "text dtype": (lambda: with_header(header("'<U4'")), "dtype is"),
    "void dtype": (lambda: with_header(header("'|V8'")), "dtype is"),
    "huge text dtype": (lambda: with_header(header("'<U999999999'")), "dtype is"),
    "long double": (lambda: with_header(header("'<f16'")), "dtype is"),
    "datetime": (lambda: with_header(header("'<M8[ns]'")), "dtype is"),
    "comma dtype": (lambda: with_header(header("'f8,f8'")), "dtype is"),
    "negative shape": (lambda: with_header(header(shape="(-2, 2)")), "none of an array of numbers"),
    "overflowing shape": (lambda: with_header(header(shape="(4611686018427387905, 4)")), "its shape is"),
    "overflowing product": (lambda: with_header(header(shape="(1099511627776, 1099511627776)")), "and 32 are there"),
    "huge empty shape": (
        lambda: with_header(header(shape="(1099511627776, 0, 1099511627776, 1099511627776)"), body=b""),
        "no array has the shape",
    ),
    "shape of text": (lambda: with_header(header(shape="('2', 2)")), "none of an array of numbers"),
    "shape of 9 axes": (lambda: with_header(header(shape=f"({'1, ' * 9})"), body=bytes(8)), "its shape is"),
    "shape that claims more": (lambda: with_header(header(shape="(2, 3)")), "has 48 bytes, and 32 are there"),
    "shape that claims less": (lambda: with_header(header(shape="(2, 1)")), "has 16 bytes, and 32 are there"),
    "bool order": (lambda: with_header(header(order="1")), "none of an array of numbers"),
    "deep header": (lambda: with_header(header(shape=DEEP)), "none of an array of numbers"),
    "code in the header": (lambda: with_header(header(shape="__import__('os').getpid()")), "none of an array"),
    "blanks in the header": (lambda: with_header("{" + " " * 9_990), "none of an array of numbers"),
    "long header": (lambda: with_header(header() + " " * 10_001), "claims a header of"),
    "header of 4 GiB": (lambda: zipped(("u.npy", b"\x93NUMPY\2\0\xff\xff\xff\xff" + U.tobytes())), "claims a header of"),
    "version 3": (lambda: with_header(header(), version=b"\3\0"), "does not begin as a `.npy`"),
    "key twice": (lambda: with_header("{'descr': '<f8', 'descr': '<f8', 'shape': (2, 2)}"), "lacks one of"),
    "key missing": (lambda: with_header("{'descr': '<f8', 'shape': (2, 2)}"), "none of an array of numbers"),
    "seven bytes": (lambda: zipped(("u.npy", b"\x93NUMPY\1")), "does not begin as a `.npy`"),
    "pickle": (lambda: zipped(("u.npy", b"\x80\x04cos\nsystem\n.")), "does not begin as a `.npy`"),
    "negative steps": (lambda: npz(steps=np.array([-1, 0])), "none negative"),
    "steps that overflow": (lambda: npz(steps=np.array([2**64 - 1, 0], np.uint64)), "strictly ascending"),
    "steps without axis": (lambda: npz(steps=np.array(3)), "strictly ascending"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_hostile_archive_is_refused_by_name(make: Callable[[], bytes], message: str) -> None:
    """Each is told what is wrong with it, in one printable sentence, using less than a few times what is allowed."""
    data = make()
    tracemalloc.start()
    try:
        with pytest.raises(CandidateError, match=message) as caught:
            read_candidate_bytes(data, "run.npz", MEBIBYTE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * MEBIBYTE
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_directory_of_a_million_entries_costs_nothing() -> None:
    """An archive is refused by the count, and by the directory's place, before an entry is looked at."""
    entry = b"PK\1\2" + bytes(42)
    for count in (2**16 - 1, 64):
        data = entry * 500_000 + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, 500_000 * 46, 0, 0)
        tracemalloc.start()
        try:
            with pytest.raises(CandidateError):
                read_candidate_bytes(data, "run.npz", MEBIBYTE)
            assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
        finally:
            tracemalloc.stop()


def test_allowed_archive_takes_little_more_than_it_allows() -> None:
    """Sixteen arrays of 1 MiB, deflated: under 20 MiB at the peak, the arrays included."""
    data = npz(compressed=True, **{f"u{i}": np.zeros((2, 65_536)) for i in range(16)})
    tracemalloc.start()
    try:
        file = read_candidate_bytes(data, "run.npz", 17 * MEBIBYTE)
        assert tracemalloc.get_traced_memory()[1] < 20 * MEBIBYTE
    finally:
        tracemalloc.stop()
    assert len(file.arrays) == 17


GOOD: dict[str, tuple[bytes, np.ndarray]] = {
    "Fortran order": (npz(u=np.asfortranarray(np.arange(6.0).reshape(2, 3))), np.arange(6.0).reshape(2, 3)),
    "three axes in Fortran order": (npz(u=np.asfortranarray(CUBE)), CUBE),
    "big-endian": (npz(u=U.astype(">f8")), U),
    "float32": (npz(u=U.astype(np.float32)), U.astype(np.float32)),
    "float16": (npz(u=U.astype(np.float16)), U.astype(np.float16)),
    "one axis": (npz(u=U[:, 0]), U[:, 0]),
    "no axis": (npz(u=np.array(0.5)), np.array(0.5)),
    "no coordinates": (npz(u=np.zeros((2, 0))), np.zeros((2, 0))),
    "deflated": (npz(compressed=True), U),
    "header of version 2": (with_header(header(), version=b"\2\0"), U),
    "header of another writer": (with_header('{"shape":(2,2),"descr":"<f8","fortran_order":False}'), U),
    "header of Python 2": (with_header(header(shape="(2L, 2L)")), U),
    "member without suffix": (zipped(("u", member(U))), U),
    "archive with a comment": (npz()[:-2] + b"\5\0hello", U),
    "seven blanks": (with_header("  " + header() + "     \n"), U),
    "not a number": (npz(u=U * np.nan), U * np.nan),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_odd_but_honest_archive_is_read_bit_for_bit(data: bytes, expected: np.ndarray) -> None:
    """Values as numpy wrote them, in C order, of this machine's byte order, to be written to."""
    array = read_candidate_bytes(data, "run.npz").arrays["u"]
    assert array.tobytes() == expected.tobytes()
    assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.aligned


def test_stream_that_cannot_be_wound_back_is_read() -> None:
    """numpy writes sizes behind the data there (flag 8), as `numpy.savez(sys.stdout.buffer)` to a pipe."""

    class Pipe(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            Pipe.written += bytes(data)
            return len(data)

    with zipfile.ZipFile(Pipe(), "w") as archive:
        archive.writestr("steps.npy", member(STEPS))
        archive.writestr("u.npy", member(U))
    assert np.array_equal(read_candidate_bytes(Pipe.written, "run.npz").arrays["u"], U)


def test_member_of_another_compression_really_is_one() -> None:
    """The archives refused for their compression are good ones: Python reads them."""
    data = packed_by(zipfile.ZIP_BZIP2)()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("u.npy") == member(U)
    assert bz2.compress(member(U))[:3] in data


def read_or_refused(data: bytes) -> CandidateFile | None:
    """Return the file, or None where it is refused as it should be; anything else raised fails the test."""
    try:
        return read_candidate_bytes(data, "run.npz", MEBIBYTE)
    except CandidateError as error:
        if not str(error).isprintable():
            pytest.fail(f"the message {str(error)!a} steers a terminal")
        return None


def mutated(random_bytes: random.Random, data: bytes, donor: bytes) -> bytes:
    """Return the bytes after one to four of: a byte changed, a number written, a piece cut, doubled or transplanted."""
    result = bytearray(data)
    for _ in range(random_bytes.randint(1, 4)):
        at = random_bytes.randrange(len(result) or 1)
        match random_bytes.randrange(5):
            case 0:
                result[at : at + 1] = random_bytes.randbytes(1)
            case 1:
                value = random_bytes.choice([0, 1, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(data)])
                result[at : at + 4] = struct.pack("<L", value)
            case 2:
                del result[at : at + random_bytes.randint(1, 64)]
            case 3:
                result[at:at] = result[at : at + random_bytes.randint(1, 200)]
            case _:
                begin = random_bytes.randrange(len(donor))
                result[at : at + 32] = donor[begin : begin + 32]
    return bytes(result)


@pytest.mark.parametrize("seed", range(4))
def test_any_mutation_is_refused_or_read(seed: int) -> None:
    """3000 mutations of good archives: a `CandidateError` or a file, never another exception, never much memory."""
    drawn = random.Random(f"archives {seed}")
    seeds = [
        npz(),
        npz(compressed=True),
        npz(u=U.astype(np.float32), v=U),
        overlapping(),
        zip64(),
        deflated_with(b""),
    ]
    tracemalloc.start()
    try:
        for _ in range(750):
            read_or_refused(mutated(drawn, drawn.choice(seeds), drawn.choice(seeds)))
        assert tracemalloc.get_traced_memory()[1] < 8 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seed", range(2))
def test_any_mutation_of_a_header_under_a_true_checksum_is_refused_or_read(seed: int) -> None:
    """2000 mutations below the checksum, which would otherwise stop nearly all: `.npy` headers in sound archives."""
    drawn = random.Random(f"headers {seed}")
    donor = (
        b"'descr': 'fortran_order': 'shape': (), [] {} |O <f8 <U9 True False -1 0x10 1e9 L lambda: \\x00 \xff"
    )
    for _ in range(1000):
        read_or_refused(zipped(("u.npy", mutated(drawn, member(U)[:128], donor) + U.tobytes())))


def test_no_altered_number_is_ever_read() -> None:
    """Of every single bit of a file, flipped: what is still read holds the numbers that were written."""
    good = npz(compressed=True)
    read = 0
    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        file = read_or_refused(bytes(data))
        if file is not None and "u" in file.arrays:
            read += 1
            assert file.arrays["u"].tobytes() == U.tobytes()
            assert file.steps == (0, 1)
    assert 0 < read < 4 * len(good)  # dates and versions, which say nothing of numbers


def test_read_agrees_with_numpy_on_random_arrays() -> None:
    """Two hundred random archives, each as `numpy.load` reads it."""
    generator = np.random.default_rng(7)
    for _ in range(200):
        shape = tuple(int(side) for side in generator.integers(0, 5, generator.integers(0, 4)))
        dtype = str(generator.choice(["<f8", ">f8", "<f4", ">f4", "<f2"]))
        array = np.asarray(generator.standard_normal(shape), dtype, order=str(generator.choice(["C", "F"])))  # type: ignore[call-overload]
        data = npz(compressed=bool(generator.integers(2)), u=array)
        with np.load(io.BytesIO(data)) as expected:
            assert read_candidate_bytes(data, "x").arrays["u"].tolist() == expected["u"].tolist()
