"""P17: from an unbiased start HB and NAG generalise better than GD when αXᵀy ≪ n(1 − μ), and worse otherwise.

The condition asks that R^M be small. But R^M holds the initial gradient, which lies in the row space of X,
where to first order no linear term moves the minimiser; and the condition can always be met by a smaller η,
whatever the problem. What does decide, to first order, is where the non-uniform ξ̄ = ξ exp(−ηκΦ) moves the
limit (`shared_first_order_shift`): with κ of the method and 1/2 for GD,

    |θ_GD − θ*|² − |θ_M − θ*|² = 2η(κ − 1/2) (θ − θ*)·P(Φ⊙θ) + O(η²),   θ the limit of gradient flow,

and κ > 1/2 for every μ in (0, 1): κ_HB − 1/2 = μ(3 − μ)/(2(1 − μ)²), κ_NAG − 1/2 = μ(1 + μ)/(2(1 − μ)²). So the
sign is that of (θ − θ*)·P(Φ⊙θ), a number of the problem and its start: no η, no μ, and no scale of the data is
in it, since (X, y) → ε(X, y) multiplies Φ by ε² and leaves θ and P as they are.

Source: paper 000, Sec. 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_poly

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_000.shared_first_order_shift import (
    ONE_ROW_FAVOURABLE,
    ONE_ROW_SPARSE,
    RANDOM_SPARSE,
    TWO_ROWS_FAVOURABLE,
    Shift,
    Target,
    discrete_limit,
    is_l1_solution,
    rate,
    shift_of,
    squared_distance,
)
from reference.case import Method

__all__ = ["CLAIM"]

DIGITS = 14
HALF = Fraction(1, 2)
SMALL = Fraction(1, 10)  # the ratio that counts as ≪


@dataclass(frozen=True)
class Contest:
    """A method with momentum against gradient descent with the same step size."""

    target: Target
    method: Method


CONTESTS = (
    Contest(ONE_ROW_SPARSE, Method("heavy_ball", Fraction(1, 320), HALF)),
    Contest(ONE_ROW_SPARSE, Method("nesterov", Fraction(1, 320), HALF)),
    Contest(RANDOM_SPARSE, Method("heavy_ball", Fraction(1, 40), HALF)),
    Contest(ONE_ROW_FAVOURABLE, Method("heavy_ball", Fraction(1, 40), Fraction(9, 10))),
    Contest(TWO_ROWS_FAVOURABLE, Method("nesterov", Fraction(1, 10), Fraction(9, 10))),
)


@dataclass(frozen=True)
class Outcome:
    """A contest with |θ − θ*|² of both certified limits.

    Parameters
    ----------
    contest : Contest
    gd, momentum : Fraction
    """

    contest: Contest
    gd: Fraction
    momentum: Fraction

    @property
    def where(self) -> str:
        """What a reader takes it for."""
        method = self.contest.method
        name = method.name.replace("_", " ")
        return f"{self.contest.target.instance.name}, {name}, η = {method.step_size}, μ = {method.momentum}"

    @property
    def shown(self) -> str:
        """Both distances."""
        return f"|θ − θ*|² = {float(self.momentum):.6f} with momentum, {float(self.gd):.6f} with GD"


def compute(setting: Setting) -> Findings:
    """Hold certified limits of momentum and gradient descent to the printed condition, and to the corrected one."""
    digits = setting.digits(DIGITS)
    outcomes = [outcome_of(contest, digits) for contest in CONTESTS]
    shifts: dict[str, Shift] = {}
    for contest in CONTESTS:
        instance = contest.target.instance
        if instance.name not in shifts:
            shifts[instance.name] = shift_of(instance, digits)
    printed = [_printed_check(outcome) for outcome in outcomes]
    corrected = [_corrected_check(seen, shifts[seen.contest.target.instance.name]) for seen in outcomes]
    return Findings((*printed, *corrected, _rates_check()), (_plot(outcomes),))


def outcome_of(contest: Contest, digits: int) -> Outcome:
    """Return where momentum and gradient descent with the same step size end, from certified limits."""
    plain = Method("gradient_descent", contest.method.step_size)
    limits = [discrete_limit(contest.target.instance, method, digits) for method in (plain, contest.method)]
    return Outcome(contest, *(squared_distance(limit, contest.target.truth) for limit in limits))


def ratio(contest: Contest) -> Fraction:
    """Return the printed α max_j |(Xᵀy)_j|/(n(1 − μ)), exactly; α = ηκ(1 − μ)."""
    problem, method = contest.target.problem, contest.method
    alpha_over = method.step_size * rate(method)  # α/(1 − μ)
    columns = zip(*problem.X, strict=True)
    products = [
        abs(sum((x * y for x, y in zip(column, problem.y, strict=True)), start=Fraction(0)))
        for column in columns
    ]
    return Fraction(alpha_over * max(products) / len(problem.y))


def printed_winner(contest: Contest) -> bool | None:
    """Return whether the printed condition expects momentum to be better; None where it is neither met nor missed."""
    size = ratio(contest)
    if SMALL < size < 1:
        return None
    return size <= SMALL


def corrected_winner(shift: Shift, target: Target) -> bool:
    """Return whether first-order theory expects momentum to be better: (θ − θ*)·P(Φ⊙θ) > 0."""
    return shift.drift(target.truth) < 0


def _printed_check(seen: Outcome) -> Check:
    expected = printed_winner(seen.contest)
    condition = f"αXᵀy/(n(1−μ)) = {float(ratio(seen.contest)):.2g}"
    return Check(
        role=Role.AS_PRINTED,
        holds=None if expected is None else (seen.momentum < seen.gd) == expected,
        asked=f"{condition}: momentum generalises {'better' if expected else 'worse'} than GD",
        found=seen.shown,
        instance=seen.where,
        grade=Grade.CERTIFIED,
        methods=("certified limits of both runs",),
    )


def _corrected_check(seen: Outcome, shift: Shift) -> Check:
    target, method = seen.contest.target, seen.contest.method
    gain = rate(method) - rate(Method("gradient_descent", method.step_size))
    predicted = -method.step_size * gain * shift.drift(target.truth)
    expected = corrected_winner(shift, target)
    kind = {True: "is the ℓ1 solution", False: "is not the ℓ1 solution", None: "may not be the ℓ1 solution"}
    return Check(
        role=Role.CORRECTED,
        holds=(seen.momentum < seen.gd) == expected,
        asked=f"momentum is {'better' if expected else 'worse'}, by the sign of (θ − θ*)·P(Φ⊙θ)",
        found=f"|θ_GD − θ*|² − |θ_M − θ*|² = {float(seen.gd - seen.momentum):.4g}, to first order {float(predicted):.4g} "
        f"(θ* {kind[is_l1_solution(target)]})",
        instance=seen.where,
        grade=Grade.CERTIFIED,
        methods=(
            "certified limits of both runs",
            "first-order theory from gradient flow's certified integrals",
        ),
    )


def _plot(outcomes: Sequence[Outcome]) -> Plot:
    lines = []
    for name in dict.fromkeys(seen.contest.target.instance.name for seen in outcomes):
        here = [seen for seen in outcomes if seen.contest.target.instance.name == name]
        x = tuple(float(ratio(seen.contest)) for seen in here)
        lines.append(Line(name, x, tuple(float(1 - seen.momentum / seen.gd) for seen in here), points=True))
    return Plot(
        "What momentum gains, against the printed ratio",
        "αXᵀy/(n(1 − μ))",
        "part of |θ_GD − θ*|² that momentum saves",
        tuple(lines),
        x_log=True,
        caption="The condition expects gains on the left and losses on the right; the certified limits show "
        "the opposite.",
    )


def excesses() -> tuple[fmpz_poly, fmpz_poly]:
    """Return 2(1 − μ)²(κ − 1/2) of heavy ball and Nesterov, polynomials in μ."""
    square = fmpz_poly([1, -2, 1])
    return fmpz_poly([1, 1]) - square, fmpz_poly([1, -1, 2]) - square


def _rates_check() -> Check:
    found = excesses()
    positive = found == (fmpz_poly([0, 3, -1]), fmpz_poly([0, 1, 1]))
    return identity_check(
        Role.CORRECTED,
        positive,
        "κ − 1/2 has the sign of μ(3 − μ) for heavy ball, of μ(1 + μ) for Nesterov: positive for 0 < μ < 1",
        f"2(1 − μ)²(κ − 1/2) has the coefficients {found[0].coeffs()} and {found[1].coeffs()}",
        "all μ",
        "polynomials over the integers (FLINT)",
    )


CLAIM = Claim(
    identifier="P17",
    paper="000",
    place="Sec. 3.2",
    statement="For an unbiased start HB and NAG generalise better than GD when αXᵀy is much smaller than n(1 − "
    "μ), and worse otherwise.",
    printed_tex=r"\alpha X^T y \ll n(1-\mu)",
    confirms="Certified limits of momentum nearer to θ* than GD's of the same step size wherever the ratio is "
    "at most 1/10, and farther wherever it is at least 1.",
    refutes="One certified pair of limits on the wrong side, at a ratio of at most 1/10 or at least 1.",
    correction=Correction(
        "To first order in η momentum is better than GD exactly where (θ − θ*)·P(Φ⊙θ) > 0, θ being gradient "
        "flow's limit: a property of the problem and its start in which neither η, μ nor the scale of the data "
        "has a part.",
        Effect.REPLACES,
        r"\|\theta_{\mathrm{GD}} - \theta^*\|^2 - \|\theta_{\mathrm{M}} - \theta^*\|^2 = "
        r"2\eta\left(\kappa - \tfrac{1}{2}\right)(\theta - \theta^*) \cdot P(\Phi \odot \theta) + O(\eta^2)",
    ),
    compute=compute,
    seconds=9,
)
