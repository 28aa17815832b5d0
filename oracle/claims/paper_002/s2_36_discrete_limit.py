"""S2-36: heavy ball's limit is argmin Λ with κ(∞) up to O(η²), once κ(∞) has no term in q; φ_j plays no part.

Cor. 3.2 with Eq. 113 says what discrete heavy ball tends to, up to the order that HBF with α = 2 neglects.  Derived
(S2-33, S2-34): κ(∞) = κ(0) exp(−η(1+μ)/(1−μ)³ Φ), and φ(∞) lies in the row space of X, where w·φ is constant on Xw = y.
The run itself: with its own κ(∞) and w̃ (paper 003, Sec. 6) asinh(w(∞)/2κ) − asinh(w̃/2κ) ∈ row(X) exactly; each
ratio of w_± has r(z) = z − 1 − ln z = ½(z − 1)² + O(η³) alike for both signs, so that ln κ(∞)/κ(0) = −(S₊ + S₋) is the
above up to O(η²), and w̃ = −2κ sinh(S₊ − S₋) = O(η²).  The transient of a fixed number of steps adds O(η²).

With the printed κ(∞) the exponent is wrong by η(1+μ)/(1−μ)² (XᵀXq)/n, which is not constant over j: the minimiser moves
by O(η), no better than gradient flow's.

Source: paper 002, Cor. 3.2, Eq. 27, 113.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Plot, Role
from oracle.claims.measures import apart
from oracle.claims.paper_002 import shared_kappa_formula as formula
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network
from oracle.claims.paper_002.shared_minimiser import minimiser
from oracle.claims.paper_002.shared_powers import power_check, power_line
from oracle.claims.paper_002.shared_run_ends import LADDER, run_end
from oracle.claims.paper_002.shared_tilt import start_part

__all__ = ["CLAIM"]

DIGITS = 8
METHODS = ("certified limits of runs", "certified minimisers")
Potential = Callable[[Network, Fraction, Setting], tuple[list[Fraction], list[Fraction] | None]]


def compute(setting: Setting) -> Findings:
    """Set the certified limits of heavy ball beside the certified minimisers, on a halving ladder."""
    checks: list[Check] = list(formula.rate_identities())
    lines = []
    theories: tuple[tuple[Role, str, Potential], ...] = (
        (Role.AS_PRINTED, "Λ of Eq. 113", printed_potential),
        (Role.CORRECTED, "Λ with κ(∞) = κ(0) exp(−η(1+μ)/(1−μ)³ Φ)", corrected_potential),
        (Role.BESIDE, "gradient flow's Λ, with κ(0)", plain_potential),
    )
    for network in NETWORKS:
        for role, name, potential in theories:
            errors = [_mismatch(network, eta, potential, setting) for eta in LADDER]
            asked = f"heavy ball's limit is the minimiser of {name} up to O(η²)"
            checks.append(power_check(role, errors, 2, asked, network.name, METHODS))
            lines.append(power_line(f"{name}, n = {network.n}", LADDER, errors))
    plot = Plot(
        "From heavy ball's limit to the minimisers", "step size η", "distance", tuple(lines), x_log=True, y_log=True,
        caption="With the printed κ(∞) the minimiser is O(η) away, as with κ(0); without the term in q it is O(η²) away.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def printed_potential(
    network: Network, eta: Fraction, setting: Setting
) -> tuple[list[Fraction], list[Fraction] | None]:
    """Return κ(∞) and the linear term of Eq. 113, Φ and q taken of the run."""
    return _kappa(formula.printed_exponent, network, eta, setting), start_part(network, eta, Fraction(1, 4))


def corrected_potential(
    network: Network, eta: Fraction, setting: Setting
) -> tuple[list[Fraction], list[Fraction] | None]:
    """Return κ(∞) without q and no linear term."""
    return _kappa(formula.corrected_exponent, network, eta, setting), None


def plain_potential(
    network: Network, eta: Fraction, setting: Setting
) -> tuple[list[Fraction], list[Fraction] | None]:
    """Return κ(0) and no linear term."""
    del eta, setting
    return network.kappa(), None


def _kappa(exponent: formula.Exponent, network: Network, eta: Fraction, setting: Setting) -> list[Fraction]:
    digits = setting.digits(DIGITS)
    end = run_end(network, eta, digits)
    with mp.workdps(setting.digits(40)):
        factors = [mp.exp(e) for e in exponent(network, eta, end.energy, end.predictor)]
        scale = 10 ** (3 * digits)
        return [
            k * Fraction(int(mp.nint(f * scale)), scale)
            for k, f in zip(network.kappa(), factors, strict=True)
        ]


def _mismatch(network: Network, eta: Fraction, potential: Potential, setting: Setting) -> float:
    """Return the distance from the run's limit to the minimiser."""
    digits = setting.digits(DIGITS)
    kappa, linear = potential(network, eta, setting)
    return apart(run_end(network, eta, digits).predictor, minimiser(network, kappa, linear, digits))


CLAIM = Claim(
    identifier="S2-36",
    paper="002",
    place="Cor. 3.2, Eq. 27 and 113",
    statement="The limit of heavy ball on the diagonal network is argmin Λ(w; κ) on Xw = y with κ(∞) and the linear term of "
    "Eq. 113, up to the order that HBF with ε_k = O(η²) neglects.",
    confirms="κ of Eq. 113 along HBF as an identity; certified limits of the discrete method that differ from the "
    "certified minimisers by O(η²) on a halving ladder, "
    "on unlike problems; Φ is taken of the run, Φ = 4ηΣg².",
    refutes="A distance that falls only like η.",
    compute=compute,
    printed_tex=r"\kappa_j(\infty)=\kappa_j(0)\exp\left(-\frac{4\eta(1+\mu)}{(1-\mu)^3}\int_0^\infty "
    r"ds(\partial_{\mathbf{w}_j}L)^2+\frac{\eta(1+\mu)}{(1-\mu)^2 n}\left(X^T X\mathbf{q}(\infty)\right)_j\right), \quad "
    r"\Lambda_j=\Lambda_j^{\mathrm{GF}}(\mathbf{w},\kappa(\infty))+\frac{\eta(1+\mu)}{4(1-\mu)^2}\mathbf{w}_j\partial_{\mathbf{w}_j}L(0)",
    correction=Correction(
        "Without the term in q the minimiser is heavy ball's limit up to O(η²); the linear term lies in the row space of "
        "X and may be left out.",
        Effect.AMENDS,
        r"\mathbf{w}(\infty)=\underset{X\mathbf{w}=y}{\mathrm{argmin}}\,\Lambda^{\mathrm{GF}}(\mathbf{w};\kappa(\infty))+"
        r"\mathcal{O}(\eta^2), \quad \kappa_j(\infty)=\kappa_j(0)\exp\left(-\frac{4\eta(1+\mu)}{(1-\mu)^3}\int_0^\infty ds"
        r"(\partial_{\mathbf{w}_j}L)^2\right)",
    ),
    seconds=4,
)
