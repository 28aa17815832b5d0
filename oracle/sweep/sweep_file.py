"""What a sweep asks for: a file of specs, one a line, or a base spec and a grid; read one spec at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.spec import Spec, SpecError, parse_spec, spec_from
from oracle.spec_json import MAXIMUM_TEXT, read_json
from oracle.sweep.grid import Grid, read_grid
from oracle.sweep.sweep_error import SweepError

__all__ = ["Asked", "Sweep", "read_sweep"]


@dataclass(frozen=True)
class Asked:
    """One spec of a sweep.

    Parameters
    ----------
    place : str
        Where it stands, in words.
    spec : Spec or None
        None where it is no spec.
    reason : str
        Why it is none.
    """

    place: str
    spec: Spec | None
    reason: str = ""


@dataclass(frozen=True)
class Sweep:
    """The specs of a file.

    Parameters
    ----------
    path : Path
    total : int
        How many there are.
    grid : Grid or None
        None for a file of lines.
    """

    path: Path
    total: int
    grid: Grid | None = None

    def asked(self) -> Iterator[Asked]:
        """Yield every spec, in order; none is kept."""
        return self._lines() if self.grid is None else self._combinations(self.grid)

    def _lines(self) -> Iterator[Asked]:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _asked(f"line {number}", line)

    def _combinations(self, grid: Grid) -> Iterator[Asked]:
        for place in range(len(grid)):
            value, words = grid.at(place)
            yield _asked(f"combination {place + 1}: {words}" if words else "the spec", value)


def read_sweep(path: Path) -> Sweep:
    """Return the sweep in a file: lines of specs where its name ends in ``.jsonl``, otherwise a grid.

    Raises
    ------
    SweepError
        If it cannot be read, asks for nothing, is no sweep, or none of its first, middle and last
        combinations is a spec.
    """
    try:
        if path.suffix == ".jsonl":
            with path.open("rb") as file:
                sweep = Sweep(path, sum(1 for line in file if line.strip()))
        else:
            with path.open("rb") as file:
                grid = read_grid(_json(file.read(MAXIMUM_TEXT + 1)))
            sweep = Sweep(path, len(grid), grid)
    except (OSError, ValueError) as error:  # ValueError: no JSON, or a path with a zero byte
        reason = f"{error.strerror}; check the path" if isinstance(error, OSError) else str(error)
        raise SweepError(f"cannot read the sweep `{path}`: {reason}") from error
    except SweepError as error:
        raise SweepError(f"cannot read the sweep `{path}`: {error}") from error
    if not sweep.total:
        raise SweepError(f"the sweep `{path}` has no lines; expected specs, one a line.")
    if sweep.grid is not None:
        _refuse_hopeless(sweep.path, sweep.grid)
    return sweep


def _json(text: bytes) -> Any:
    """Return a JSON value; what is wrong with it is said of the file, for there is no spec yet."""
    try:
        return read_json(text)
    except SpecError as error:
        raise SweepError(f"it {str(error).removeprefix('the spec ')}") from error


def _asked(place: str, given: object) -> Asked:
    try:
        return Asked(place, parse_spec(given) if isinstance(given, bytes) else spec_from(given))
    except SpecError as error:
        return Asked(place, None, str(error))


def _refuse_hopeless(path: Path, grid: Grid) -> None:
    """Refuse a grid whose base spec is wrong, before every combination is refused by itself."""
    tried = [_asked("", grid.at(place)[0]) for place in sorted({0, len(grid) // 2, len(grid) - 1})]
    if all(asked.spec is None for asked in tried):
        raise SweepError(
            f"none of the combinations of the sweep `{path}` that were tried (first, middle, last) is a spec; of the first: "
            f"{tried[0].reason}"
        )
