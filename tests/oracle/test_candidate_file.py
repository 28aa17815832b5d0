"""A candidate's file is read whole, or refused with what to do about it."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracle.candidate_file import CandidateError, read_candidate

U = np.array([[0.25, 0.5], [0.125, 1.0]])


def saved(path: Path, **arrays: object) -> Path:
    """Write an `.npz` and return its path."""
    np.savez(path, **arrays)  # type: ignore[arg-type]  # some of the arrays are wrong on purpose
    return path


def member(array: np.ndarray) -> bytes:
    """Return an array as the bytes of a `.npy`."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(path: Path, **members: bytes) -> Path:
    """Write an archive of raw members and return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def claims_much(path: Path) -> Path:
    """Write an array whose header claims a terabyte that is not there."""
    honest = member(np.zeros(2))
    return zipped(path, steps=member(np.array([0])), u=honest.replace(b"(2,), }", b"(137438953472,), }"))


def truncated(path: Path) -> Path:
    """Write a good file and cut its end off."""
    data = saved(path, steps=[0, 1], u=U).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def altered(path: Path) -> Path:
    """Write a good file and flip one bit of its numbers."""
    data = bytearray(saved(path, steps=[0, 1], u=U).read_bytes())
    at = data.index(U.tobytes())
    data[at] ^= 1
    path.write_bytes(data)
    return path


def pickled(path: Path) -> Path:
    """Write an archive with an array of objects, which only unpickling would read."""
    return saved(path, steps=[0, 1], u=np.array([{}, {}], dtype=object))


def twice(path: Path) -> Path:
    """Write an archive that holds `u` two times."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("u.npy", member(U))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("u.npy", member(U + 1))
    return path


def bytes_only(data: bytes) -> Callable[[Path], Path]:
    """Return a maker of a file with these bytes."""

    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (bytes_only(b""), "cannot be read as an `.npz`"),
    "text": (bytes_only(b"steps = 1\n"), "cannot be read as an `.npz`"),
    "pickle": (bytes_only(pickle.dumps({"u": 1})), "cannot be read as an `.npz`"),
    "one array": (bytes_only(member(U)), "cannot be read as an `.npz`"),
    "truncated": (truncated, "truncated or altered"),
    "altered": (altered, "truncated or altered"),
    "objects": (pickled, "expected a plain array of numbers"),
    "claims much": (claims_much, "expected a plain array of numbers"),
    "not an array": (lambda p: zipped(p, u=b"hello"), "does not begin as a `.npy`"),
    "twice": (twice, "same array twice"),
    "no steps": (lambda p: saved(p, u=U), "no array `steps`"),
    "steps alone": (lambda p: saved(p, steps=[0, 1]), "holds `steps` alone"),
    "float steps": (lambda p: saved(p, steps=[0.0, 1.0], u=U), "strictly ascending"),
    "steps descend": (
        lambda p: saved(p, steps=[1, 0], u=U),
        "row 1 is step 0 after step 1 .*strictly ascending",
    ),
    "steps repeat": (lambda p: saved(p, steps=[1, 1], u=U), "row 1 is step 1 after step 1 "),
    "steps fall back": (lambda p: saved(p, steps=[0, 4, 5, 4, 3], u=U), "row 3 is step 4 after step 5 "),
    "steps below zero": (lambda p: saved(p, steps=[-1, 0], u=U), "begins with step -1: expected"),
    "steps of a matrix": (lambda p: saved(p, steps=[[0, 1]], u=U), "shape \\(1, 2\\)"),
    "no steps at all": (lambda p: saved(p, steps=np.array([], dtype=int), u=U[:0]), "strictly ascending"),
    "integers": (lambda p: saved(p, steps=[0, 1], u=[[1, 2], [3, 4]]), "`u` .* has dtype int64"),
    "several dtypes": (
        lambda p: saved(p, steps=[0, 1], u=U.astype(np.float32), v=U.astype(np.float32), loss=U[:, 0]),
        r"several dtypes \(float32: `u`, `v`; float64: `loss`\): expected one",
    ),
    "complex": (lambda p: saved(p, steps=[0, 1], u=U + 1j), "plain array of numbers"),
    "text array": (lambda p: saved(p, steps=[0, 1], u=["a", "b"]), "plain array of numbers"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_file_that_cannot_be_used_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    """Each kind of bad file is named for what it is."""
    with pytest.raises(CandidateError, match=message):
        read_candidate(make(tmp_path / "run.npz"))


def test_good_file_is_read_bit_for_bit(tmp_path: Path) -> None:
    """Values and steps come back as they were saved."""
    file = read_candidate(saved(tmp_path / "run.npz", steps=np.array([0, 7]), u=U))
    assert file.steps == (0, 7)
    assert np.array_equal(file.arrays["u"], U)
    assert file.dtype() == "float64"


def test_compressed_file_is_read(tmp_path: Path) -> None:
    """`numpy.savez_compressed` is as good."""
    np.savez_compressed(tmp_path / "run.npz", steps=[0, 1], u=U)
    assert np.array_equal(read_candidate(tmp_path / "run.npz").arrays["u"], U)


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """A small file of many zeros is refused by what it would become."""
    np.savez_compressed(tmp_path / "run.npz", steps=[0], u=np.zeros((1, 100_000)))
    with pytest.raises(CandidateError, match="at most 10000 bytes"):
        read_candidate(tmp_path / "run.npz", most_bytes=10_000)


def test_file_larger_than_what_is_read_is_refused_unread(tmp_path: Path) -> None:
    """A sparse file of a terabyte is refused by its size."""
    path = tmp_path / "run.npz"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(CandidateError, match="1099511627776 bytes"):
        read_candidate(path)


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_device_is_refused_unread() -> None:
    """What has no end is not read to its end."""
    with pytest.raises(CandidateError, match="plain file"):
        read_candidate(Path("/dev/zero"))
