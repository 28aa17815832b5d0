"""JSON text read without losing anything: what JSON leaves vague is kept and refused by name.

A double, ``NaN``, an endless integer or a key given twice becomes an `Unreadable` in its place, so
that the field it stands in can be named.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from oracle.spec_error import Problem, SpecError, refusal
from reference.exact import MAXIMUM_DIGITS

__all__ = ["MAXIMUM_TEXT", "Unreadable", "advice_on", "exponent_problems", "read_json", "shown"]

MAXIMUM_TEXT = 1 << 26  # characters: 64 Mi, room for the largest X a spec may hold
MOST_FIELDS = 100  # of one object; a spec's have ten
DEEPEST = 5  # lists within objects that any field looks into
SHOWN = 60  # characters of a value repeated in a message

LARGE_EXPONENT = re.compile(r"[eEpP][+-]?0*([1-9][0-9]{2,5})")  # one below 100 makes nothing long
DOUBLES = (
    "JSON doubles are refused because a reader rounds them to binary, and what was meant is lost; "
    'write the exact number as a string ("0.1", "1/10", "0x1.8p-3"), or a JSON integer'
)


@dataclass(frozen=True)
class Unreadable:
    """A piece of JSON that stands for no certain value, and why."""

    text: str
    reason: str


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text, with `Unreadable` where it is not exact.

    Raises
    ------
    SpecError
        If the text is not UTF-8, not JSON (line and column are named), nested too deeply or
        longer than `MAXIMUM_TEXT`.
    """
    if len(text) > MAXIMUM_TEXT:
        raise refusal([Problem("", f"{len(text)} characters long", f"at most {MAXIMUM_TEXT}")])
    try:
        return json.loads(
            text if isinstance(text, str) else text.decode("utf-8-sig"),
            parse_float=_double,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise SpecError(
            f"the spec is not UTF-8 text (byte {error.start}); expected a JSON file; save it as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SpecError(
            f"the spec is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; "
            "expected one JSON object; mend the text there"
        ) from error
    except RecursionError as error:
        raise SpecError(
            "the spec is nested too deeply; expected at most four levels of lists and objects"
        ) from error


def exponent_problems(value: Any) -> list[Problem]:
    """Return what is wrong with numbers whose exponents, written out, would fill the memory; empty where nothing is."""
    digits, pending = 0, [(value, DEEPEST)]
    while pending:
        item, depth = pending.pop()
        parts = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else [item]
        texts = " ".join(part for part in parts if isinstance(part, str))
        digits += sum(min(int(found), MAXIMUM_DIGITS) for found in LARGE_EXPONENT.findall(texts))
        if depth:
            pending += [(part, depth - 1) for part in parts if isinstance(part, dict | list)]
    if digits <= MAXIMUM_TEXT:
        return []
    arrived = f"full of numbers whose exponents come to {digits} digits"
    return [Problem("", arrived, f"at most {MAXIMUM_TEXT}", "ask for fewer numbers, or less extreme ones")]


def shown(value: Any) -> str:
    """Return a value as a message repeats it: short, ASCII, never failing."""
    match value:
        case Unreadable():
            text = value.text
        case None | bool() | str():
            text = json.dumps(value)
        case int() if abs(value) >= 10**SHOWN:
            text = f"an integer of {value.bit_length()} bits"
        case int() | float():
            text = repr(value)
        case list():
            text = f"a list of {len(value)}" if value else "an empty list"
        case dict():
            text = "an object" if value else "an empty object"
        case _:
            text = f"a Python `{type(value).__name__}`"
    return _cut(text)


def advice_on(value: Any) -> str:
    """Return why a value is refused whatever was expected, or an empty text."""
    if isinstance(value, float):
        return DOUBLES
    return value.reason if isinstance(value, Unreadable) else ""


def _double(text: str) -> Unreadable:
    return Unreadable(text, DOUBLES)


def _integer(text: str) -> int | Unreadable:
    if len(text) > MAXIMUM_DIGITS:
        return Unreadable(text, f"write an integer of fewer than {MAXIMUM_DIGITS} digits")
    return int(text)


def _constant(text: str) -> Unreadable:
    return Unreadable(text, "it is neither JSON nor a number; write a finite number as a string")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Unreadable:
    if len(pairs) > MOST_FIELDS:  # each would be refused by a sentence of its own
        return Unreadable(f"an object of {len(pairs)} fields", "no object of a spec has so many; remove them")
    result: dict[str, Any] = {}
    for key, value in pairs:
        result[key] = Unreadable("given twice", "remove one of the two") if key in result else value
    return result


def _cut(text: str) -> str:
    plain = text.encode("ascii", "backslashreplace").decode("ascii").replace("\x7f", "\\x7f")
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 3] + "..."
