"""The derivatives on the diagonal network are those of the loss, and the flow is the reference's."""

from fractions import Fraction
from itertools import product

import pytest

from oracle.claims.claim import Setting
from oracle.claims.measures import row
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network, Pair, symbolic_network
from oracle.claims.paper_002.shared_order_flow import followed
from reference.case import Flow, FlowCase
from reference.flows.certified_flow import certified_flow


def test_the_hessian_times_the_gradient_is_that_of_the_loss() -> None:
    """Against derivatives of the polynomial L."""
    s = symbolic_network()
    derived, ours = (
        s.derived_hessian_times_gradient(),
        s.diagonal.hessian_times(s.at, s.diagonal.gradient(s.at)),
    )
    assert derived == ours


def test_the_third_derivative_is_that_of_the_loss() -> None:
    """∇³L(v, v) for v = (1, 2, 3, 4), against derivatives of the polynomial L."""
    s = symbolic_network()
    zero = s.at.plus[0] * 0
    v = [zero + k for k in (1, 2, 3, 4)]
    ours = s.diagonal.third_times(s.at, Pair(v[:2], v[2:]))
    loss, names = s.loss(), [str(w) for w in s.parameters]
    for name, found in zip(names, ours.plus + ours.minus, strict=True):
        first = loss.derivative(name)
        terms = [
            first.derivative(a).derivative(b) * x * y
            for (a, x), (b, y) in product(zip(names, v, strict=True), repeat=2)
        ]
        assert sum(terms, start=zero) == found


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"n={network.n}")
def test_the_integrated_flow_lies_on_the_certified_one(network: Network, order: int) -> None:
    """Midpoint rule and closed-form derivatives here, Taylor enclosures and rooted trees there."""
    step, time = Fraction(1, 80), Fraction(1)
    flow = Flow("hb_flow", step, network.momentum, order=order)
    case = FlowCase(network.problem, "diagonal", {"u": network.start, "v": network.start}, flow)
    found = certified_flow(case, [time], 14, cross_check=False)
    ours = followed(network, step, time, Setting(), order)
    for left, right in ((ours.plus, row(found, "u")), (ours.minus, row(found, "v"))):
        assert max(abs(a - b) for a, b in zip(left, right, strict=True)) < Fraction(1, 10**9)
