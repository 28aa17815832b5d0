"""Every flow has the order that theory gives it, on four unlike problems."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from reference.case import Case, Flow, Method, Polynomial, Regression, Term
from reference.observed_order import OrderEstimate, VanishingErrorError, observed_order

MU = Fraction(1, 2)
HEAVY_BALL = Method("heavy_ball", Fraction(1), MU)
LADDER = [Fraction(1, 80) / 2**i for i in range(4)]
HORIZON = Fraction(1, 2)

PROBLEMS = {
    "scalar_product": Case(
        Regression(((Fraction(1),),), (Fraction(3, 5),), "half_sum_square"),
        "scalar_product",
        {"a1": (Fraction(14, 10),), "a2": (Fraction(17, 10),)},
        HEAVY_BALL,
    ),
    "polynomial": Case(
        Polynomial(
            (Term(Fraction(1, 4), (4, 0)), Term(Fraction(1, 2), (0, 2)), Term(Fraction(1, 3), (1, 2)))
        ),
        "polynomial",
        {"b": (Fraction(1), Fraction(1, 2))},
        HEAVY_BALL,
    ),
    "one_dimension": Case(
        Polynomial((Term(Fraction(1, 4), (4,)), Term(Fraction(1, 3), (3,)))),
        "polynomial",
        {"b": (Fraction(1),)},
        HEAVY_BALL,
    ),
    "diagonal": Case(
        Regression(((Fraction(1), Fraction(1, 2)),), (Fraction(1),), "half_mean_square"),
        "diagonal",
        {"u": (Fraction(1, 2), Fraction(3, 4)), "v": (Fraction(1, 4), Fraction(1, 2))},
        HEAVY_BALL,
    ),
}


def with_method(case: Case, name: str, momentum: Fraction = MU) -> Case:
    """Return the same problem with another method."""
    return Case(case.problem, case.model, case.init, Method(name, Fraction(1), momentum))


def hb_flow(order: int, variant: str, start: str = "plain") -> Callable[[Fraction], Flow]:
    """Return the heavy-ball flow of an order for each step size."""
    return lambda eta: Flow("hb_flow", eta, MU, order=order, variant=variant, start=start)


def assert_order(estimate: OrderEstimate, expected: float) -> None:
    """Require the estimate within two of its error bars, and these small."""
    assert estimate.error_bar < 0.2
    assert abs(estimate.order - expected) <= 2 * estimate.error_bar + 0.005, estimate


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_piecewise_flow_has_its_order_over_the_whole_horizon(problem: str, order: int) -> None:
    """|β_k − β(kη)| = O(η^order) from the first step on (paper 002, Theorem 2.1)."""
    seen = observed_order(PROBLEMS[problem], hb_flow(order, "piecewise"), LADDER[:3], HORIZON / 2)
    assert abs(seen.whole.order - order) <= 2 * seen.whole.error_bar + 0.05
    assert abs(seen.settled.order - order) <= 2 * seen.settled.error_bar + 0.05


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_stationary_flow_from_the_shifted_start_has_its_order_after_the_transient(
    problem: str, order: int
) -> None:
    """Past the transient the stationary flow tracks heavy ball to O(η^order)."""
    seen = observed_order(PROBLEMS[problem], hb_flow(order, "stationary", "shifted"), LADDER, HORIZON)
    assert_order(seen.settled, order)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_stationary_flow_of_order_two_is_of_first_order_over_the_whole_horizon(problem: str) -> None:
    """Paper 001, Eq. 5 with 6 claims O(h²) from x⁰; over the transient the error is O(h)."""
    for start in ("plain", "shifted"):
        seen = observed_order(PROBLEMS[problem], hb_flow(2, "stationary", start), LADDER, HORIZON)
        assert_order(seen.whole, 1)


def test_stationary_flow_from_the_plain_start_stays_of_first_order() -> None:
    """Without the shift the phase lost in the transient is never made up (paper 001, Eq. 5; paper 002, Eq. 17)."""
    seen = observed_order(PROBLEMS["diagonal"], hb_flow(2, "stationary", "plain"), LADDER, HORIZON)
    assert_order(seen.settled, 1)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_gd_flow_has_its_order(problem: str, order: int) -> None:
    """The modified equation of gradient descent, order by order (paper 001, Eq. 3 for the second)."""
    case = with_method(PROBLEMS[problem], "gradient_descent", Fraction(0))
    seen = observed_order(case, lambda eta: Flow("gd_flow", eta, order=order), LADDER, HORIZON)
    assert_order(seen.whole, order)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_gradient_flow_is_of_first_order_for_gradient_descent(problem: str) -> None:
    """|β_k − β(kη)| = O(η) (paper 001, Sec. 3)."""
    case = with_method(PROBLEMS[problem], "gradient_descent", Fraction(0))
    seen = observed_order(case, lambda eta: Flow("gradient_flow"), LADDER, HORIZON)
    assert_order(seen.whole, 1)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize("velocity", ["zero", "slow_manifold"])
def test_momentum_flow_is_of_first_order(problem: str, method: str, velocity: str) -> None:
    """Paper 000, Prop. 1 holds to O(η), from either usual initial velocity."""
    case = with_method(PROBLEMS[problem], method)

    def flow(eta: Fraction) -> Flow:
        return Flow("momentum_flow", eta, MU, of=method, initial_velocity=velocity)

    seen = observed_order(case, flow, [eta / 4 for eta in LADDER], HORIZON)
    assert_order(seen.whole, 1)


@pytest.mark.parametrize(
    ("method", "factor"),
    [
        ("heavy_ball", 1 / (1 + MU)),
        ("nesterov", (1 - 2 * Fraction(1, 4)) / (1 - Fraction(1, 4) + 2 * Fraction(1, 16))),
    ],
)
def test_momentum_flow_is_of_second_order_from_the_velocity_that_makes_up_the_transient(
    method: str, factor: Fraction
) -> None:
    """β'(0) = −∇L/(1+μ) for heavy ball, −(1−2μ)∇L/(1−μ+2μ²) for Nesterov; there α matters.

    Both follow from α(β'(0) + ∇L/(1−μ)) = ημ∇L/(1−μ)², the lag of p0 = 0.
    """
    mu = MU if method == "heavy_ball" else Fraction(1, 4)
    case = with_method(PROBLEMS["one_dimension"], method, mu)
    slope = Fraction(1) + Fraction(1)  # L' = b³ + b² at b = 1

    def flow(eta: Fraction) -> Flow:
        velocity = {"b": (-factor * slope,)}
        return Flow("momentum_flow", eta, mu, of=method, initial_velocity=velocity)

    assert_order(observed_order(case, flow, LADDER, Fraction(1)).settled, 2)


def test_nesterov_needs_its_own_inertia_for_second_order() -> None:
    """With heavy ball's α in Nesterov's place the second order is lost (paper 000, Prop. 1)."""
    mu, slope = Fraction(1, 4), Fraction(2)
    alpha_factor = (1 - mu + 2 * mu**2) / (2 * (1 - mu))
    case = with_method(PROBLEMS["one_dimension"], "nesterov", mu)
    wrong = (1 + mu) / (2 * (1 - mu))
    # the same lag with the wrong α: only the slow manifold's own second order is off
    velocity = -(1 / (1 - mu) - mu / (1 - mu) ** 2 / wrong) * slope
    assert wrong != alpha_factor

    def flow(eta: Fraction) -> Flow:
        return Flow("momentum_flow", eta, mu, of="heavy_ball", initial_velocity={"b": (velocity,)})

    assert_order(observed_order(case, flow, LADDER, Fraction(1)).settled, 1)


def test_rescaled_gradient_flow_is_of_first_order_for_heavy_ball() -> None:
    """β' = −∇L/(1−μ) is O(η) (paper 002, Table 1, first row)."""
    seen = observed_order(
        PROBLEMS["diagonal"], lambda eta: Flow("rescaled_gradient_flow", momentum=MU), LADDER, HORIZON
    )
    assert_order(seen.whole, 1)


def test_mgf_is_of_first_order_on_its_own_clock() -> None:
    """MGF(λ = η/(1−μ)²), with η/(1−μ) of its time a step, is O(η) (paper 003, Sec. 1)."""
    seen = observed_order(
        PROBLEMS["diagonal"],
        lambda eta: Flow("mgf", inertia=eta / (1 - MU) ** 2),
        LADDER,
        Fraction(1),
        clock=lambda eta: eta / (1 - MU),
    )
    assert_order(seen.whole, 1)


def test_a_flow_with_a_term_dropped_is_caught() -> None:
    """Planted fault: the flow of order 2 passed off as of order 3 is seen to be of order 2."""
    seen = observed_order(PROBLEMS["diagonal"], hb_flow(2, "stationary", "shifted"), LADDER, HORIZON)
    with pytest.raises(AssertionError):
        assert_order(seen.settled, 3)


def test_distances_agree_with_closed_forms() -> None:
    """For L = b²/2: gradient descent is (1−η)^k, gradient flow exp(−kη); the largest gap is known."""
    case = Case(
        Polynomial((Term(Fraction(1, 2), (2,)),)),
        "polynomial",
        {"b": (Fraction(1),)},
        Method("gradient_descent", Fraction(1)),
    )
    seen = observed_order(case, lambda eta: Flow("gradient_flow"), LADDER, HORIZON)
    from math import exp  # noqa: PLC0415 - the closed form is this test's alone

    for rung in seen.rungs:
        eta = float(rung.step_size)
        gaps = [abs((1 - eta) ** k - exp(-k * eta)) for k in range(rung.steps + 1)]
        assert rung.whole == pytest.approx(max(gaps), rel=1e-10)
        assert rung.settled == pytest.approx(max(gaps[(rung.steps + 1) // 2 :]), rel=1e-10)


@pytest.mark.parametrize("ladder", [LADDER[:2], [Fraction(1, 10), Fraction(1, 20), Fraction(1, 30)]])
def test_a_ladder_that_does_not_halve_is_refused(ladder: list[Fraction]) -> None:
    """The message shows the ladder and says what was expected."""
    with pytest.raises(ValueError, match="expected at least three, each half of the one before"):
        observed_order(PROBLEMS["diagonal"], lambda eta: Flow("gradient_flow"), ladder, HORIZON)


def test_a_horizon_of_one_step_is_refused() -> None:
    """Two steps are the least that have a transient and a rest."""
    with pytest.raises(ValueError, match="less than two steps"):
        observed_order(PROBLEMS["diagonal"], lambda eta: Flow("gradient_flow"), LADDER, Fraction(1, 80))


def test_no_order_is_made_up_where_the_error_vanishes() -> None:
    """A constant loss: method and flow both rest, and that is said."""
    case = Case(
        Polynomial((Term(Fraction(1), (0,)),)),
        "polynomial",
        {"b": (Fraction(1),)},
        Method("gradient_descent", Fraction(1)),
    )
    with pytest.raises(VanishingErrorError, match="meets the iterates exactly"):
        observed_order(case, lambda eta: Flow("gradient_flow"), LADDER, HORIZON)
