"""Misimplementations of precision: a number, the data, the state, the products or all arithmetic too narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from oracle.diagnosis.narrowing import narrow, rounded_to
from oracle.diagnosis.variant import Attempt, Subject, Variant, with_method
from oracle.replay import Moment, Recurrence
from oracle.rounding import RoundedArray
from reference.case import Case, Regression
from reference.exact import BINARY_FORMATS, ExactNumberError, round_to_format
from reference.state import State
from reference.trajectory import step_of

__all__ = ["PRECISIONS"]

IN_WORDS = {"float32": "float32", "bfloat16": "bfloat16", "float16": "float16", "tfloat32": "TF32"}
HALF = 0.5  # of the steps must fail where every product of every step is rounded too coarsely


def _narrower(fmt: str, subject: Subject) -> bool:
    """Whether a format is narrower than the declared arithmetic."""
    return BINARY_FORMATS[fmt].precision < BINARY_FORMATS[subject.declaration.dtype].precision


def _coefficient(fmt: str, field: str, symbol: str, name: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        value: Fraction = getattr(subject.case.method, field)
        if not _narrower(fmt, subject):
            return
        try:
            rounded = round_to_format(value, fmt)
        except ExactNumberError:  # it does not fit at all, so nobody holds it there
            return
        sizes = subject.case.method.step_sizes if field == "step_size" else ()
        if sizes:
            scheduled = with_method(subject.case, step_sizes=_rounded(sizes, fmt))
            yield Attempt.of(subject, case=scheduled)
        if rounded != value:
            case = with_method(subject.case, **{field: rounded})
            yield Attempt.of(subject, case=case, note=f"{symbol} = {float(rounded):.10g}")

    return Variant(
        name,
        f"rounds {symbol} to {IN_WORDS[fmt]}",
        f"keep {symbol} in the dtype of the state on its way to the kernel",
        attempts,
    )


def _data(fmt: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        problem = subject.case.problem
        if not _narrower(fmt, subject) or not isinstance(problem, Regression):
            return
        X, y = tuple(_rounded(row, fmt) for row in problem.X), _rounded(problem.y, fmt)
        for data in {(X, y), (X, problem.y), (problem.X, y)} - {(problem.X, problem.y)}:
            case = replace(subject.case, problem=replace(problem, X=data[0], y=data[1]))
            yield Attempt.of(subject, case=case)
            init = {name: _rounded(values, fmt) for name, values in case.init.items()}
            if init != case.init:
                yield Attempt.of(subject, case=replace(case, init=init))

    sentence = f"rounds its data to {IN_WORDS[fmt]}"
    return Variant(f"data_{fmt}", sentence, "hand X and y over in the dtype of the computation", attempts)


def _rounded(values: tuple[Fraction, ...], fmt: str) -> tuple[Fraction, ...]:
    found = rounded_to(np.array([float(value) for value in values]), fmt)
    exact = [float(value) for value in values]
    return tuple(
        value if new == old or not np.isfinite(new) else Fraction(float(new))
        for value, new, old in zip(values, found, exact, strict=True)
    )


def _holds_only(fmt: str, subject: Subject) -> bool:
    """Whether all recorded positions after the start are numbers of a format."""
    moving = subject.trace.positions[subject.trace.steps > 0]
    return bool(moving.any()) and np.array_equal(rounded_to(moving, fmt), moving)


def _other_state(fmt: str, subject: Subject) -> bool:
    """Whether a format is narrower than the declared one of the state, or the state is not kept in that at all."""
    kept = subject.declaration.kept_in
    narrower = BINARY_FORMATS[fmt].precision < BINARY_FORMATS[kept].precision
    return narrower or not _holds_only(kept, subject)


def _state(fmt: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        if _other_state(fmt, subject) and _holds_only(fmt, subject):
            declaration = replace(subject.declaration, state=fmt)
            yield Attempt.of(subject, declaration=declaration, case=_start_in(subject.case, fmt), loose=True)

    return Variant(
        f"state_{fmt}",
        f"keeps its state in {IN_WORDS[fmt]}",
        f"keep parameters and momentum in the declared dtype, or declare `state={fmt}`",
        attempts,
    )


def _start_in(case: Case, fmt: str) -> Case:
    return replace(case, init={name: _rounded(values, fmt) for name, values in case.init.items()})


def _momentum(fmt: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        kept = BINARY_FORMATS[subject.declaration.kept_in].precision
        if subject.case.method.momentum and BINARY_FORMATS[fmt].precision < kept:
            for adds_rounded in (True, False):
                step = _narrow_momentum(subject, fmt, adds_rounded)
                yield Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))

    return Variant(
        f"momentum_{fmt}",
        f"keeps the momentum buffer in {IN_WORDS[fmt]}",
        "give the buffer the dtype of the parameters",
        attempts,
    )


def _narrow_momentum(subject: Subject, fmt: str, adds_rounded: bool) -> Callable[[Moment], State]:
    method, scale = subject.case.method, Fraction(1)
    if subject.declaration.form == "buffer" and method.step_size and not method.step_sizes:
        scale = -method.step_size  # what is kept is b = −p/η

    def kept(momentum: RoundedArray, moment: Moment) -> RoundedArray:
        number = moment.objective.arithmetic.number
        if scale == 1:
            return narrow(momentum, fmt)
        stored: RoundedArray = number(scale) * narrow(number(1 / scale) * momentum, fmt)
        return stored

    def step(moment: Moment) -> State:
        held = (
            moment.state
            if moment.k == 0
            else State(moment.state.position, kept(moment.state.momentum, moment))
        )
        reached = step_of(subject.case)(held, moment.gradient, moment.coefficients)
        stored = kept(reached.momentum, moment)
        if not adds_rounded:
            return State(reached.position, stored)
        eta, mu = moment.coefficients
        if method.name == "nesterov_lookahead":
            share = mu * eta if method.scales == "update" else mu
            return State(reached.position - share * reached.momentum + share * stored, stored)
        return State(held.position + (eta * stored if method.scales == "update" else stored), stored)

    return step


def _products(fmt: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        declared = subject.declaration
        operands = declared.operands or declared.dtype
        if BINARY_FORMATS[fmt].precision < BINARY_FORMATS[operands].precision:
            sums = "float32" if BINARY_FORMATS[declared.dtype].precision >= 24 else declared.accumulate
            declaration = replace(declared, operands=fmt, accumulate=sums)
            failing = HALF if declared.kept_in == declared.dtype else 0.0  # a narrow state hides most of it
            yield Attempt.of(subject, declaration=declaration, loose=True, failing=failing)

    remedy = {
        "tfloat32": "turn TF32 off for these products (`torch.backends.cuda.matmul.allow_tf32 = False`, "
        'in Triton `input_precision="ieee"`)'
    }.get(fmt, "multiply in the declared dtype")
    return Variant(
        f"products_{fmt}",
        f"multiplies in {IN_WORDS[fmt]}: the operands of its matrix products are rounded",
        f"{remedy}, or declare `operands={fmt}`",
        attempts,
    )


def _arithmetic(fmt: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        if _narrower(fmt, subject) and _holds_only(fmt, subject):
            declaration = replace(subject.declaration, dtype=fmt, accumulate="", operands="", state="")
            yield Attempt.of(subject, declaration=declaration, case=_start_in(subject.case, fmt), loose=True)

    return Variant(
        f"arithmetic_{fmt}",
        f"computes in {IN_WORDS[fmt]}",
        f"look for a cast on the way into the kernel, or declare `dtype={fmt}`",
        attempts,
    )


FORMATS = ("float32", "bfloat16", "float16")
PRECISIONS = (
    *(_coefficient(fmt, "step_size", "η", f"step_size_{fmt}") for fmt in FORMATS),
    *(_coefficient(fmt, "momentum", "μ", f"momentum_coefficient_{fmt}") for fmt in FORMATS),
    *(_data(fmt) for fmt in FORMATS),
    *(_momentum(fmt) for fmt in FORMATS),
    *(_state(fmt) for fmt in FORMATS),
    *(_products(fmt) for fmt in ("float32", "tfloat32", "bfloat16", "float16")),
    *(_arithmetic(fmt) for fmt in FORMATS),
)
