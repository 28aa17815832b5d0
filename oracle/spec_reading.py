"""From a JSON value to the fields of a spec, or to everything that is wrong with it.

Errors of the schema library are turned into sentences that name the field, what arrived, what was
expected with its choices, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from pydantic import PlainValidator, ValidationError
from pydantic_core import ErrorDetails

from oracle.spec_error import Problem, refusal
from oracle.spec_fields import (
    MOST_TERMS,
    Fields,
    HeavyBallFlow,
    Iterates,
    Methods,
    Problems,
    SparseRegression,
    Strict,
    Term,
    Wants,
)
from oracle.spec_json import advice_on, shown
from oracle.spec_values import RefusedError, choices_text

__all__ = ["integer_problem", "read_fields"]

Place = tuple[int | str, ...]

MAXIMUM_PATH = 100  # characters of a field path; its names come from the user


def read_fields(value: Any) -> Fields:
    """Return the fields of a spec.

    Parameters
    ----------
    value : object
        What `oracle.spec_json.read_json` returns, or the same built in Python.

    Raises
    ------
    SpecError
        Listing every field that is missing, unknown or holds what it cannot.
    """
    try:
        return Fields.model_validate(value)
    except ValidationError as error:
        raise refusal([_problem(detail) for detail in error.errors(include_url=False)]) from error


def _members(union: Any, discriminator: str) -> dict[str, type[Strict]]:
    """Return the classes of a union by the names that select them."""
    return {
        name: member
        for member in get_args(union)
        for name in get_args(member.model_fields[discriminator].annotation)
    }


# field of the spec -> (field that selects the class, classes by selecting name)
CHOSEN_BY: Mapping[str, tuple[str, dict[str, type[Strict]]]] = {
    "problem": ("kind", _members(Problems, "kind")),
    "method": ("name", _members(Methods, "name")),
    "want": ("kind", _members(Wants, "kind")),
}


# plain integers (for steps, the largest) -> the class and the field that takes them
INTEGERS: Mapping[str, tuple[type[Strict], str]] = {
    "digits": (Fields, "digits"),
    "problem.n": (SparseRegression, "n"),
    "problem.d": (SparseRegression, "d"),
    "method.order": (HeavyBallFlow, "order"),
    "want.steps": (Iterates, "steps"),
}


def integer_problem(path: str, value: int) -> Problem | None:
    """Return why no spec whatever may have an integer in a field, None where one may; nothing else is read.

    Parameters
    ----------
    path : str
        As in ``digits``; of ``want.steps`` the integer is one step.
    value : int
    """
    if path not in INTEGERS:
        return None
    fields, name = INTEGERS[path]
    try:
        _reader(fields, name)([value] if name == "steps" else value)
    except RefusedError as refused:
        return _misfit(path, refused.value, refused.expected, refused.advice)
    return None


def _problem(detail: ErrorDetails) -> Problem:
    """Return the sentence for one error of the schema library."""
    place, value = detail["loc"], detail["input"]
    match detail["type"]:
        case "value_error":
            refused = detail["ctx"]["error"]
            return _misfit(_path(place) + refused.at, refused.value, refused.expected, refused.advice)
        case "missing":
            return Problem(_path(place), "missing", _expected(place), "add it")
        case "extra_forbidden":
            names = choices_text(_names(_class_at(place[:-1])))
            return Problem(_path(place), "not a field here", names, "correct the name or remove it")
        case "invalid_key":
            return Problem(_path(place[:-1]), f"an object with the key {shown(value)}", "keys that are texts")
        case "union_tag_invalid" | "union_tag_not_found" if isinstance(value, dict):
            return _unselected(str(place[0]), value)
        case _:
            return _misfit(_path(place), value, _expected(place))


def _unselected(field: str, value: dict[str, Any]) -> Problem:
    """Return the problem of an object whose `kind` or `name` selects no class."""
    selector, classes = CHOSEN_BY[field]
    path, choices = f"{field}.{selector}", choices_text(list(classes))
    if selector in value:
        return _misfit(path, value[selector], choices)
    return Problem(path, "missing", choices, "add it")


def _misfit(path: str, value: Any, expected: str, advice: str = "") -> Problem:
    """Return the problem of a value that its field does not take."""
    return Problem(path, shown(value), expected, advice_on(value) or advice)


def _path(place: Place) -> str:
    """Return a place as a person writes it; the name that selects a union's class is no part of it."""
    keys = place[:1] + place[2:] if place and place[0] in CHOSEN_BY else place
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    marks = text[: MAXIMUM_PATH + 1]
    plain = "".join(mark if mark.isascii() and mark.isprintable() else ascii(mark)[1:-1] for mark in marks)
    return plain if len(plain) <= MAXIMUM_PATH else plain[:MAXIMUM_PATH] + "..."


def _class_at(place: Place) -> type[Strict]:
    """Return the class of the object at a place."""
    if not place:
        return Fields
    if "terms" in place:
        return Term
    return CHOSEN_BY[str(place[0])][1][str(place[1])]


def _names(fields: type[Strict]) -> list[str]:
    return [info.alias or name for name, info in fields.model_fields.items()]


def _expected(place: Place) -> str:
    """Return what the field at a place takes."""
    if place and place[0] in CHOSEN_BY and len(place) <= 2:
        selector, classes = CHOSEN_BY[str(place[0])]
        return f"an object whose `{selector}` is {choices_text(list(classes))}"
    if place and place[-1] == "terms":
        return f"a non-empty list of at most {MOST_TERMS} objects, each a `coefficient` and its `powers`"
    if not place or isinstance(place[-1], int):
        names = ", ".join(f"`{name}`" for name in _names(_class_at(place)))
        return f"an object with fields of {names}"
    return _taken_by(_class_at(place[:-1]), str(place[-1]))


def _taken_by(fields: type[Strict], name: str) -> str:
    """Return what a field's reader says when it is handed nothing."""
    try:
        _reader(fields, name)(None)
    except RefusedError as refused:
        return refused.expected
    raise AssertionError(f"the reader of `{name}` takes nothing for a value")


def _reader(fields: type[Strict], name: str) -> Callable[[Any], Any]:
    """Return what reads a field."""
    (info,) = (info for key, info in fields.model_fields.items() if (info.alias or key) == name)
    (reader,) = (mark.func for mark in info.metadata if isinstance(mark, PlainValidator))
    return cast("Callable[[Any], Any]", reader)
