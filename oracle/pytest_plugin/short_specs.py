"""A spec in one call: matrices and numbers as Python has them, as long as they are exact.

A literal such as ``0.1`` is refused: the float is not the number that was typed, and nobody but its author knows
which of the two was meant.  ``0.25`` is both.  The entries of an array were never typed: they are the binary
numbers that they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle.spec_error import Problem, SpecError, refusal
from reference.exact import number_text

__all__ = ["exact", "short_spec"]

SCHEMA = "momentum-oracle/spec/1"
EXACT = (
    "a string, an integer, a `Fraction`, a float that is the number it is written as, or an array of these"
)


def short_spec(  # noqa: PLR0913 - a spec has as many fields
    X: Any,
    y: Any,
    *,
    step_size: Any,
    momentum: Any = None,
    method: str = "heavy_ball",
    model: str = "diagonal",
    steps: int | Sequence[int] = 10,
    loss: str = "half_mean_square",
    batches: Sequence[Sequence[int]] = (),
    schedule: Sequence[Any] = (),
    schedule_scales: str = "gradient",
    p0: Mapping[str, Any] | None = None,
    inputs_as: str = "exact",
    digits: int = 40,
    **init: Any,
) -> dict[str, Any]:
    """Return the JSON value of a spec on a regression.

    Parameters
    ----------
    X : rows of numbers, shape (n, d)
    y : numbers, shape (n,)
    step_size, momentum : number
        η > 0 and 0 ≤ μ < 1; no momentum for ``gradient_descent``.
    method, model, loss : str
    steps : int or sequence of int
        K stands for 0, 1, …, K.
    batches : sequence of sequences of int
        Sample indices, used cyclically.
    schedule : sequence of number
        Factors of the step size, used cyclically.
    schedule_scales : str
        ``gradient`` or ``update``: what the scheduled step size scales.
    p0 : mapping of parameter to number or numbers, optional
    inputs_as : str
        In which format the candidate sees these numbers.
    digits : int
        Of the golden.
    **init : number or numbers, shape (d,)
        The start of each parameter, by its name.

    Raises
    ------
    SpecError
        If a number is not exact, naming each.  What else may be wrong with a spec is found by `oracle.spec`.
    """
    reader = _Reader()
    fields: dict[str, Any] = {"name": method, "step_size": reader.read(step_size, "step_size")}
    if momentum is not None:
        fields["momentum"] = reader.read(momentum, "momentum")
    if p0:
        fields["p0"] = {name: reader.read(value, f"p0.{name}") for name, value in p0.items()}
    if len(batches):
        fields["batches"] = [[int(index) for index in batch] for batch in batches]
    if len(schedule):
        fields |= {"schedule": reader.read(schedule, "schedule"), "schedule_scales": schedule_scales}
    problem = {"kind": "regression", "X": reader.read(X, "X"), "y": reader.read(y, "y"), "loss": loss}
    start = {name: reader.read(value, name) for name, value in init.items()}
    if reader.problems:
        raise refusal(reader.problems)
    return {
        "schema": SCHEMA,
        "problem": problem,
        "model": model,
        "init": start,
        "method": fields,
        "inputs_as": inputs_as,
        "want": {"kind": "iterates", "steps": _steps(steps)},
        "digits": digits,
    }


def exact(value: Any, path: str = "value") -> Any:
    """Return a number, or lists of them, as a spec writes them.

    Raises
    ------
    SpecError
        If one of them is not exact.
    """
    reader = _Reader()
    result = reader.read(value, path)
    if reader.problems:
        raise refusal(reader.problems)
    return result


class _Reader:
    """Reads numbers and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, value: Any, path: str) -> Any:
        """Return the value as JSON; an array's numbers are taken as they are."""
        if hasattr(value, "dtype") and hasattr(value, "tolist"):
            return self._entries(value.tolist(), path, self._stored)
        return self._entries(value, path, self._typed)

    def _entries(self, value: Any, path: str, read: Any) -> Any:
        if isinstance(value, list | tuple):
            # a row may be an array of its own
            inner = self.read if read == self._typed else lambda item, at: self._entries(item, at, read)
            return [inner(item, f"{path}[{i}]") for i, item in enumerate(value)]
        return read(value, path)

    def _stored(self, value: Any, path: str) -> Any:
        """Return a number of an array: the dyadic one that it is."""
        if isinstance(value, float) and math.isfinite(value):
            return number_text(Fraction(value))
        return self._typed(value, path)

    def _typed(self, value: Any, path: str) -> Any:
        """Return a number as its author wrote it."""
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, Fraction):
            return number_text(value)
        if isinstance(value, Decimal) and value.is_finite():
            return number_text(Fraction(value))
        if isinstance(value, float) and math.isfinite(value):
            return self._float(value, path)
        arrived = repr(value) if isinstance(value, float) else f"a Python `{type(value).__name__}`"
        self.problems.append(Problem(path, arrived, EXACT))
        return "0"

    def _float(self, value: float, path: str) -> str:
        if Fraction(repr(value)) != Fraction(value):
            stored = f"{Decimal(value):.21g}"
            self.problems.append(
                Problem(
                    path,
                    f"the float {value!r}, which is not {value!r} but {stored}…",
                    EXACT,
                    f'write "{value!r}" for the decimal number, or "{value.hex()}" for the float itself',
                )
            )
        return number_text(Fraction(value))


def _steps(steps: int | Sequence[int]) -> list[int]:
    if isinstance(steps, bool) or (isinstance(steps, int) and steps < 0):
        raise SpecError(
            f"`steps` is {steps!r}; expected the last step, at least 0, or a list of steps to record"
        )
    return list(range(steps + 1)) if isinstance(steps, int) else [int(step) for step in steps]
