"""Global envelope: how far rounding may carry a whole run from the golden, to first order.

Where states between two recorded ones are missing, no single step can be replayed.  The recurrence is run
once more on `oracle.dual_numbers`, which propagates every elementary rounding along the trajectory by
its tangent map.  To first order the error of a run at a recorded coordinate is

    Σ_i a_i ε_i + Σ_s b_s δ_s,   |ε_i| ≤ 1, |δ_s| ≤ 1,

over N elementary roundings i and the inputs s that were rounded beforehand.  D = Σ|b_s| is known; of the a_i
an ensemble of E normal samples gives an estimate σ̂ of σ = sqrt(Σ a_i²).

Sampling
    Eσ̂²/σ² is distributed as χ² with E degrees of freedom, and P(χ² ≤ E x) ≤ (x e^{1−x})^{E/2} for x < 1.
    With x such that the right side is half of `FALSE_ALARM` over the n numbers compared, all of them
    have σ ≤ σ̂/sqrt(x) with that much certainty.
Typical, T = λσ̂/sqrt(x) + D
    For roundings that are independent with mean zero, Hoeffding's inequality gives
    P(|Σ a_i ε_i| > λσ) ≤ 2 exp(−λ²/2).  λ makes that half of `FALSE_ALARM` over the n numbers.
    A run inside is what rounding makes of the right method.
Worst case, W = sqrt(N)·σ̂/sqrt(x) + D
    Σ|a_i| ≤ sqrt(N)·σ by Cauchy and Schwarz.  A run outside is not explained by any roundings,
    however they conspire.

Between T and W lies what independent roundings hardly do and conspiring ones might: undecided.  Both are of first
order, so a bound larger than the values it is about says nothing: past that horizon all is undecided.

Source: probabilistic rounding analysis after Higham and Mary 2019; the χ² tail is Chernoff's bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt

import numpy as np

from oracle.dual_numbers import DualArithmetic, DualArray
from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.update_forms import Counts, Sizes, UpdateForm, form_of
from reference.case import Case, Polynomial
from reference.methods import METHODS
from reference.models import MODELS
from reference.objective import Objective, RegressionObjective, objective_of
from reference.state import State
from reference.trajectory import coefficients_of, start_of

__all__ = ["FALSE_ALARM", "MEMBERS", "MOST_STEPS", "Envelope", "envelope", "smallest_share", "too_long"]

MEMBERS = 32
FALSE_ALARM = 1e-9  # of a whole comparison
MOST_STEPS = 20_000
MOST_WORK = 8_000_000  # steps times coordinates: about a minute
SEED = 0


@dataclass(frozen=True)
class Envelope:
    """How far a run may lie from the golden at the given steps.

    Parameters
    ----------
    typical, worst : mapping of observable name to float64, shape (K, m)
        T and W of the module docstring; m = 1 for ``loss``.
    """

    typical: Mapping[str, Floats]
    worst: Mapping[str, Floats]


def too_long(case: Case, last_step: int) -> str:
    """Return why an envelope up to `last_step` is not computed, or an empty string."""
    size = sum(len(values) for values in case.init.values())
    if last_step > MOST_STEPS or last_step * size > MOST_WORK:
        return (
            f"an envelope over {last_step} steps of {size} coordinates takes too long "
            f"(at most {MOST_STEPS} steps and {MOST_WORK} steps × coordinates); record successive steps"
        )
    return ""


def envelope(
    case: Case, declaration: Declaration, steps: Sequence[int], observables: Sequence[str]
) -> Envelope:
    """Return the envelope at the given steps.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    steps : sequence of int, shape (K,)
        Ascending.
    observables : sequence of str
        Parameters of the model, ``theta`` and ``loss``.
    """
    method = case.method
    arithmetic = DualArithmetic(
        declaration,
        MEMBERS,
        _systematic_rows(case),
        np.random.default_rng(SEED),
        (method.step_size, method.momentum),
    )
    objective = objective_of(case, arithmetic)
    sizes = [len(case.init[name]) for name in MODELS[case.model].names]
    compared = len(steps) * sum(1 if name == "loss" else max(sizes) for name in observables)
    found: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in observables}
    wanted = set(steps)
    with np.errstate(all="ignore"):
        for step, state in enumerate(
            _disturbed_states(case, arithmetic, objective, declaration, max(wanted))
        ):
            if step in wanted:
                for name, array in _observed(case, objective, state, observables).items():
                    found[name].append(_widths(array, arithmetic, compared))
    return Envelope(
        {name: np.stack([typical for typical, _ in rows]) for name, rows in found.items()},
        {name: np.stack([worst for _, worst in rows]) for name, rows in found.items()},
    )


def _disturbed_states(
    case: Case, arithmetic: DualArithmetic, objective: Objective, declaration: Declaration, last: int
) -> Iterator[State]:
    """Yield the states at steps 0 to `last`, with the roundings of the declared form."""
    coefficients = coefficients_of(case, arithmetic)
    form = form_of(declaration.form, case.method.name)
    method = METHODS[case.method.name]
    state = start_of(case, arithmetic)
    yield state
    for k in range(last):
        reached = method.step(state, partial(objective.gradient, step=k), coefficients)
        state = _with_form(form, state, reached)
        yield state


def _with_form(form: UpdateForm, state: State, reached: State) -> State:
    """Add to a step what the declared form rounds beyond the reference's own."""
    arithmetic: DualArithmetic = reached.position.owner
    momentum = np.abs(state.momentum.value) + np.abs(reached.momentum.value)
    sizes = Sizes(np.abs(state.position.value), np.abs(reached.position.value), momentum)
    unit = arithmetic.rounding.unit
    if form.feedback == Counts():
        if form.exit == Counts():
            return reached
        return reached._replace(
            position=reached.position.moved(arithmetic.noise(form.exit.error(sizes, unit)))
        )
    noise = arithmetic.noise(form.feedback.error(sizes, unit))
    return State(reached.position.moved(noise), reached.momentum.moved(noise))


def _observed(
    case: Case, objective: Objective, state: State, observables: Sequence[str]
) -> dict[str, DualArray]:
    """Return the wanted observables of one state."""
    names = MODELS[case.model].names
    found = dict(zip(names, objective.arithmetic.split(state.position, objective.sizes), strict=True))
    if "theta" in observables and isinstance(objective, RegressionObjective):
        found["theta"] = objective.predictor(state.position)
    if "loss" in observables:
        found["loss"] = objective.loss(state.position)
    return {name: found[name] for name in observables}


def _widths(array: DualArray, arithmetic: DualArithmetic, compared: int) -> tuple[Floats, Floats]:
    """Return T and W for one observable at one step, each shape (m,)."""
    systematic, ensemble = np.split(array.tangent, [arithmetic.systematic])
    known = np.abs(systematic).sum(axis=0)
    allowed = FALSE_ALARM / (2 * compared)
    sigma = np.sqrt((ensemble**2).mean(axis=0) / smallest_share(arithmetic.members, allowed))
    return sqrt(2 * log(2 / allowed)) * sigma + known, sqrt(arithmetic.roundings) * sigma + known


def smallest_share(members: int, probability: float) -> float:
    """Return x < 1 with (x e^{1−x})^{members/2} ≤ probability: σ̂² is no smaller a share of σ²."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (middle * exp(1 - middle)) ** (members / 2) <= probability:
            low = middle
        else:
            high = middle
    return low


def _systematic_rows(case: Case) -> int:
    """Return how many inputs may be rounded at most: numbers, vectors and matrices of the case."""
    fixed = 4 + 2 * len(MODELS[case.model].names)  # η, μ, 2, 0; start and initial momentum
    if isinstance(case.problem, Polynomial):
        return fixed + len(case.problem.terms) * (1 + len(case.init["b"]))
    return fixed + 3 * (
        1 + len(case.method.batches)
    )  # X, y and the loss factor, of all samples and of each batch
