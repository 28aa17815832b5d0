"""Right runs whose roundings conspire: every operation errs by a whole unit, and always the same way.

A program that declares a format may err by u|z| in each operation, to whichever side.  Independent errors
average out, and those of a correct program in other orders of its sums show how far.  Errors that lean one way do not;
how far they carry a run is measured here by making it, in float64, with each result z of an operation moved to

========  ===========
`up`      z + u|z|
`down`    z − u|z|
`away`    z + uz
`inward`  z − uz
========  ===========

and each partial sum of a product with X moved likewise by the unit of the accumulation.  Where the state is kept
narrower, it is moved once more after each step.

Errors may also lean towards a given run.  A right run that *shadows* it makes the exact step from its own state and
then moves, in the direction of the run, each r_i by at most u(Σ|x_ij θ_j| + |Σ x_ij θ_j| + 2|r_i|), p₊ by
u(|μp| + `OF_THE_GRADIENT`|ηg| + |p₊|) and β₊ by u|β₊|: no more than the declared format allows for the products of
a sum and the sum, for y and the loss factor, and for the last few operations.  A run that is shadowed closely is
one that rounding may have made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.rounding import Rounding
from reference.case import Case
from reference.exact import BINARY_FORMATS
from reference.objective import objective_of
from reference.state import Coefficients, State
from reference.trajectory import coefficient_cycle, start_of, step_of

__all__ = ["LEANINGS", "leaning_runs", "shadow"]

LEANINGS = ("up", "down", "away", "inward")
OF_THE_GRADIENT = 3  # its product with a parameter, with the loss factor and with η


def lean(values: Floats, how: str, unit: float) -> Floats:
    """Return values moved by a unit, as in the table above."""
    size = values if how in ("away", "inward") else np.abs(values)
    moved: Floats = values + unit * size if how in ("up", "away") else values - unit * size
    return moved


@dataclass(frozen=True, eq=False)
class Leaning:
    """Numbers whose every operation leans; shapes broadcast."""

    value: Floats
    owner: LeaningArithmetic

    __array_ufunc__ = None

    def __add__(self, other: Leaning) -> Leaning:
        return self.owner.made(self.value + other.value)

    def __sub__(self, other: Leaning) -> Leaning:
        return self.owner.made(self.value - other.value)

    def __mul__(self, other: Leaning) -> Leaning:
        return self.owner.made(self.value * other.value)

    def __neg__(self) -> Leaning:
        return Leaning(-self.value, self.owner)


class LeaningArithmetic:
    """`reference.arithmetic.Arithmetic` in float64, each operation moved by the unit of a declared format.

    Parameters
    ----------
    declaration : Declaration
    how : str
        One of `LEANINGS`.
    """

    def __init__(self, declaration: Declaration, how: str) -> None:
        self.rounding, self.how = Rounding.of(declaration), how

    @classmethod
    def exact(cls) -> LeaningArithmetic:
        """Return plain float64."""
        found = cls(Declaration(), "up")
        found.rounding = Rounding(0.0, 0.0, 0.0)
        return found

    def made(self, value: Floats) -> Leaning:
        """Return the result of one operation."""
        return Leaning(lean(value, self.how, self.rounding.unit), self)

    def number(self, value: Fraction) -> Leaning:
        """Return a number of the spec, shape (1,)."""
        return self.vector([value])

    def vector(self, values: Sequence[Fraction]) -> Leaning:
        """Return numbers of the spec, shape (d,)."""
        return Leaning(np.array([float(value) for value in values]), self)

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> Floats:
        """Return a matrix of the spec, shape (n, d)."""
        return np.array([[float(value) for value in row] for row in rows])

    def times(self, matrix: Floats, vector: Leaning) -> Leaning:
        """Return X θ, one column after the other."""
        operand = lean(vector.value, self.how, self.rounding.operand_unit)
        total = np.zeros(len(matrix))
        for column, entry in zip(matrix.T, operand, strict=True):
            product = lean(column * entry, self.how, self.rounding.unit)
            total = lean(total + product, self.how, self.rounding.accumulation_unit)
        return self.made(total)

    def transposed_times(self, matrix: Floats, vector: Leaning) -> Leaning:
        """Return Xᵀ r."""
        return self.times(matrix.T, vector)

    def join(self, vectors: Sequence[Leaning]) -> Leaning:
        """Return one vector that holds the given ones end to end."""
        return Leaning(np.concatenate([vector.value for vector in vectors]), self)

    def split(self, vector: Leaning, sizes: Sequence[int]) -> list[Leaning]:
        """Undo `join`."""
        return [Leaning(part, self) for part in np.split(vector.value, np.cumsum(sizes)[:-1])]

    def total(self, vector: Leaning) -> Leaning:
        """Return the sum of the entries."""
        return self.times(np.ones((1, len(vector.value))), vector)

    def entry(self, vector: Leaning, index: int) -> Leaning:
        """Return one coordinate."""
        return Leaning(vector.value[index : index + 1], self)

    def stack(self, numbers: Sequence[Leaning]) -> Leaning:
        """Return the vector of the given numbers."""
        return self.join(numbers)


def leaning_runs(case: Case, declaration: Declaration, last: int) -> Iterator[Floats]:
    """Yield the positions of each leaning run at steps 0 to `last`, shape (last + 1, D)."""
    for how in LEANINGS:
        with np.errstate(all="ignore"):
            yield np.stack(
                [state.position.value for state in islice(_states(case, declaration, how), last + 1)]
            )


def _states(case: Case, declaration: Declaration, how: str) -> Iterator[State]:
    arithmetic: Any = LeaningArithmetic(declaration, how)
    objective, cycle = objective_of(case, arithmetic), coefficient_cycle(case, arithmetic)
    narrow = declaration.kept_in != declaration.dtype
    unit = 2.0 ** -BINARY_FORMATS[declaration.kept_in].precision if narrow else 0.0
    state, make, k = start_of(case, arithmetic), step_of(case), 0
    while True:
        yield state
        reached = make(state, partial(objective.gradient, step=k), cycle[k % len(cycle)])
        state = State(*(Leaning(lean(part.value, how, unit), arithmetic) for part in reached))
        k += 1


def shadow(case: Case, declaration: Declaration, target: Floats) -> Floats:
    """Return the right run that follows another as closely as roundings let it, shape of `target`.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    target : float64, shape (K, D)
        Positions at steps 0 to K − 1.
    """
    with np.errstate(all="ignore"):
        return np.stack(list(_shadowing(case, declaration, target)))


def _shadowing(case: Case, declaration: Declaration, target: Floats) -> Iterator[Floats]:
    arithmetic: Any = LeaningArithmetic.exact()
    objective, cycle = objective_of(case, arithmetic), coefficient_cycle(case, arithmetic)
    unit, kept = (2.0 ** -BINARY_FORMATS[name].precision for name in (declaration.dtype, declaration.kept_in))
    state, make = start_of(case, arithmetic), step_of(case)
    yield state.position.value
    for k, wanted in enumerate(target[1:]):
        eta, mu = cycle[k % len(cycle)]
        reached = make(state, partial(objective.gradient, step=k), cycle[k % len(cycle)])
        scale = np.abs(eta.value) if case.method.scales == "update" else 1.0
        pull = _Pull(objective, case, state, k, cycle[k % len(cycle)])
        kick = _through_residual(pull, unit, wanted - reached.position.value)
        carried, momentum = mu.value * state.momentum.value, reached.momentum.value
        of_gradient = OF_THE_GRADIENT * np.abs(carried - momentum)
        room = unit * (np.abs(carried) + of_gradient + np.abs(momentum)) + (kept - unit) * np.abs(momentum)
        kick = kick + _towards(wanted - reached.position.value - kick, scale * room)
        position = reached.position.value + kick
        position = position + _towards(wanted - position, kept * np.abs(position))
        state = State(Leaning(position, arithmetic), Leaning(momentum + kick / scale, arithmetic))
        yield position


class _Pull:
    """How an error of r enters the position that the next step reaches, and the sizes that r is made of.

    Parameters
    ----------
    objective : RegressionObjective
    case : Case
    state : State
    k : int
    coefficients : Coefficients
        η_k and μ.
    """

    def __init__(self, objective: Any, case: Case, state: State, k: int, coefficients: Coefficients) -> None:
        at, eta, mu = state.position, coefficients.step_size.value, coefficients.momentum.value
        if case.method.name == "nesterov":
            at = at + coefficients.momentum * state.momentum
        samples = (
            objective.batches[k % len(objective.batches)] if objective.batches else objective.all_samples
        )
        arithmetic, parameters = objective.arithmetic, objective.arithmetic.split(at, objective.sizes)
        columns = [
            arithmetic.join(
                objective.model.pullback(parameters, Leaning(row, arithmetic), arithmetic.number)
            ).value
            for row in samples.X
        ]
        ahead = 1 + mu if case.method.name == "nesterov_lookahead" else 1.0
        self.moves = -ahead * eta * float(2 * samples.factor) * np.stack(columns, axis=1)
        theta = objective.predictor(at).value
        r = samples.X @ theta - samples.y.value
        self.sizes = np.abs(samples.X) @ np.abs(theta) + np.abs(samples.X @ theta) + 2 * np.abs(r)


def _through_residual(pull: _Pull, unit: float, gap: Floats) -> Floats:
    """Return the part of a gap that roundings of r = Xθ − y make, each within its room."""
    if not (np.isfinite(pull.moves).all() and np.isfinite(gap).all()):
        return np.zeros_like(gap)
    wanted, *_ = np.linalg.lstsq(pull.moves, gap, rcond=None)
    through: Floats = pull.moves @ np.clip(wanted, -unit * pull.sizes, unit * pull.sizes)
    return through


def _towards(gap: Floats, room: Floats) -> Floats:
    """Return the part of a gap that there is room for."""
    return np.clip(np.nan_to_num(gap), -room, room)
