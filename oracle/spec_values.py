"""The values a spec is made of: exact numbers, integers, choices, and lists of them.

Every reader takes what JSON gave, returns what it means, and refuses anything else with a
`RefusedError` that says what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from oracle.spec_json import shown
from reference.exact import MAXIMUM_DIGITS, ExactNumberError, parse_number

__all__ = [
    "Coordinates",
    "RefusedError",
    "choice",
    "choices_text",
    "integer",
    "number",
    "read_batches",
    "read_by_parameter",
    "read_coordinates",
    "read_factors",
    "read_matrix",
    "read_number",
    "read_numbers",
    "read_positive_coordinates",
    "read_powers",
    "read_steps",
    "read_times",
    "read_velocity",
]

Coordinates = Fraction | tuple[Fraction, ...]  # one number stands for every coordinate
Value = TypeVar("Value")

LIMIT = 10**MAXIMUM_DIGITS  # made once: as costly as reading ten numbers
MAXIMUM_STEP = 10**7
MAXIMUM_POWER = 100
VELOCITIES = ("zero", "slow_manifold")

WRITTEN = 'written as a string ("0.03", "1/3", "0x1.8p-3") or a JSON integer'
EXACT_NUMBER = f"an exact number {WRITTEN}"
COORDINATES = f"a list of numbers, or one number for every coordinate, each {WRITTEN}"


class RefusedError(ValueError):
    """A value is not what its field takes.

    Parameters
    ----------
    value : object
        What arrived.
    expected : str
        What would be accepted.
    advice : str
        What to do.
    at : str
        Where inside the field, as in ``[1][2]``.
    """

    def __init__(self, value: Any, expected: str, advice: str = "", at: str = "") -> None:
        super().__init__(expected)
        self.value, self.expected, self.advice, self.at = value, expected, advice, at

    def inside(self, place: str) -> RefusedError:
        """Return the same refusal, seen from the container that holds the value at `place`."""
        return RefusedError(self.value, self.expected, self.advice, place + self.at)


def choices_text(names: Sequence[str]) -> str:
    """Return the choices as a message lists them."""
    return "one of " + ", ".join(f"`{name}`" for name in names) if len(names) > 1 else f"`{names[0]}`"


def read_number(value: Any) -> Fraction:
    """Return the exact number that a string or a JSON integer names."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LIMIT:
        return Fraction(value)
    if not isinstance(value, str):
        raise RefusedError(value, EXACT_NUMBER)
    try:
        return parse_number(value)
    except ExactNumberError as error:
        raise RefusedError(value, EXACT_NUMBER, str(error)) from error


def number(holds: Callable[[Fraction], bool], expected: str) -> Callable[[Any], Fraction]:
    """Return a reader of exact numbers for which `holds` is true."""

    def read(value: Any) -> Fraction:
        result = _expecting(f"{expected}, {WRITTEN}", read_number, value)
        if not holds(result):
            raise RefusedError(value, expected)
        return result

    return read


def integer(smallest: int, largest: int) -> Callable[[Any], int]:
    """Return a reader of JSON integers in a closed range."""

    def read(value: Any) -> int:
        if not _is_integer(value) or not smallest <= value <= largest:
            raise RefusedError(value, f"a JSON integer from {smallest} to {largest}")
        return int(value)

    return read


def choice(names: Sequence[str]) -> Callable[[Any], str]:
    """Return a reader of one of the names."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise RefusedError(value, choices_text(names))
        return value

    return read


def read_numbers(value: Any) -> tuple[Fraction, ...]:
    """Return a non-empty list of exact numbers."""
    return _list_of(value, read_number, f"a list of numbers, each {WRITTEN}")


def read_matrix(value: Any) -> tuple[tuple[Fraction, ...], ...]:
    """Return rows of exact numbers, all of one length."""
    rows = _list_of(value, read_numbers, f"a list of rows, each a list of numbers, each {WRITTEN}")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise RefusedError(value[i], f"a row of {len(rows[0])} numbers, like row 0", at=f"[{i}]")
    return rows


def read_coordinates(value: Any) -> Coordinates:
    """Return one number, or the list of them."""
    if isinstance(value, list):
        return _list_of(value, read_number, COORDINATES)
    return _expecting(COORDINATES, read_number, value)


def read_positive_coordinates(value: Any) -> Coordinates:
    """Return coordinates greater than 0."""
    positive = number(lambda entry: entry > 0, "a number greater than 0")
    return _list_of(value, positive, COORDINATES) if isinstance(value, list) else positive(value)


def read_by_parameter(value: Any) -> Mapping[str, Coordinates]:
    """Return coordinates by parameter name."""
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise RefusedError(value, "an object of coordinates by parameter name")
    return {name: _within(f".{name}", read_coordinates, item) for name, item in value.items()}


def read_velocity(value: Any) -> str | Mapping[str, Coordinates]:
    """Return the name of an initial velocity, or its coordinates by parameter name."""
    if isinstance(value, dict):
        return read_by_parameter(value)
    if not isinstance(value, str) or value not in VELOCITIES:
        raise RefusedError(
            value, f"{choices_text(VELOCITIES)}, or an object of coordinates by parameter name"
        )
    return value


def read_steps(value: Any) -> tuple[int, ...]:
    """Return strictly increasing step numbers."""
    expected = "a non-empty, strictly increasing list of steps"
    return _increasing(value, _list_of(value, integer(0, MAXIMUM_STEP), expected), expected)


def read_times(value: Any) -> tuple[Fraction, ...]:
    """Return strictly increasing times, none negative."""
    expected = "a non-empty, strictly increasing list of times"
    not_negative = number(lambda time: time >= 0, "a time of at least 0")
    return _increasing(value, _list_of(value, not_negative, expected), expected)


def read_batches(value: Any) -> tuple[tuple[int, ...], ...]:
    """Return lists of sample indices; the empty list of batches means every sample."""
    expected = "a list of batches, each a non-empty list of sample indices"
    index = integer(0, MAXIMUM_STEP)
    if isinstance(value, list) and not value:
        return ()
    return _list_of(
        value, lambda batch: _list_of(batch, index, "a non-empty list of sample indices"), expected
    )


def read_factors(value: Any) -> tuple[Fraction, ...]:
    """Return a non-empty list of numbers greater than 0."""
    expected = "a non-empty list of factors, each a number greater than 0"
    return _list_of(value, number(lambda factor: factor > 0, "a factor greater than 0"), expected)


def read_powers(value: Any) -> tuple[int, ...]:
    """Return the powers of a monomial."""
    return _list_of(value, integer(0, MAXIMUM_POWER), "a list of powers, one for each coordinate of b")


def _list_of(value: Any, read: Callable[[Any], Value], expected: str) -> tuple[Value, ...]:
    """Return the entries of a non-empty list, read one by one."""
    if not isinstance(value, list) or not value:
        raise RefusedError(value, expected)
    return tuple(_within(f"[{i}]", read, item) for i, item in enumerate(value))


def _increasing(value: list[Any], entries: tuple[Any, ...], expected: str) -> tuple[Any, ...]:
    for i in range(1, len(entries)):
        if entries[i] <= entries[i - 1]:
            advice = f"it does not exceed the entry before it, {shown(value[i - 1])}"
            raise RefusedError(value[i], expected, advice, f"[{i}]")
    return entries


def _within(place: str, read: Callable[[Any], Value], value: Any) -> Value:
    try:
        return read(value)
    except RefusedError as refused:
        raise refused.inside(place) from refused


def _expecting(expected: str, read: Callable[[Any], Value], value: Any) -> Value:
    """Return what `read` makes of the value, refusing in wider terms."""
    try:
        return read(value)
    except RefusedError as refused:
        raise RefusedError(refused.value, expected, refused.advice, refused.at) from refused


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
