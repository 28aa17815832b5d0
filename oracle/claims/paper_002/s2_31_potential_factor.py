"""S2-31: the last line of Eq. 97 has lost the factor ¼ of its line above, and of Eq. 26 and 83; its sign is right.

Let A = γ₊/w₊, B = γ₋/w₋, so ε' = A + B, Γ = 2(γ₊w₊ − γ₋w₋) = 2(A w₊² − B w₋²).  With w = w₊² − w₋², v = w₊² + w₋²

    Γ − wε' = A(2w₊² − w) − B(2w₋² + w) = v(A − B),

so the second line's ∫ ds/v [−wε'/4 + Γ/4] is ¼∫(A − B), and the first line agrees with it, as v² = w² + 4κ² makes
κ²/(w + v) − v/4 = −w/4 with 4κ² = (v − w)(v + w).  Printed is ∫(A − B), four times as much.

In the flow of order 3 the linear term is seen in the limit: with ¼ the minimiser is the limit, with 1 it is not.

Source: paper 002, Eq. 83, 95–97.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import apart, identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT, NETWORKS, Network
from oracle.claims.paper_002.shared_minimiser import minimiser
from oracle.claims.paper_002.shared_order_flow import LATE, followed

__all__ = ["CLAIM"]

STEP = Fraction(1, 80)
DIGITS = 20
ALLOWED = 1e-9


def compute(setting: Setting) -> Findings:
    """Compare the lines of Eq. 97 as rational functions, and the minimisers with limits of flows."""
    checks = [
        _lines(Role.AS_PRINTED, first_to_second(), "the first line of Eq. 97 equals the second"),
        _lines(
            Role.AS_PRINTED, second_to_last(printed_factor()), "the second line of Eq. 97 equals the last"
        ),
        _lines(
            Role.CORRECTED, second_to_last(corrected_factor()), "the second line equals the last with its ¼"
        ),
    ]
    for network in NETWORKS:
        for role, factor in ((Role.AS_PRINTED, printed_factor()), (Role.CORRECTED, corrected_factor())):
            checks.append(_limit(role, factor, network, setting))
    return Findings(tuple(checks))


def printed_factor() -> Fraction:
    """Return the factor of ηw_j∫(γ₊/w₊ − γ₋/w₋) in the last line of Eq. 97."""
    return Fraction(1)


def corrected_factor() -> Fraction:
    """Return it as derived."""
    return Fraction(1, 4)


def first_to_second() -> Any:
    """Return 4(w + v) times the difference of the brackets of the first and the second line, in w₊, w₋ and ε'."""
    s = _symbols()
    w, v, kappa = _three(s)
    first = 4 * kappa * kappa * s["e"] - (w + v) * v * s["e"]
    second = -(w + v) * w * s["e"]
    return first - second


def second_to_last(factor: Fraction) -> Any:
    """Return 4v w₊w₋ times the difference of the integrands of the second line and of the last with a factor."""
    s = _symbols()
    w, v, kappa = _three(s)
    decay = s["gp"] * s["wm"] + s["gm"] * s["wp"]  # w₊w₋ε'
    gamma = 2 * (s["gp"] * s["wp"] - s["gm"] * s["wm"]) * kappa
    last = (s["gp"] * s["wm"] - s["gm"] * s["wp"]) * v
    return gamma - w * decay - last * (4 * factor).numerator / (4 * factor).denominator


def _symbols() -> dict[str, Any]:
    names = ("wp", "wm", "gp", "gm", "e")
    return dict(zip(names, fmpq_mpoly_ctx.get(names, Ordering.lex).gens(), strict=True))


def _three(s: dict[str, Any]) -> tuple[Any, Any, Any]:
    plus, minus = s["wp"], s["wm"]
    return plus * plus - minus * minus, plus * plus + minus * minus, plus * minus


def _lines(role: Role, left: Any, asked: str) -> Check:
    found = "equal" if left == 0 else f"cleared of denominators they differ by {_readable(left)}"
    return identity_check(role, left == 0, asked, found, "all w_±, γ_± and ε'", FLINT)


def _readable(polynomial: Any) -> str:
    """Return a polynomial in its factors, with the names of the paper."""
    constant, factors = polynomial.factor()
    text = f"{constant} " + " ".join(f"({factor})" + f"^{power}" * (power > 1) for factor, power in factors)
    for name, told in (
        ("wp", "w₊"),
        ("wm", "w₋"),
        ("gp", "γ₊"),
        ("gm", "γ₋"),
        ("^2", "²"),
        ("*", ""),
        (" - ", " − "),
    ):
        text = text.replace(name, told)
    return text


def _limit(role: Role, factor: Fraction, network: Network, setting: Setting) -> Check:
    """Return whether the limit of the flow of order 3 is the minimiser with the factor."""
    end = followed(network, STEP, LATE, setting, 3)
    linear = [4 * factor * x for x in end.tilt]
    gap = apart(end.predictor(), minimiser(network, end.kappa(), linear, setting.digits(DIGITS)))
    return Check(
        role,
        gap < ALLOWED,
        f"the limit of the HB flow of order 3 is the minimiser of Λ^GF + {factor} ηw∫(γ₊/w₊ − γ₋/w₋)",
        f"apart by {gap:.2g}",
        f"{network.name}, η = {STEP}",
        Grade.CONFIRMED,
        ("integrated flow", "certified minimiser"),
    )


CLAIM = Claim(
    identifier="S2-31",
    paper="002",
    place="Eq. 97, last line",
    statement="Λ_j = Λ_j^GF(w; κ(t)) + ηw_j ∫ (γ₊,j/w₊,j − γ₋,j/w₋,j) ds, as the last of the lines of Eq. 97 has it.",
    confirms="All lines of Eq. 97 are one, as rational functions of all symbols, and the minimiser is the limit of the "
    "flow.",
    refutes="Two lines whose difference is not zero, or a minimiser that is not the limit.",
    compute=compute,
    printed_tex=r"\Lambda_j(\mathbf{w},t;\kappa)=\Lambda_j^{\mathrm{GF}}(\mathbf{w};\kappa(t))+\eta\mathbf{w}_j\int ds "
    r"\left[\frac{\gamma_{k;j}^{\mathbf{w}_+}}{\mathbf{w}_{+;j}}-\frac{\gamma_{k;j}^{\mathbf{w}_-}}{\mathbf{w}_{-;j}}\right]",
    correction=Correction(
        "The last line has lost the factor ¼ that the line above it and Eq. 26 and 83 have; the sign is right.",
        Effect.AMENDS,
        r"\Lambda_j(\mathbf{w},t;\kappa)=\Lambda_j^{\mathrm{GF}}(\mathbf{w};\kappa(t))+\frac{\eta}{4}\mathbf{w}_j\int ds "
        r"\left[\frac{\gamma_{k;j}^{\mathbf{w}_+}}{\mathbf{w}_{+;j}}-\frac{\gamma_{k;j}^{\mathbf{w}_-}}{\mathbf{w}_{-;j}}\right]",
    ),
    seconds=1,
)
