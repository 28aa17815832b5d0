"""S2-32: γ^{w_±} on the diagonal network: right blocks, but the Hessian between w₊ and w₋ is left out.

HBF of order 2 (Eq. 17) for β = (w₊, w₋) has γ = b ∇²L ∇L with the whole Hessian, b = (1 + μ)/(2(1 − μ)³).  As
w = w₊² − w₋² couples the two, ∂_{w₊,i}∂_{w₋,j} L = −4 w₊,i A_ij w₋,j with A = XᵀX/n is not zero, and

    (∇²L∇L)_{w_±}/w_± = 4g² ± 8A(w₊² g) ± 8A(w₋² g) = 4g² ± 8A(vg),    v = w₊² + w₋²;

Eq. 98 to 103 keep one of the two: 4g² ± 8A(w_±² g).  Hence in Eq. 104 w_± ⊙ w_± should be v, for both signs.

The judge is heavy ball itself: the flow with the whole Hessian is O(η²) from it (from the shifted start
β0 + ημ/(1 − μ)² ∇L, after the transient), the flow with the printed γ is O(η), no closer than the flow without any.

Source: paper 002, Eq. 17, 98–104.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import sqrt
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_diagonal_field import (
    FLINT,
    NETWORKS,
    Network,
    Pair,
    SymbolicNetwork,
    symbolic_network,
    told,
)
from oracle.claims.paper_002.shared_order_flow import followed, rational
from oracle.claims.paper_002.shared_powers import power_check, power_line
from reference.enclosures import enclose

__all__ = ["CLAIM"]

LADDER = tuple(Fraction(1, 40 * 2**i) for i in range(4))
TIME = Fraction(1)
BITS = 160


def compute(setting: Setting) -> Findings:
    """Compare Eq. 98–104 with the derivatives of the polynomial L, and both flows with heavy ball."""
    symbols = symbolic_network()
    checks = list(_identities(symbols))
    lines = []
    for network in NETWORKS:
        for role, variant, name in (
            (Role.AS_PRINTED, "dropped", "γ as printed"),
            (Role.CORRECTED, "shifted", "γ with the whole Hessian"),
        ):
            errors = [_distance(network, eta, variant, setting) for eta in LADDER]
            checks.append(
                power_check(
                    role,
                    errors,
                    2,
                    f"the flow with {name} is O(η²) from heavy ball at time {TIME}",
                    network.name,
                    ("flow integrated beside enclosed iterates on a halving ladder", FLINT),
                )
            )
            lines.append(power_line(f"{name}, n = {network.n}", LADDER, errors))
    plot = Plot(
        "Flows with the printed and with the whole γ, beside heavy ball", "step size η", "distance at time 1",
        tuple(lines), x_log=True, y_log=True,
        caption="Without the blocks between w₊ and w₋ a line has slope 1, as without any counter term; with them, slope 2.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def printed_turned(symbols: SymbolicNetwork) -> Pair:
    """Return (∇L·∇²L)_{w_±} of Eq. 102 and 103."""
    return _bracket(symbols, symbols.at.plus, symbols.at.minus)


def corrected_turned(symbols: SymbolicNetwork) -> Pair:
    """Return it with w₊² + w₋² in the place of w_±²: 4w_±[g² ± 2A(vg)]."""
    g = symbols.diagonal.slope(symbols.at)
    v = [p * p + m * m for p, m in zip(symbols.at.plus, symbols.at.minus, strict=True)]
    turned = symbols.diagonal.times([a * b for a, b in zip(v, g, strict=True)])
    plus = [4 * w * (s * s + 2 * t) for w, s, t in zip(symbols.at.plus, g, turned, strict=True)]
    minus = [4 * w * (s * s - 2 * t) for w, s, t in zip(symbols.at.minus, g, turned, strict=True)]
    return Pair(plus, minus)


def _bracket(symbols: SymbolicNetwork, plus: list[Any], minus: list[Any]) -> Pair:
    """Return (4/n²)[w_± (Xᵀr)² ± 2 Σ_c w_± x_c (x_c⊙w_±⊙w_±)ᵀ Xᵀr], with n = 2."""
    rows, n = symbols.X, len(symbols.X)
    moment = [n * g for g in symbols.diagonal.slope(symbols.at)]  # Xᵀr
    halves = []
    for sign, w in ((1, plus), (-1, minus)):
        inner = [sum(row[i] * w[i] * w[i] * moment[i] for i in range(2)) for row in rows]
        spread = [sum(row[j] * t for row, t in zip(rows, inner, strict=True)) for j in range(2)]
        halves.append(
            [4 * (w[j] * moment[j] * moment[j] + sign * 2 * w[j] * spread[j]) / n**2 for j in range(2)]
        )
    return Pair(*halves)


def _identities(symbols: SymbolicNetwork) -> Iterator[Check]:
    """Yield Eq. 98–101, the blocks, and Eq. 102–104, the product, against derivatives of L."""
    over = "all X, y and w_± of n = d = 2"
    right = _blocks_are_right(symbols)
    yield identity_check(
        Role.AS_PRINTED,
        right,
        "∂_{w_±,i}∂_{w_±,j} L of Eq. 98 and 100",
        f"differentiating L gives {'these' if right else 'other'} blocks, and blocks between w₊ and w₋ besides",
        over,
        FLINT,
    )
    derived = symbols.derived_hessian_times_gradient()
    for role, turned, asked in (
        (Role.AS_PRINTED, printed_turned(symbols), "γ^{w_±} of Eq. 102–104 is b times ∇²L∇L on (w₊, w₋)"),
        (Role.CORRECTED, corrected_turned(symbols), "γ^{w_±}/w_± = 4b[g² ± 2A(vg)] is that of ∇²L∇L"),
    ):
        gaps = [a - b for a, b in zip(derived.plus + derived.minus, turned.plus + turned.minus, strict=True)]
        yield identity_check(role, all(gap == 0 for gap in gaps), asked, told(gaps), over, FLINT)


def _blocks_are_right(symbols: SymbolicNetwork) -> bool:
    """Return whether (2/n)[±δ_ij (Xᵀr)_j + 2 Σ_c w_j x_cj x_ci w_i] are second derivatives of L."""
    loss, n = symbols.loss(), len(symbols.X)
    moment = [n * g for g in symbols.diagonal.slope(symbols.at)]
    held = []
    for sign, w in ((1, symbols.at.plus), (-1, symbols.at.minus)):
        for i in range(2):
            for j in range(2):
                spread = sum(2 * w[j] * row[j] * row[i] * w[i] for row in symbols.X)
                block = 2 * (sign * int(i == j) * moment[j] + spread) / n
                held.append(loss.derivative(str(w[i])).derivative(str(w[j])) == block)
    return all(held)


def _distance(network: Network, eta: Fraction, variant: str, setting: Setting) -> float:
    """Return |(w₊, w₋)(T) − heavy ball's| at the time T."""
    end = followed(network, eta, TIME, setting, 2, variant)
    step = int(TIME / eta)
    iterate = enclose(network.case("heavy_ball", eta), [step], setting.bits(BITS)).positions[step]
    pairs = zip(end.plus + end.minus, iterate, strict=True)
    return sqrt(sum(float(a - rational(b)) ** 2 for a, b in pairs))


CLAIM = Claim(
    identifier="S2-32",
    paper="002",
    place="App. B.3, Eq. 98–104",
    statement="On the diagonal network the counter terms of HBF with α = 2 are γ_j^{w_±}/w_±,j = 2(1+μ)/((1−μ)³n²) "
    "[((Xᵀr)_j)² ± 2 Σ_c x_c,j (x_c⊙w_±⊙w_±)ᵀXᵀr].",
    confirms="∇²L∇L of the loss on (w₊, w₋), got by differentiating the polynomial L, equals the printed product for all "
    "symbols; and the flow with these γ stays O(η²) from heavy ball after the transient.",
    refutes="A difference that is not the zero polynomial, or a measured power certainly below 2.",
    compute=compute,
    printed_tex=r"\frac{\gamma_j^{\mathbf{w}_{\pm}}}{\mathbf{w}_{\pm;j}}=\frac{2(1+\mu)}{(1-\mu)^3 n^2}\left[((X^T "
    r"r)_j)^2 \pm 2\sum_{c=1}^n x_{c;j}\left(x_c\odot\mathbf{w}_{\pm}\odot\mathbf{w}_{\pm}\right)^T X^T r\right]",
    correction=Correction(
        "The blocks of Eq. 98–101 are right, but HBF has the whole Hessian: with the blocks between w₊ and w₋, v = w₊² + "
        "w₋² takes the place of w_±⊙w_± in Eq. 102–104, for both signs.",
        Effect.AMENDS,
        r"\frac{\gamma_j^{\mathbf{w}_{\pm}}}{\mathbf{w}_{\pm;j}}=\frac{2(1+\mu)}{(1-\mu)^3 n^2}\left[((X^T r)_j)^2 \pm"
        r" 2\sum_{c=1}^n x_{c;j}\left(x_c\odot\mathbf{v}\right)^T X^T r\right]",
    ),
    seconds=2,
)
