"""Q14: S± of momentum gradient descent is exact, minibatches and changes of sign included.

Divide w_{k+1} = w_k ∓ γ g_k w_k + β(w_k − w_{k−1}) by w_k; with z = w_{k+1}/w_k, q = w_{k−1}/w_k and
r(x) = x − 1 − ln|x| it says r(z) + ln|z| = ∓γ g_k − β [r(q) + ln|q|], that is

    ln|w_{k+1}/w_k| − β ln|w_k/w_{k−1}| = ∓γ g_k − r(w_{k+1}/w_k) − β r(w_{k−1}/w_k).

Summed over k ≥ 1 the logarithms telescope to (1 − β) ln|w_∞/w_1| − β ln|w_1/w_0|; from rest, w_0 = w_1, the last is zero and
the second r may be shifted by one index, which gives the printed S±:

    ln|w_∞| = ln|w_0| − S± ∓ γ/(1 − β) Σ g_k.

Sum and difference of both signs are Δ∞ and θ̃0, and Σ g_k is in the row space of X whatever the batches.  From
w_0 ≠ w_1 (the paper's C2 asks for rest) it is not: β ln|w_1/w_0| and the first shifted r stay over.

Source: paper 003, Sec. 6.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx
from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import apart, identity_check, row
from oracle.claims.paper_003.shared_descent import MGD, descend
from oracle.claims.paper_003.shared_networks import (
    ONE_ROW,
    THREE_ROWS,
    TWO_ROWS,
    Network,
    balancedness_at_end,
    minimiser,
    numbers,
    perturbed_start,
)
from reference.case import Method
from reference.discrete_limit import certified_limit

__all__ = ["CLAIM"]

DIGITS = 20
TRIED = (
    (TWO_ROWS, MGD(Fraction(1, 10), Fraction(1, 2), ((0,), (1,)))),
    (TWO_ROWS, MGD(Fraction(1, 8), Fraction(3, 4))),  # λ = 2: a w± changes its sign
    (ONE_ROW, MGD(Fraction(1, 3), Fraction(0))),
    (THREE_ROWS, MGD(Fraction(1, 4), Fraction(2, 5), ((0,), (1, 2), (2,)))),
)
KICK = (numbers("1/16 0 1/16"), numbers("0 1/32 1/32"))


def compute(setting: Setting) -> Findings:
    """Make the printed sums along runs of our own, and hold their Δ∞ and minimiser to certified limits."""
    digits = setting.digits(DIGITS)
    checks = [_one_step()]
    for network, run in TRIED:
        checks += _checks(Role.AS_PRINTED, network, run, digits)
    checks += _checks(Role.BESIDE, replace(TWO_ROWS, kick=KICK), TRIED[0][1], digits)
    remark = "It is needed that w_0 = w_1: with initial momentum the printed sums miss, see the last checks."
    return Findings(tuple(checks), remarks=(remark,))


def excess(ratio: Any) -> Any:
    """Return the printed r(z) = (z − 1) − ln|z|."""
    return ratio - 1 - mp.log(abs(ratio))


def _one_step() -> Check:
    """Return the identity of one step; the two logarithms are symbols of their own."""
    context = fmpq_mpoly_ctx.get(("gamma", "beta", "g", "q", "now", "earlier"), Ordering.lex)
    gamma, beta, g, q, now, earlier = context.gens()
    z = 1 - gamma * g + beta * (1 - q)  # w_{k+1}/w_k by the recurrence
    r_after, r_before = z - 1 - now, q - 1 + earlier  # ln|q| = −ln|w_k/w_{k−1}|
    difference = (now - beta * earlier) - (-gamma * g - r_after - beta * r_before)
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "ln|w_{k+1}/w_k| − β ln|w_k/w_{k−1}| = −γ g_k − r(w_{k+1}/w_k) − β r(w_{k−1}/w_k), which sums to S±",
        f"the difference is {difference}",
        "all γ, β, g_k and ratios of w",
        "polynomials over the rationals (FLINT)",
    )


def _checks(role: Role, network: Network, run: MGD, digits: int) -> list[Check]:
    ended = descend(network, run, excess, digits)
    with mp.workdps(2 * digits):
        delta = balancedness_at_end(_first_balancedness(network), *ended.sums)
        start = perturbed_start(_first(network).weights(), *ended.sums)
    predicted = minimiser(network.problem, delta, start, digits)
    method = Method("heavy_ball", run.gamma, run.beta, batches=run.batches)
    limit = row(certified_limit(network.running(method), digits, cross_check=False), "theta")
    found = {
        "Δ∞ = Δ0 exp(−(S₊ + S₋))": apart(ended.balancedness, delta),
        "θ_SMGD = argmin D_{ψ_Δ∞}(·, θ̃0)": apart(limit, predicted),
    }
    told = f"batches {run.batches}" if run.batches else "every sample"
    told += ", a w± changes sign" if ended.sign_changes else ""
    told += ", w_0 ≠ w_1" if network.kick else ""
    return [
        Check(
            role,
            distance < 10.0 ** (4 - digits),
            asked,
            f"apart by {distance:.2g}, with {digits} digits asked",
            f"{network.name}, γ = {run.gamma}, β = {run.beta}, {told}",
            Grade.CONFIRMED,
            (
                "printed sums along a run of our own in mpmath",
                "certified limit and minimiser of the reference",
            ),
        )
        for asked, distance in found.items()
    ]


def _first(network: Network) -> Network:
    """Return the paper's w_0: what precedes the start by its kick."""
    if not network.kick:
        return network
    u, v = (
        tuple(a - b for a, b in zip(x, p, strict=True))
        for x, p in zip((network.u, network.v), network.kick, strict=True)
    )
    return replace(network, u=u, v=v, kick=())


def _first_balancedness(network: Network) -> list[Fraction]:
    return _first(network).balancedness()


CLAIM = Claim(
    identifier="Q14",
    paper="003",
    place="Sec. 6",
    statement="With S± = 1/(1 − β) Σ_{k≥1} [r(w±,k+1/w±,k) + β r(w±,k/w±,k+1)], r(z) = (z − 1) − ln|z|: Δ∞ = Δ0 "
    "exp(−(S₊ + S₋)), θ̃0 = "
    "¼(w₊,0² exp(−2S₊) − w₋,0² exp(−2S₋)) and θ_SMGD = argmin D_{ψ_Δ∞}(·, θ̃0), for stochastic MGD from rest.",
    confirms="The identity of one step in symbols, and runs with and without minibatches and sign changes that end at the "
    "predicted minimiser to every digit.",
    refutes="A run from rest whose certified limit differs from the predicted minimiser.",
    compute=compute,
    printed_tex=r"S_\pm = \frac{1}{1-\beta} \sum_{k=1}^\infty r\left(\frac{w_{\pm,k+1}}{w_{\pm,k}}\right) + \beta\,"
    r" r\left(\frac{w_{\pm,k}}{w_{\pm,k+1}}\right), \quad r(z) = (z - 1) - \ln(|z|)",
    seconds=3,
)
