"""Q8: I± is +λ∫ (w'±/w±)² dt.

The integrand is a square and λ > 0: −λ∫ is never positive, and what the text itself asks for, I± > 0, wants + (and a
coordinate that moves; one that never does, as with a zero column of X, has I± = 0).  Which of
the two makes Δ∞ = Δ0 exp(−(I₊ + I₋)) (Q9) is decided by the flow.  Put z = w'/w; from λw'' + w' + s g w = 0

    λz' + λz² + z + s g = 0,   so   d/dt [−ln|w| − s∫g − λz] = −z − s g − λz' = λz²:

the primitive of +λz² telescopes to −ln|w(∞)/w(0)| − s∫g from rest, whose sum over both signs is −ln(Δ∞/Δ0).

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_003.shared_networks import ONE_ROW, TWO_ROWS, Network, flow_integrals
from oracle.claims.paper_003.shared_simulation import simulate
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS = 16
TRIED = ((TWO_ROWS, Fraction(1, 2)), (ONE_ROW, Fraction(1, 4)))  # Δ never vanishes
TOLERANCE = 1e-7  # of Runge and Kutta's quadrature


def compute(setting: Setting) -> Findings:
    """Integrate (w'/w)² step by step, and compare both signs with the certified balancednesses."""
    checks = [_telescoping()]
    for network, inertia in TRIED:
        checks += _checks(network, inertia, setting.digits(DIGITS))
    return Findings(tuple(checks))


def printed_sign() -> int:
    """Return the factor of λ∫ (w'/w)² dt that is printed."""
    return -1


def mended_sign() -> int:
    """Return the factor that the flow has."""
    return 1


def _telescoping() -> Check:
    """Return whether −z − s g − λz' is mended_sign·λz² once λz' is eliminated by the flow's own equation."""
    context = fmpq_mpoly_ctx.get(("lam", "z", "s", "g"), Ordering.lex)
    lam, z, s, g = context.gens()
    change = -lam * z**2 - z - s * g  # λz'
    difference = (-z - s * g - change) - fmpq(mended_sign()) * lam * z**2
    return identity_check(
        Role.CORRECTED,
        not difference,
        "d/dt [−ln|w| − s∫g − λw'/w] = +λ (w'/w)² along MGF",
        f"the difference is {difference}",
        "all λ, w'/w, s = ±1 and g",
        "polynomials over the rationals (FLINT)",
    )


def _checks(network: Network, inertia: Fraction, digits: int) -> list[Check]:
    """Return both signs' positivity, and whether each makes the balancedness of the limit."""
    squares = [float(inertia) * x for x in simulate(network, inertia).turning.tolist()]
    exact = flow_integrals(network, Flow("mgf", inertia=inertia), digits)
    shrinking = [
        -log(e / float(b))
        for e, b in zip(map(float, exact["balancedness"]), network.balancedness(), strict=True)
    ]
    enclosed = [float(x) for name in ("I_plus", "I_minus") for x in exact[name]]
    met = max(abs(a - b) for a, b in zip(squares, enclosed, strict=True)) < TOLERANCE
    result = []
    for role, sign in ((Role.AS_PRINTED, printed_sign()), (Role.CORRECTED, mended_sign())):
        turns = [sign * x for x in squares]
        sums = [a + b for a, b in zip(turns[: len(shrinking)], turns[len(shrinking) :], strict=True)]
        worst = max(abs(a - b) for a, b in zip(sums, shrinking, strict=True))
        result.append(
            Check(
                role,
                met and min(turns) > 0 and worst < 2 * TOLERANCE,
                f"{'−' if sign < 0 else '+'}λ∫ (w'±/w±)² dt > 0 and Δ∞ = Δ0 exp(−(I₊ + I₋))",
                f"I± between {min(turns):.4g} and {max(turns):.4g}; Δ0 exp(−(I₊ + I₋))/Δ∞ of the first coordinate is "
                f"{exp(shrinking[0] - sums[0]):.6g}",
                f"{network.name}, λ = {inertia}",
                Grade.CONFIRMED,
                ("Runge and Kutta's quadrature of (w'/w)²", "enclosures of −ln|w| − s∫g"),
            )
        )
    return result


CLAIM = Claim(
    identifier="Q8",
    paper="003",
    place="Sec. 4",
    statement="If Δ_t > 0 for all t up to the limit, I± = −λ ∫ (w'±,t/w±,t)² dt > 0.",
    confirms="Integrals of both factors that are positive and make Δ∞ = Δ0 exp(−(I₊ + I₋)) on certified flows.",
    refutes="A negative integral, or a balancedness that they do not make.",
    compute=compute,
    printed_tex=r"I_\pm = -\lambda \int_0^\infty \left( \frac{\dot w_{\pm,t}}{w_{\pm,t}} \right)^2 dt > 0",
    correction=Correction(
        "I± = +λ ∫ (w'±/w±)² dt: the sign is wrong; with + the formulas that use it (Q9) hold, and I± ≥ 0, with I± > 0 "
        "for a coordinate that moves (one that never does, as with a zero column of X, has I± = 0).",
        Effect.AMENDS,
        r"I_\pm = \lambda \int_0^\infty \left( \frac{\dot w_{\pm,t}}{w_{\pm,t}} \right)^2 dt \ge 0",
    ),
    seconds=3,
)
