"""The spec of a computation: read, checked, and brought to its one canonical form.

However the numbers were spelt and whatever was left to its default, the same computation has the
same canonical text, and the digest of that text is the same on every machine and Python.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from oracle.spec_error import SpecError, refusal
from oracle.spec_fields import Discrete, Fields, GradientDescent, Kkt
from oracle.spec_json import MAXIMUM_TEXT, exponent_problems, read_json
from oracle.spec_reading import read_fields
from oracle.spec_rules import dimension, model_of, problems_of
from oracle.spec_values import Coordinates
from reference.exact import number_text
from reference.models import MODELS

__all__ = ["Spec", "SpecError", "load_spec", "parse_spec", "spec_from"]


@dataclass(frozen=True)
class Spec:
    """A valid spec.

    Parameters
    ----------
    canonical_json : str
        Its canonical text: defaults filled in, numbers by `reference.exact.number_text`, lists
        written out, keys sorted, no blanks, ASCII.  Numbers are not rounded to `inputs_as`.
    """

    canonical_json: str

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """The canonical form as JSON values."""
        result: dict[str, Any] = json.loads(self.canonical_json)
        return result

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the SHA-256 of the canonical text, in hexadecimal digits."""
        return "sha256:" + hashlib.sha256(self.canonical_json.encode("ascii")).hexdigest()


def load_spec(path: str | Path) -> Spec:
    """Return the spec in a file.

    Raises
    ------
    SpecError
        If the file cannot be read, or for any reason of `parse_spec`.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAXIMUM_TEXT + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot read the spec `{path}`: {reason}; name a readable JSON file") from error
    return parse_spec(content)


def parse_spec(text: str | bytes) -> Spec:
    """Return the spec that a JSON text states.

    Raises
    ------
    SpecError
        If the text is no JSON, a field is missing, unknown or holds what it cannot, or fields do
        not fit each other.  The message lists each such field by its path.
    """
    return spec_from(read_json(text))


def spec_from(value: Any) -> Spec:
    """Return the spec that a JSON value states, already parsed or built in Python.

    Raises
    ------
    SpecError
        As in `parse_spec`.  Python floats are refused like JSON doubles.
    """
    if problems := exponent_problems(value):
        raise refusal(problems)
    fields = read_fields(value)
    if problems := problems_of(fields):
        raise refusal(problems)
    return Spec(json.dumps(_canonical(fields), sort_keys=True, separators=(",", ":"), ensure_ascii=True))


def _canonical(fields: Fields) -> dict[str, Any]:
    """Return the canonical form of fields that fit each other."""
    model, d = model_of(fields), dimension(fields.problem)
    assert model is not None
    names = MODELS[model].names
    result: dict[str, Any] = _plain(fields) | {"model": model}
    if fields.init is not None:
        result["init"] = _expanded(fields.init, names, d)
    if isinstance(fields.method, Discrete):
        result["method"]["p0"] = _expanded(fields.method.p0, names, d)
        _leave_out_schedule(result["method"], fields.method)
    if isinstance(velocity := getattr(fields.method, "initial_velocity", None), Mapping):
        result["method"]["initial_velocity"] = _expanded(velocity, names, d)
    if isinstance(fields.want, Kkt):
        result["want"]["xi"] = _written_out(fields.want.xi, d)
        result["want"]["linear"] = _written_out(fields.want.linear, d)
    return result


def _leave_out_schedule(written: dict[str, Any], method: Discrete) -> None:
    """Leave out what schedules brought where it says nothing: texts older than they are keep their digests."""
    if not method.schedule:
        del written["schedule"]
    if method.schedule_scales == "gradient" or isinstance(method, GradientDescent):
        del written["schedule_scales"]  # what gradient descent scales is the same either way


def _expanded(given: Mapping[str, Coordinates], names: tuple[str, ...], d: int) -> dict[str, list[str]]:
    """Return the coordinates of every parameter; one left out is zero."""
    return {name: _written_out(given.get(name, Fraction(0)), d) for name in names}


def _written_out(coordinates: Coordinates, d: int) -> list[str]:
    if isinstance(coordinates, Fraction):
        return [number_text(coordinates)] * d
    return [number_text(entry) for entry in coordinates]


def _plain(value: Any) -> Any:
    """Return a value of the fields as JSON holds it, without what is absent."""
    if isinstance(value, BaseModel):
        named = {info.alias or name: getattr(value, name) for name, info in type(value).model_fields.items()}
        return {name: _plain(item) for name, item in named.items() if item is not None}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return number_text(value) if isinstance(value, Fraction) else value
