"""P26: very small starts are close to the saddle u = v = 0 and escape it slowly.

At u = v = 0 the gradient (2gu, −2gv) is zero and the Hessian is diag(2g, −2g) with g = −Xᵀy/n: a saddle unless
Xᵀy = 0. Near it a coordinate grows by a constant factor ρ a step, with G = max_j |(Xᵀy)_j|/n

    GD: ρ = 1 + 2ηG,    HB: ρ² − (1 + μ + 2ηG)ρ + μ = 0,    NAG: ρ² − (1 + 2ηG)((1 + μ)ρ − μ) = 0,

so a start smaller by the factor 10 needs ln 10/ln ρ steps more: the time to escape grows without bound, but
only like log(1/scale).

Source: paper 000, Sec. 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import log, sqrt
from typing import Any

from flint import fmpq, fmpq_mpoly_ctx, fmpz

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, Instance
from oracle.claims.measures import identity_check
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Method, Regression
from reference.enclosures import enclose
from reference.lyapunov import certainly_less
from reference.objective import objective_of

__all__ = ["CLAIM"]

BITS = 160
MU = Fraction(1, 2)
ETA = Fraction(1, 10)
SCALES = tuple(Fraction(1, 10**k) for k in (2, 3, 4, 5))
MOST_STEPS = 400
METHODS = (
    Method("gradient_descent", ETA),
    Method("heavy_ball", ETA, MU),
    Method("nesterov", ETA, MU),
)
RUNS = tuple((instance, method) for instance in (DIAGONAL_BIASED, DIAGONAL_ONE_ROW) for method in METHODS)


def compute(setting: Setting) -> Findings:
    """Count the steps until half of the loss is gone, from ever smaller starts."""
    bits = setting.bits(BITS)
    found = [_check(instance, method, bits) for instance, method in RUNS]
    plot = Plot(
        "Steps to escape the saddle",
        "scale of the start",
        "steps until half of the loss is gone",
        tuple(line for _, line in found),
        x_log=True,
        caption="Straight lines: a start ten times smaller costs the same number of steps more.",
    )
    remark = "The time to escape grows only with the logarithm of the scale; momentum shortens it by making ρ larger."
    return Findings((_saddle(), *(check for check, _ in found)), (plot,), (remark,))


def small_start(instance: Instance, method: Method, scale: Fraction) -> Case:
    """Return the instance with u = v = scale in every coordinate."""
    size = len(instance.case.init["u"])
    return replace(instance.case, init=dict.fromkeys(("u", "v"), (scale,) * size), method=method)


def escape_step(case: Case, bits: int) -> int | None:
    """Return the first step at which the loss is below half of its start, certified; None where balls cannot tell.

    Raises
    ------
    ValueError
        If that takes more than `MOST_STEPS`.
    """
    path = enclose(case, range(MOST_STEPS + 1), bits).positions
    with ball_precision(bits):
        objective = objective_of(case, BallArithmetic())
        half = objective.loss(path[0]) / 2
        for step in range(MOST_STEPS + 1):
            loss = objective.loss(path[step])
            if certainly_less(loss, half):
                return step
            if not certainly_less(half, loss):
                return None
    raise ValueError(f"the loss has not halved within {MOST_STEPS} steps")


def growth(problem: Regression, method: Method) -> float:
    """Return ρ, the factor by which the fastest coordinate grows a step near the saddle."""
    columns = zip(*problem.X, strict=True)
    slopes = [abs(sum(x * y for x, y in zip(column, problem.y, strict=True))) for column in columns]
    push = 1 + 2 * float(method.step_size * max(slopes) / len(problem.y))
    mu = float(method.momentum)
    middle, last = {
        "gradient_descent": (push, 0.0),
        "heavy_ball": (push + mu, mu),
        "nesterov": (push * (1 + mu), push * mu),
    }[method.name]
    return (middle + sqrt(middle**2 - 4 * last)) / 2


def _check(instance: Instance, method: Method, bits: int) -> tuple[Check, Line]:
    steps = [escape_step(small_start(instance, method, scale), bits) for scale in SCALES]
    known = [step for step in steps if step is not None]
    problem = instance.case.problem
    assert isinstance(problem, Regression)
    expected = log(10) / log(growth(problem, method))
    more = [b - a for a, b in pairwise(known)]
    name = method.name.replace("_", " ")
    where = f"diagonal network, n = {len(problem.y)}, d = {len(problem.X[0])}, u = v, {name}"
    where += f", η = {method.step_size}, μ = {method.momentum}"
    check = Check(
        role=Role.AS_PRINTED,
        holds=all(abs(extra - expected) <= 1 for extra in more) if len(known) == len(SCALES) else None,
        asked="the steps to escape grow with every smaller start, by ln 10/ln ρ for a tenth of the scale",
        found=f"{_listed(steps)} steps at scales {', '.join(map(str, SCALES))}: {_listed(more)} more each time; "
        f"ln 10/ln ρ = {expected:.2f}",
        instance=where,
        grade=Grade.CERTIFIED,
        methods=("enclosed run", "growth factor of the linearised recurrence"),
    )
    return check, Line(where, tuple(map(float, SCALES)), tuple(map(float, known)))


def saddle_derivatives() -> tuple[list[Any], list[list[Any]], list[Any]]:
    """Return ∇L and ∇²L at u = v = 0 for n = 2, d = 2, and g = −Xᵀy/n, as polynomials in X and y."""
    names = ["a1", "a2", "b1", "b2", "y1", "y2", "u1", "u2", "v1", "v2"]
    ring = fmpq_mpoly_ctx.get(names, "lex")
    a1, a2, b1, b2, y1, y2, u1, u2, v1, v2 = ring.gens()
    theta = (u1**2 - v1**2, u2**2 - v2**2)
    loss = ((a1 * theta[0] + a2 * theta[1] - y1) ** 2 + (b1 * theta[0] + b2 * theta[1] - y2) ** 2) / 4
    places = [names.index(name) for name in ("u1", "u2", "v1", "v2")]
    zero: dict[str | int, int | fmpz | fmpq] = dict.fromkeys(("u1", "u2", "v1", "v2"), 0)
    gradient = [loss.derivative(i).subs(zero) for i in places]
    hessian = [[loss.derivative(i).derivative(j).subs(zero) for j in places] for i in places]
    return gradient, hessian, [-(a1 * y1 + b1 * y2) / 2, -(a2 * y1 + b2 * y2) / 2]


def _saddle() -> Check:
    gradient, hessian, slopes = saddle_derivatives()
    expected = [2 * slopes[0], 2 * slopes[1], -2 * slopes[0], -2 * slopes[1]]
    diagonal = all(hessian[i][j] == (expected[i] if i == j else 0) for i in range(4) for j in range(4))
    return identity_check(
        Role.AS_PRINTED,
        all(entry == 0 for entry in gradient) and diagonal,
        "u = v = 0 is a saddle: no gradient, and the Hessian diag(2g, −2g), g = −Xᵀy/n, of both signs",
        "the gradient is zero and the Hessian is that diagonal" if diagonal else "the Hessian is another",
        "all X and y with Xᵀy ≠ 0, n = 2, d = 2",
        "polynomials over the rationals (FLINT)",
    )


def _listed(values: Sequence[int | None]) -> str:
    return ", ".join(str(value) for value in values)


CLAIM = Claim(
    identifier="P26",
    paper="000",
    place="Sec. 3.1",
    statement="Very small initialisation scales are highly close to the saddle u = v = 0, which is slow to escape.",
    confirms="A saddle there; and a number of steps to halve the loss that grows at a steady rate with every "
    "tenth of the scale: like log(1/scale), the rate being that of the linearised recurrence, for GD, HB and "
    "NAG. Read as: the time to escape is unbounded.",
    refutes="A number of steps that stays bounded, or grows at another rate.",
    compute=compute,
    seconds=3,
)
