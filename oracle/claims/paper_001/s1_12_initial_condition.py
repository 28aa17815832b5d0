"""S1-12: the result needs x⁰ = x⁻¹, a start at rest; it does not need that this point is 0.

Heavy ball commutes with translations: with E_c(x) = E(x + c) the run of E_c from 0 is that of E from c, moved by −c, and
so is the flow.  The constant of the bound therefore never sees where the run starts.  A start that is not at rest,
x⁰ − x⁻¹ = −h v∇E(x⁰), makes the first step −h(1 + βv)∇E in place of −h∇E, and all later ones keep βv times β^k of it:
h βv/(1 − β) ∇E in all, of first order, which flow (4) does not have.  At 0 itself the loss of Sec. 4.1 has a saddle that
no run leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, QUARTIC_ONE, QUARTIC_TWO, SCALAR_PRODUCT, Instance
from oracle.claims.measures import LADDER, order_check
from oracle.claims.paper_001.shared_momentum_flows import equation_4, series_of_steps
from oracle.claims.paper_001.shared_printed_ladder import PrintedFlow, printed_ladder
from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method, Polynomial, Term
from reference.models import MODELS
from reference.objective import objective_of
from reference.observed_order import ObservedOrder
from reference.rooted_trees import Tree
from reference.trajectory import states

__all__ = ["CLAIM"]

BETA = Fraction(1, 2)
ELSEWHERE = (DIAGONAL_ONE_ROW, SCALAR_PRODUCT, QUARTIC_TWO)
SERIES = "exact series: the field of every step is that of a start at rest, anywhere"


def start_speed() -> Fraction:
    """Return v of the start x⁰ − x⁻¹ = −h v ∇E(x⁰) that is not at rest."""
    return Fraction(1)


def compute(setting: Setting) -> Findings:
    """Measure flow (4) from rest at points other than 0, and from starts that are not at rest."""
    checks = [_translation(), _saddle()]
    for instance in ELSEWHERE:
        resting = measured(instance, Fraction(0), setting)
        moving = measured(instance, start_speed(), setting)
        name = f"{instance.name}, β = {BETA}"
        subject = "flow (4) is O(h²)-close to GD+M from x⁰ = x⁻¹ ≠ 0"
        good = order_check(
            Role.CORRECTED, resting.whole, 2, subject=subject, instance=name, second_method=SERIES
        )
        checks += [good, _needed(good, name), _rest_needed(moving, name)]
    return Findings(tuple(checks))


def measured(instance: Instance, speed: Fraction, setting: Setting) -> ObservedOrder:
    """Return the ladder of flow (4) for GD+M with x⁰ − x⁻¹ = −h·speed·∇E(x⁰)."""

    def fields() -> Iterator[dict[Tree, Fraction]]:
        return series_of_steps(equation_4(BETA, BETA**k, k) for k in count())

    def method(step_size: Fraction) -> Method:
        return Method("heavy_ball", step_size, BETA, p0=_momentum(instance.case, -step_size * speed))

    return printed_ladder(instance, method, PrintedFlow(fields), setting, ladder=LADDER)


def _momentum(case: Case, factor: Fraction) -> dict[str, tuple[Fraction, ...]]:
    """Return p0 = factor · ∇E(x⁰), parameter by parameter."""
    arithmetic, names = RationalArithmetic(), MODELS[case.model].names
    start = arithmetic.join([arithmetic.vector(case.init[name]) for name in names])
    slope = objective_of(case, arithmetic).gradient(start)
    blocks = arithmetic.split(slope, [len(case.init[name]) for name in names])
    return {name: tuple(factor * entry for entry in block) for name, block in zip(names, blocks, strict=True)}


def _needed(good: Check, name: str) -> Check:
    return replace(
        good,
        role=Role.AS_PRINTED,
        holds=None if good.holds is None else not good.holds,
        asked="the O(h²) of the theorem is lost where x⁰ = x⁻¹ is not 0",
        found=f"it is {'kept' if good.holds else 'lost'}: {good.found}",
        instance=name,
    )


def _rest_needed(moving: ObservedOrder, name: str) -> Check:
    seen = order_check(
        Role.CORRECTED,
        moving.settled,
        2,
        subject="",
        instance=name,
        second_method="exact series: a lag of first order",
    )
    return replace(
        seen,
        holds=None if seen.holds is None else not seen.holds,
        asked="the O(h²) is lost where x⁰ ≠ x⁻¹ (by h∇E, the size of a step)",
    )


def _translation() -> Check:
    """Return whether a run of E(x + 1) from 0 is that of E from 1, moved."""
    case = replace(QUARTIC_ONE.case, method=Method("heavy_ball", Fraction(1, 20), BETA))
    assert isinstance(case.problem, Polynomial)
    moved = replace(case, problem=_shifted_by_one(case.problem), init={"b": (Fraction(0),)})
    runs = [states(each, RationalArithmetic()) for each in (case, moved)]
    gaps = [next(runs[0]).position.entries[0] - next(runs[1]).position.entries[0] - 1 for _ in range(6)]
    return Check(
        role=Role.CORRECTED,
        holds=not any(gaps),
        asked="the run of E(x + 1) from 0 is the run of E from 1, moved by 1",
        found="equal at steps 0 to 5" if not any(gaps) else f"apart by {gaps}",
        instance=QUARTIC_ONE.name,
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


def _shifted_by_one(problem: Polynomial) -> Polynomial:
    """Return E(x + 1) for b³ and b⁴ terms, by the binomial theorem."""
    binomials = {3: (1, 3, 3, 1), 4: (1, 4, 6, 4, 1)}
    terms = [
        Term(term.coefficient * choose, (power,))
        for term in problem.terms
        for power, choose in enumerate(binomials[term.powers[0]])
    ]
    return Polynomial(tuple(terms))


def _saddle() -> Check:
    init = {"a1": (Fraction(0),), "a2": (Fraction(0),)}
    case = replace(SCALAR_PRODUCT.case, init=init, method=Method("heavy_ball", Fraction(1, 20), BETA))
    slope = objective_of(case, RationalArithmetic()).gradient(Vector([Fraction(0), Fraction(0)]))
    return Check(
        role=Role.BESIDE,
        holds=any(slope),
        asked="from x⁰ = x⁻¹ = 0 GD+M moves on the loss of Sec. 4.1",
        found=f"∇E(0) = ({', '.join(map(str, slope))}): 0 is a saddle",
        instance=SCALAR_PRODUCT.name,
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


CLAIM = Claim(
    identifier="S1-12",
    paper="001",
    place="Sec. 5, Eq. 8",
    statement="Heavy-ball SGD starts from x⁰ = x⁻¹ = 0 with x¹ = x⁰ − h∇E₀(x⁰); this is the initial condition of "
    "the result.",
    printed_tex=r"x^{k+1}=x^k-h\nabla E_k(x^k)+\beta(x^k-x^{k-1}),\quad x^1=x^0-h\nabla E_0(x^0),\quad x^0=x^{-1}=0",
    confirms="The O(h²) of the theorem is lost as soon as x⁰ = x⁻¹ is another point than 0. (The reading: the "
    "condition is needed.)",
    refutes="Unlike starts at rest elsewhere from which the order is two all the same.",
    compute=compute,
    correction=Correction(
        "x⁰ = x⁻¹, any point: the start must be at rest and need not be 0. (From x⁰ ≠ x⁻¹ by a step's length the "
        "flow is O(h)-close only.)",
        Effect.AMENDS,
        r"x^0=x^{-1}",
    ),
    seconds=6,
)
