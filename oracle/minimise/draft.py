"""A spec as shrinking works on it: exact numbers in tuples, every part of it removable.

A `Draft` says no more and no less than the canonical spec of a discrete method on explicit data; a generated
problem is written out.  Parameters are held in the model's order, so that one cut goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

from oracle.candidate_file import CandidateError
from oracle.case import steps_of
from oracle.minimise.numbers import significant_digits
from oracle.sparse_regression import generate
from reference.exact import number_text, parse_number
from reference.models import MODELS

__all__ = ["Draft", "Size", "canonical_of", "draft_of", "numbers_of", "size_of"]

DEFAULT_SCALES = "gradient"

Row = tuple[Fraction, ...]


class Size(NamedTuple):
    """How large a case is.

    Parameters
    ----------
    n, d, steps : int
        Samples, coordinates of each parameter, last step.
    digits : int
        Significant digits of its longest number.
    """

    n: int
    d: int
    steps: int
    digits: int


@dataclass(frozen=True)
class Draft:
    """A case on trial; its numbers are those of the spec, before `inputs_as` rounds them.

    Parameters
    ----------
    kind, loss, model, method, inputs_as : str
        ``regression`` or ``scalar_product``, and names as in a spec.
    X : tuple of n rows, each d rationals
    y : tuple of n rationals
    init, p0 : tuple of rows, each d rationals
        One row a parameter, in the order of `reference.models.MODELS`.
    step_size, momentum : Fraction
    batches : tuple of tuples of int
    schedule : tuple of rationals
        Factors of the step size, used cyclically.
    scales : str
        What a scheduled step size scales.
    last : int
        Steps 0 to here are recorded.
    digits : int
        That the spec wants of its golden.
    """

    kind: str
    loss: str
    model: str
    X: tuple[Row, ...]
    y: Row
    init: tuple[Row, ...]
    p0: tuple[Row, ...]
    method: str
    step_size: Fraction
    momentum: Fraction
    batches: tuple[tuple[int, ...], ...]
    schedule: Row
    scales: str
    inputs_as: str
    last: int
    digits: int


def draft_of(canonical: Mapping[str, Any]) -> Draft:
    """Return the draft of a canonical spec of iterates, its problem written out.

    Raises
    ------
    CandidateError
        If the problem has no data to shrink (`polynomial`).
    oracle.spec_error.SpecError
        If the spec wants no iterates.
    """
    problem, method = canonical["problem"], canonical["method"]
    last = max(steps_of(canonical))
    X, y = _data(problem)
    names = MODELS[canonical["model"]].names
    return Draft(
        kind="scalar_product" if problem["kind"] == "scalar_product" else "regression",
        loss=problem.get("loss", "half_sum_square"),
        model=canonical["model"],
        X=X,
        y=y,
        init=tuple(_row(canonical["init"][name]) for name in names),
        p0=tuple(_row(method["p0"][name]) for name in names),
        method=method["name"],
        step_size=parse_number(method["step_size"]),
        momentum=parse_number(method["momentum"]),
        batches=tuple(tuple(batch) for batch in method["batches"]),
        schedule=_row(method.get("schedule", ())),
        scales=method.get("schedule_scales", DEFAULT_SCALES),
        inputs_as=canonical["inputs_as"],
        last=last,
        digits=int(canonical["digits"]),
    )


def canonical_of(draft: Draft) -> dict[str, Any]:
    """Return the canonical spec that a draft stands for, steps 0 to its last."""
    names = MODELS[draft.model].names
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": _problem(draft),
        "model": draft.model,
        "init": dict(zip(names, map(_texts, draft.init), strict=True)),
        "method": _method(draft),
        "inputs_as": draft.inputs_as,
        "want": {"kind": "iterates", "steps": list(range(draft.last + 1))},
        "digits": draft.digits,
    }


def numbers_of(draft: Draft) -> Row:
    """Return every number in a fixed order: X row by row, y, init, p0, the schedule, and at the end η and μ."""
    rows = chain(draft.X, [draft.y], draft.init, draft.p0, [draft.schedule])
    return (*chain.from_iterable(rows), draft.step_size, draft.momentum)


def size_of(draft: Draft) -> Size:
    """Return how large a draft is."""
    digits = max(significant_digits(value) for value in set(numbers_of(draft)))
    return Size(len(draft.y), len(draft.init[0]), draft.last, digits)


def _data(problem: Mapping[str, Any]) -> tuple[tuple[Row, ...], Row]:
    match problem["kind"]:
        case "regression":
            return tuple(_row(row) for row in problem["X"]), _row(problem["y"])
        case "sparse_regression":
            n, d, nonzeros, seed = (problem[name] for name in ("n", "d", "nonzeros", "seed"))
            generated = generate(n, d, nonzeros, seed, parse_number(problem["scale"]))
            return generated.X, generated.y
        case "scalar_product":
            return (_row([problem["x"]]),), _row([problem["y"]])
    raise CandidateError(
        f"a `{problem['kind']}` problem has no X and y to shrink: expected `regression`, `sparse_regression` or "
        "`scalar_product`"
    )


def _problem(draft: Draft) -> dict[str, Any]:
    if draft.kind == "scalar_product":
        return {"kind": draft.kind, "x": number_text(draft.X[0][0]), "y": number_text(draft.y[0])}
    return {"kind": draft.kind, "X": list(map(_texts, draft.X)), "y": _texts(draft.y), "loss": draft.loss}


def _method(draft: Draft) -> dict[str, Any]:
    names = MODELS[draft.model].names
    method = {
        "name": draft.method,
        "step_size": number_text(draft.step_size),
        "momentum": number_text(draft.momentum),
        "p0": dict(zip(names, map(_texts, draft.p0), strict=True)),
        "batches": [list(batch) for batch in draft.batches],
    }
    if draft.schedule:
        method["schedule"] = _texts(draft.schedule)
    if draft.scales != DEFAULT_SCALES:
        method["schedule_scales"] = draft.scales
    return method


def _row(texts: Sequence[str]) -> Row:
    return tuple(parse_number(text) for text in texts)


def _texts(values: Iterable[Fraction]) -> list[str]:
    return [number_text(value) for value in values]
