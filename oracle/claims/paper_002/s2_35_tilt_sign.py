"""S2-35: the second equality of Eq. 111 loses a sign; Eq. 112 has it again, with half the factor.

Eq. 111 prints −a Σ x_c,j x_c,i w_i = +a (XᵀXw)_j with a = η(1+μ)/(4(1−μ)²n): the sums are one and the same, so this
says XᵀXw = 0.  With φ_j(∞) = −η(1+μ)/(2(1−μ)²) (XᵀXw(∞)/n)_j (S2-34) and Xw(∞) = y,

    ∂_w L(w) = Xᵀ(Xw − y)/n,   ∂_w L(0) = −Xᵀy/n = −XᵀXw(∞)/n,   φ_j(∞) = +η(1+μ)/(2(1−μ)²) ∂_{w_j}L(0):

the sign of Eq. 112 is right, and follows from the first member of Eq. 111, not from its last; its ¼ should be ½.

Source: paper 002, Eq. 111, 112, 113.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT, NETWORKS, Network, symbolic_network, told
from oracle.claims.paper_002.shared_powers import power_check
from oracle.claims.paper_002.shared_tilt import LADDER, gram_part, start_part, tilt_missed

__all__ = ["CLAIM"]

Closed = Callable[[Network, Fraction, Setting], list[Fraction]]


def compute(setting: Setting) -> Findings:
    """Compare the members of Eq. 111 and 112 for symbols, and each with φ(∞) along integrated flows."""
    checks = list(_identities())
    for network in NETWORKS:
        for role, asked, closed in (
            (Role.AS_PRINTED, "φ(∞) is the last member of Eq. 111 up to O(η²)", printed_last),
            (Role.AS_PRINTED, "φ(∞) is Eq. 112 up to O(η²)", printed_start),
            (Role.CORRECTED, "φ(∞) = −η(1+μ)/(2(1−μ)²n) XᵀXw(∞) up to O(η²)", corrected_last),
            (Role.CORRECTED, "φ(∞) = +η(1+μ)/(2(1−μ)²) ∂_w L(0) up to O(η²)", corrected_start),
        ):
            errors = [tilt_missed(network, eta, setting, closed(network, eta, setting)) for eta in LADDER]
            methods = ("integrated flow on a halving ladder", "derivatives of the polynomial L (FLINT)")
            checks.append(power_check(role, errors, 2, asked, network.name, methods))
    return Findings(tuple(checks))


def printed_sign() -> int:
    """Return the sign of (XᵀXw)_j in the last member of Eq. 111."""
    return 1


def corrected_sign() -> int:
    """Return it as it follows from the first member."""
    return -1


def printed_last(network: Network, eta: Fraction, setting: Setting) -> list[Fraction]:
    """Return the last member of Eq. 111."""
    return gram_part(network, eta, Fraction(printed_sign(), 4), setting)


def printed_start(network: Network, eta: Fraction, setting: Setting) -> list[Fraction]:
    """Return Eq. 112."""
    del setting
    return start_part(network, eta, Fraction(1, 4))


def corrected_last(network: Network, eta: Fraction, setting: Setting) -> list[Fraction]:
    """Return the last member of Eq. 111 with its sign and factor."""
    return gram_part(network, eta, Fraction(corrected_sign(), 2), setting)


def corrected_start(network: Network, eta: Fraction, setting: Setting) -> list[Fraction]:
    """Return Eq. 112 with its factor."""
    del setting
    return start_part(network, eta, Fraction(1, 2))


def _identities() -> Iterator[Check]:
    """Yield both signs of Eq. 111's second equality, and Eq. 112's ∂_w L(0), as polynomials."""
    s = symbolic_network()
    w = [p * p - m * m for p, m in zip(s.at.plus, s.at.minus, strict=True)]
    turned = s.diagonal.times(w)
    for role, sign in ((Role.AS_PRINTED, printed_sign()), (Role.CORRECTED, corrected_sign())):
        gaps = [-t - sign * t for t in turned]
        yield identity_check(
            role,
            all(gap == 0 for gap in gaps),
            f"−Σ x_c,j x_c,i w_i = {'+' if sign > 0 else '−'}(XᵀXw)_j",
            told(gaps),
            "all X and w of n = d = 2",
            FLINT,
        )
    residuals = [
        sum((x * t for x, t in zip(row, w, strict=True)), start=-y) for row, y in zip(s.X, s.y, strict=True)
    ]
    left = [
        t - b - sum(row[j] * r for row, r in zip(s.X, residuals, strict=True)) / len(s.X)
        for j, (t, b) in enumerate(zip(turned, s.diagonal.target, strict=True))
    ]
    yield identity_check(
        Role.CORRECTED,
        all(gap == 0 for gap in left),
        "−∂_w L(0) = XᵀXw/n wherever Xw = y",
        "XᵀXw/n + ∂_w L(0) is Xᵀ(Xw − y)/n identically",
        "all X, y and w of n = d = 2",
        FLINT,
    )


CLAIM = Claim(
    identifier="S2-35",
    paper="002",
    place="App. B.3, Eq. 111, second equality, and Eq. 112",
    statement="φ_j(∞) = −η(1+μ)/(4(1−μ)²n) Σ_c Σ_i x_c,j x_c,i w_i = η(1+μ)/(4(1−μ)²n) (XᵀXw)_j, which where Xw(∞) = y is "
    "η(1+μ)/(4(1−μ)²) ∂_{w_j}L(0).",
    confirms="The members are equal as polynomials, on Xw = y where that is said, and φ(∞) of integrated flows meets each "
    "up to O(η²).",
    refutes="A difference that is not the zero polynomial, or one from φ(∞) that falls only like η.",
    compute=compute,
    printed_tex=r"-\frac{\eta(1+\mu)}{4(1-\mu)^2 n}\sum_{c=1}^n\sum_{i=1}^d x_{c;j}x_{c;i}\mathbf{w}_i(t)="
    r"\frac{\eta(1+\mu)}{4(1-\mu)^2 n}\left(X^T X\mathbf{w}\right)_j, \quad"
    r" \varphi_j(\infty)=\frac{\eta(1+\mu)}{4(1-\mu)^2}\partial_{\mathbf{w}_j}L(0)",
    correction=Correction(
        "The second equality has lost a sign; with it, and with ½ for ¼ (S2-34), φ_j(∞) = −η(1+μ)/(2(1−μ)²n) (XᵀXw(∞))_j = "
        "+η(1+μ)/(2(1−μ)²) ∂_{w_j}L(0) up to O(η²).",
        Effect.AMENDS,
        r"\varphi_j(\infty)=-\frac{\eta(1+\mu)}{2(1-\mu)^2 n}\left(X^T X\mathbf{w}(\infty)\right)_j="
        r"\frac{\eta(1+\mu)}{2(1-\mu)^2}\partial_{\mathbf{w}_j}L(0)",
    ),
    seconds=1.5,
)
