"""P19: smaller ε in (X, y) → ε(X, y) makes the benefit of momentum larger (3.2); smaller η makes it vanish (3.5).

The two contradict each other. The loss of the scaled data is Σ(εx·θ − εy)²/(2n) = ε²L, so its gradient is ε²∇L,
and a step of GD, HB or NAG with η on the scaled data is the step with ε²η on the data themselves: the runs are
equal, iterate by iterate, for every start and μ. To scale the data down is to take smaller steps. If the
benefit b(ε²η) vanishes as η → 0 at fixed ε, it vanishes as ε → 0 at fixed η, like ε².

Source: paper 000, Sec. 3.2 and 3.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_000.shared_first_order_shift import (
    ONE_ROW_FAVOURABLE,
    ONE_ROW_SPARSE,
    TWO_ROWS_FAVOURABLE,
    Target,
    discrete_limit,
    scaled,
    squared_distance,
)
from reference.case import Method

__all__ = ["CLAIM"]

DIGITS = 15
MU = Fraction(1, 2)
ETA = Fraction(1, 10)
Limits = Sequence[Sequence[Fraction]]
SCALES = (Fraction(1), Fraction(1, 2), Fraction(1, 4))
TARGETS = (
    (ONE_ROW_FAVOURABLE, "heavy_ball"),
    (TWO_ROWS_FAVOURABLE, "nesterov"),
)


def compute(setting: Setting) -> Findings:
    """Prove the identity of scaled data and scaled steps, and measure the benefit both ways."""
    digits = setting.digits(DIGITS)
    checks, lines = [_identity()], []
    for target, name in TARGETS:
        found, line = _measured(target, name, digits)
        checks += found
        lines.append(line)
    plot = Plot(
        "What momentum gains over GD on scaled data",
        "scale ε of the data",
        "|θ_GD − θ*|² − |θ_M − θ*|²",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=f"At the fixed step size {ETA} the gain vanishes as the data are scaled down.",
    )
    checks.append(_harm(digits))
    remark = (
        "The two problems of the checks as printed were chosen so that momentum gains at ε = 1: there must be a benefit to "
        "grow. Where momentum makes the limit worse, the harm vanishes with ε as well; read against GD, that can "
        "look like a growing benefit."
    )
    return Findings(tuple(checks), (plot,), (remark,))


def equal_step(factor: Fraction) -> Fraction:
    """Return the step size on (X, y) that makes the run of step size η on ε(X, y): ε²η."""
    return factor**2 * ETA


def step_exponent() -> int:
    """Return k for which ∇L of ε(X, y) is ε^k ∇L of (X, y), by polynomials; −1 where none up to 4 is."""
    names = ["e", "y1", "y2", *(f"{letter}{j}" for letter in ("a", "b", "u", "v") for j in (1, 2, 3))]
    ring = fmpq_mpoly_ctx.get(names, "lex")
    symbol = dict(zip(names, ring.gens(), strict=True))
    plain, moved = (_loss(symbol, factor) for factor in (ring.constant(1), symbol["e"]))
    places = [names.index(f"{letter}{j}") for letter in "uv" for j in (1, 2, 3)]
    for k in range(5):
        if all(moved.derivative(i) == symbol["e"] ** k * plain.derivative(i) for i in places):
            return k
    return -1


def _loss(symbol: dict[str, Any], factor: Any) -> Any:
    """Return the loss on data times a factor, n = 2 and d = 3, θ = u⊙u − v⊙v."""
    total = factor - factor
    for row, target in (("a", "y1"), ("b", "y2")):
        residual = -factor * symbol[target]
        for j in (1, 2, 3):
            residual += factor * symbol[f"{row}{j}"] * (symbol[f"u{j}"] ** 2 - symbol[f"v{j}"] ** 2)
        total += residual * residual
    return total / 4


def _identity() -> Check:
    exponent = step_exponent()
    return identity_check(
        Role.CORRECTED,
        exponent >= 0 and equal_step(Fraction(1, 3)) == Fraction(1, 3) ** exponent * ETA,
        "the gradient on ε(X, y) is ε²∇L: steps with η there are steps with ε²η on (X, y)",
        f"∇L is multiplied by ε^{exponent}",
        "all X, y, ε, u and v for n = 2 and d = 3",
        "polynomials over the rationals (FLINT)",
    )


def _measured(target: Target, name: str, digits: int) -> tuple[list[Check], Line]:
    where = f"{target.instance.name}, {name.replace('_', ' ')}, η = {ETA}, μ = {MU}"
    method, plain = Method(name, ETA, MU), Method("gradient_descent", ETA)
    limits, without = (_limits(target, each, digits) for each in (method, plain))
    smaller = [discrete_limit(target.instance, Method(name, equal_step(f), MU), digits) for f in SCALES]
    gains = gains_of(target, limits, without)
    shown = ", ".join(f"{gain:.3g}" for gain in gains)
    distances = [
        max(abs(float(a - b)) for a, b in zip(x, y, strict=True))
        for x, y in zip(limits, without, strict=True)
    ]
    checks = [
        _check(
            Role.AS_PRINTED,
            gains[0] < gains[1] < gains[2],
            "3.2: the benefit of momentum grows as ε falls",
            f"|θ_GD − θ*|² − |θ_M − θ*|² = {shown} at ε = {', '.join(map(str, SCALES))}",
            where,
        ),
        _check(
            Role.AS_PRINTED,
            2 * distances[1] < distances[0] and 2 * distances[2] < distances[1],
            "3.5: the difference vanishes with the step, here ε²η on the unscaled data",
            f"the limits differ by {', '.join(f'{x:.3g}' for x in distances)} at steps "
            f"{', '.join(str(equal_step(factor)) for factor in SCALES)}",
            where,
        ),
        _same(limits, smaller, digits, where),
    ]
    return checks, Line(where, tuple(map(float, SCALES)), tuple(gains))


def gains_of(target: Target, limits: Limits, without: Limits) -> list[float]:
    """Return |θ_GD − θ*|² − |θ_M − θ*|² at each scale."""
    return [
        float(squared_distance(b, target.truth) - squared_distance(a, target.truth))
        for a, b in zip(limits, without, strict=True)
    ]


def _limits(target: Target, method: Method, digits: int) -> Limits:
    return [discrete_limit(scaled(target, factor).instance, method, digits) for factor in SCALES]


def _harm(digits: int) -> Check:
    """Return whether a benefit that is negative at ε = 1 rises to zero as ε falls."""
    target, methods = ONE_ROW_SPARSE, (Method("heavy_ball", ETA, MU), Method("gradient_descent", ETA))
    gains = gains_of(target, *(_limits(target, method, digits) for method in methods))
    return _check(
        Role.BESIDE,
        gains[0] < gains[1] < gains[2] < 0,
        "where momentum does harm, the harm shrinks as ε falls",
        f"|θ_GD − θ*|² − |θ_M − θ*|² = {', '.join(f'{gain:.3g}' for gain in gains)} at ε = {', '.join(map(str, SCALES))}",
        f"{target.instance.name}, heavy ball, η = {ETA}, μ = {MU}",
    )


def _same(
    limits: Limits,
    smaller: Limits,
    digits: int,
    where: str,
) -> Check:
    apart = max(
        abs(float(a - b)) for x, y in zip(limits, smaller, strict=True) for a, b in zip(x, y, strict=True)
    )
    return _check(
        Role.CORRECTED,
        apart < 10.0 ** (1 - digits),
        "the limits on ε(X, y) with η are those on (X, y) with ε²η",
        f"apart by {apart:.1g}, with {digits} digits asked",
        where,
    )


def _check(role: Role, holds: bool, asked: str, found: str, where: str) -> Check:
    return Check(role, holds, asked, found, where, Grade.CERTIFIED, ("certified limits of the runs",))


CLAIM = Claim(
    identifier="P19",
    paper="000",
    place="Sec. 3.2 vs 3.5",
    statement="Scaling the data (X, y) → ε(X, y) with a smaller ε makes the benefit of momentum larger (3.2); "
    "a smaller η makes it vanish (3.5).",
    confirms="Certified limits on which the benefit |θ_GD − θ*|² − |θ_M − θ*|² grows as ε falls at fixed η, "
    "and vanishes with η.",
    refutes="A certified benefit that falls with ε; or an identity that makes both the same change.",
    correction=Correction(
        "Scaling the data by ε is scaling the step size by ε², exactly and iterate by iterate: a smaller ε "
        "makes the difference that momentum makes vanish, like ε², just as a smaller η does.",
        Effect.REPLACES,
        r"\nabla L_{\varepsilon(X, y)} = \varepsilon^2 \nabla L_{(X, y)}, \quad \eta \mapsto \varepsilon^2 \eta",
    ),
    compute=compute,
    seconds=10,
)
