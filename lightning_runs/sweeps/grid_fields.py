"""The fields of a grid: what each takes, and how anything else is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from lightning_runs.sweeps.exact_text import exact_number
from lightning_runs.sweeps.sweep_error import SweepError

__all__ = ["check_keys", "choices", "distinct", "integer", "listed", "number", "seeds", "steps"]

Value = TypeVar("Value")

WRITTEN = 'written as text: "0.03", "1/3" or "0x1.8p-3"'
INTEGERS = "a list of integers of at least 0"
SEEDS = f"{INTEGERS}, or {{first: 0, count: 8}}"
STEPS = f"{INTEGERS}, or {{until: 1000, every: 100, successive: 2}}"


def check_keys(field: str, value: Any, required: Sequence[str], optional: Sequence[str]) -> Mapping[str, Any]:
    """Return a mapping whose keys are those expected.

    Raises
    ------
    SweepError
        If it is none, lacks a key, or holds one that nobody reads.
    """
    if not isinstance(value, Mapping):
        raise refused(field, value, f"fields by name: {_names([*required, *optional])}")
    if unknown := sorted(set(value) - {*required, *optional}):
        raise SweepError(
            f"`{field}` has unknown fields {_names(unknown)}; it takes {_names([*required, *optional])}"
        )
    if missing := [name for name in required if name not in value]:
        raise SweepError(f"`{field}` lacks {_names(missing)}; it needs {_names(required)}")
    return value


def listed(field: str, value: Any, read: Callable[[str, Any], Value]) -> tuple[Value, ...]:
    """Return the entries of a list, or of one value that stands for a list of itself."""
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise refused(field, value, "at least one value")
    return tuple(
        read(f"{field}[{i}]" if isinstance(value, list) else field, v) for i, v in enumerate(entries)
    )


def distinct(field: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return the values of an axis, none of them twice."""
    for i, value in enumerate(values):
        if value in values[:i]:
            raise SweepError(f"`{field}` names {value} twice, so that runs would repeat; remove one")
    return values


def number(holds: Callable[[Fraction], bool], expected: str) -> Callable[[str, Any], Fraction]:
    """Return a reader of exact numbers for which `holds` is true."""

    def read(field: str, value: Any) -> Fraction:
        if isinstance(value, float):
            advice = "a JSON double is not the number that was typed"
            raise refused(field, value, f"{expected}, {WRITTEN}; {advice}")
        text = str(value) if _is_integer(value) else value
        found = exact_number(text) if isinstance(text, str) else None
        if found is None or not holds(found):
            raise refused(field, value, f"{expected}, {WRITTEN}")
        return found

    return read


def integer(smallest: int = 0) -> Callable[[str, Any], int]:
    """Return a reader of integers from `smallest` on; YAML's come as text."""

    def read(field: str, value: Any) -> int:
        found = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if not _is_integer(found) or found < smallest:
            raise refused(field, value, f"an integer of at least {smallest}")
        return int(found)

    return read


def choices(names: Sequence[str]) -> Callable[[str, Any], str]:
    """Return a reader of one of the names."""

    def read(field: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise refused(field, value, f"one of {_names(names)}")
        return value

    return read


def seeds(field: str, value: Any) -> tuple[int, ...]:
    """Return seeds from a list, or from the first of them and their number."""
    if not isinstance(value, Mapping):
        return distinct(field, listed(field, value, integer()))
    held = check_keys(field, value, ("first", "count"), ())
    first = integer()(f"{field}.first", held["first"])
    return tuple(range(first, first + integer(1)(f"{field}.count", held["count"])))


def steps(field: str, value: Any) -> tuple[int, ...]:
    """Return steps from a list, or every so many of them.

    ``{until: K, every: N, successive: m}`` is m successive steps from each multiple of N on, and the last m
    up to K.  The judge replays from one recorded state to the next: m = 2 lets it, m = 1 (the default)
    leaves it the envelope alone unless N is 1.
    """
    if isinstance(value, list):
        found = listed(field, value, integer())
        if list(found) != sorted(set(found)):
            raise refused(field, value, "strictly ascending steps")
        return found
    if not isinstance(value, Mapping):
        raise refused(field, value, STEPS)
    held = check_keys(field, value, ("until", "every"), ("successive",))
    until, every = integer()(f"{field}.until", held["until"]), integer(1)(f"{field}.every", held["every"])
    successive = integer(1)(f"{field}.successive", held.get("successive", 1))
    begins = (*range(0, until + 1, every), max(0, until - successive + 1))
    return tuple(
        sorted({k for begin in begins for k in range(begin, min(begin + successive, until + 1))} | {until})
    )


def refused(field: str, value: Any, expected: str) -> SweepError:
    """Return the error that says what arrived and what was expected."""
    shown = repr(value)
    return SweepError(f"`{field}` is {shown if len(shown) < 80 else shown[:77] + '…'}; expected {expected}")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
