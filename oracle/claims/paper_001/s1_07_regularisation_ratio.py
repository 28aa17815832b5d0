"""S1-7: at equal effective rate h/(1 − β) the regularisation of GD+M is (1 + β)/(1 − β) times that of GD.

Eq. 5 has the weight (1 + β)h/(4(1 − β)²) of |∇E|², Eq. 3 for GD with h/(1 − β) has h/(4(1 − β)), and both flows then
descend their Ê at the rate 1/(1 − β) a time h: the weights compare as they stand.

What regularisation does can be read off the runs.  Where E depends on the products u_i v_i alone, ∇E leaves
Q_i = u_i² − v_i² alone and |∇E|² = Σ g_i² (u_i² + v_i²) does not: Q_i shrinks by 4wh∫g_i² dτ in its logarithm, with w the
weight.  log(Q_i(0)/Q_i(T)) of GD+M over that of GD therefore tends to the ratio of weights; the start of Eq. 5, shifted
along ∇E, does not change Q_i to this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Line, Plot, Role
from oracle.claims.instances import HADAMARD, SCALAR_PRODUCT, Instance
from oracle.claims.measures import identity_check, order_check
from oracle.claims.paper_001.shared_momentum_flows import equation_5
from oracle.claims.paper_001.shared_quotients import FLINT, symbols
from reference.balls import ball_precision
from reference.case import Method
from reference.enclosures import enclose
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

BITS = 128
LADDER = tuple(Fraction(1, 40 * 2**i) for i in range(4))  # effective rates
HORIZON = Fraction(2)
CASES = ((HADAMARD, Fraction(1, 2)), (SCALAR_PRODUCT, Fraction(1, 3)), (SCALAR_PRODUCT, Fraction(3, 4)))


def expected_ratio(beta: Any) -> Any:
    """Return how many times stronger the regularisation is said to be."""
    return (1 + beta) / (1 - beta)


def compute(setting: Setting) -> Findings:
    """Compare the weights, and measure the shrinking of Q in runs of both methods."""
    checks = [_weights()]
    lines = []
    for instance, beta in CASES:
        ratios = [shrinking_ratio(instance, beta, rate, setting.bits(BITS)) for rate in LADDER]
        checks.extend(_limits(instance, beta, ratios))
        ends = tuple(values[-1] / float(expected_ratio(beta)) for values in ratios)
        lines.append(Line(f"{instance.name}, β = {beta}", tuple(map(float, LADDER)), ends))
    plot = Plot(
        "Regularisation of GD+M over that of GD, divided by (1 + β)/(1 − β)",
        "effective learning rate",
        "ratio of the logarithms by which Q shrinks, scaled",
        tuple(lines),
        x_log=True,
        caption="Every line tends to 1 as the effective rate tends to 0.",
    )
    return Findings(tuple(checks), (plot,))


def shrinking_ratio(instance: Instance, beta: Fraction, rate: Fraction, bits: int) -> list[float]:
    """Return log(Q_i(0)/Q_i(T)) of GD+M over that of GD, for each coordinate, at one effective rate."""
    momentum = _shrinking(instance, Method("heavy_ball", rate * (1 - beta), beta), rate, bits)
    plain = _shrinking(instance, Method("gradient_descent", rate), rate, bits)
    return [a / b for a, b in zip(momentum, plain, strict=True)]


def _shrinking(instance: Instance, method: Method, rate: Fraction, bits: int) -> list[float]:
    steps = int(HORIZON / rate)
    positions = enclose(replace(instance.case, method=method), (0, steps), bits).positions
    with ball_precision(bits):
        first, last = (_balances(positions[step].entries) for step in (0, steps))
        return [float((a / b).log()) for a, b in zip(first, last, strict=True)]


def _balances(entries: list[Any]) -> list[Any]:
    """Return u_i² − v_i² of the joined parameters."""
    half = len(entries) // 2
    return [u * u - v * v for u, v in zip(entries[:half], entries[half:], strict=True)]


def _weights() -> Check:
    (beta,) = symbols("beta")
    momentum = equation_5(beta)[1] * (1 - beta) / 2  # of h|∇E|² in Ê
    plain = 1 / (4 * (1 - beta))
    ratio = momentum / plain
    holds = ratio.equals(expected_ratio(beta))
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "the weights of ‖∇E‖² in Ê at equal h/(1 − β) are in the ratio (1 + β)/(1 − β)",
        "equal" if holds else f"the ratio is {ratio}",
        "all β and h",
        FLINT,
    )


def _limits(instance: Instance, beta: Fraction, ratios: list[list[float]]) -> Iterator[Check]:
    target = float(expected_ratio(beta))
    for i in range(len(ratios[0])):
        check = order_check(
            Role.AS_PRINTED,
            estimate_order([abs(values[i] - target) for values in ratios]),
            1,
            subject=f"log(Q(0)/Q(T)) of GD+M over that of GD is {target:.4g} + O(h), Q = u² − v²",
            instance=f"{instance.name}, coordinate {i + 1}, β = {beta}",
            second_method="weights of Eq. 3 and Eq. 5",
        )
        yield replace(check, found=f"{ratios[-1][i]:.4f} at the smallest rate; of the rest, {check.found}")


CLAIM = Claim(
    identifier="S1-7",
    paper="001",
    place="Remark 4.2",
    statement="At equal effective learning rates, h_{GD+M}/(1 − β) = h_{GD}, the implicit regularisation in GD+M "
    "is still "
    "(1 + β)/(1 − β) times stronger.",
    printed_tex=r"\frac{h_{GD+M}}{1-\beta}=h_{GD}:\quad \frac{h_{GD+M}}{4}\frac{1+\beta}{(1-\beta)^2}"
    r"=\frac{1+\beta}{1-\beta}\cdot\frac{h_{GD}}{4}",
    confirms="The ratio of the weights of ‖∇E‖² in both modified losses is that, and what regularisation alone "
    "moves (u² − v² of "
    "factored models) shrinks in that ratio in runs of both methods as h → 0.",
    refutes="Another ratio of the weights, or runs whose ratio tends elsewhere.",
    compute=compute,
    seconds=4,
)
