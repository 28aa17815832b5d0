"""The gradient is the exact derivative of the loss, for every model, scaling and batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Polynomial, Regression, Term
from reference.losses import LOSSES
from reference.models import MODELS
from reference.objective import objective_of

EXACT = RationalArithmetic()
REGRESSION_MODELS = [name for name in MODELS if name != "polynomial"]
FACTORS = {
    "half_mean_square": Fraction(1, 6),
    "mean_square": Fraction(1, 3),
    "half_sum_square": Fraction(1, 2),
    "sum_square": Fraction(1),
}

Loss = Callable[[list[Fraction]], Fraction]


def slope(values: Callable[[int], Fraction]) -> Fraction:
    """Return f'(0) of a polynomial f of degree ≤ 4: (f(−2) − 8 f(−1) + 8 f(1) − f(2))/12, exactly."""
    return (values(-2) - 8 * values(-1) + 8 * values(1) - values(2)) / 12


def assert_derivative(gradient: list[Fraction], loss: Loss, point: list[Fraction]) -> None:
    """Assert that each entry of the gradient is the slope of the loss along its coordinate."""

    def partial(i: int) -> Fraction:
        return slope(lambda t: loss([*point[:i], point[i] + t, *point[i + 1 :]]))

    assert gradient == [partial(i) for i in range(len(point))]


def loss_by_hand(case: Case, rows: tuple[int, ...], factor: Fraction) -> Loss:
    """Return factor · Σ_{i in rows} (x_i·θ − y_i)², with θ written out here."""
    problem = case.problem
    assert isinstance(problem, Regression)

    def predictor(point: list[Fraction]) -> list[Fraction]:
        half = len(point) // 2
        pairs = list(zip(point[:half], point[half:], strict=False))
        if case.model == "linear":
            return point
        return [u * u - v * v if case.model == "diagonal" else u * v for u, v in pairs]

    def loss(point: list[Fraction]) -> Fraction:
        theta = predictor(point)
        residuals = [
            sum((x * t for x, t in zip(problem.X[i], theta, strict=True)), start=Fraction(0)) - problem.y[i]
            for i in rows
        ]
        return factor * sum((r * r for r in residuals), start=Fraction(0))

    return loss


def start(case: Case) -> list[Fraction]:
    """Return the initial parameters end to end."""
    return [value for name in MODELS[case.model].names for value in case.init[name]]


def all_rows(case: Case) -> tuple[int, ...]:
    """Return every sample's index."""
    problem = case.problem
    assert isinstance(problem, Regression)
    return tuple(range(len(problem.y)))


def factor_by_hand(case: Case, loss: str) -> Fraction:
    """Return the factor of Σr²; a single sample makes mean and sum forms alike."""
    if len(all_rows(case)) == 1:
        return Fraction(1, 2) if loss.startswith("half") else Fraction(1)
    return FACTORS[loss]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", REGRESSION_MODELS)
def test_loss_equals_the_sum_by_hand(make_case: Callable[..., Case], model: str, loss: str) -> None:
    """L = factor · Σ (x_i·θ − y_i)²."""
    case = make_case(model=model, loss=loss)
    expected = loss_by_hand(case, all_rows(case), factor_by_hand(case, loss))(start(case))
    assert objective_of(case, EXACT).loss(Vector(start(case))) == expected


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", REGRESSION_MODELS)
def test_gradient_is_the_derivative_of_the_loss(
    make_case: Callable[..., Case], model: str, loss: str
) -> None:
    """∇L by exact differences of the hand-written loss."""
    case = make_case(model=model, loss=loss)
    by_hand = loss_by_hand(case, all_rows(case), factor_by_hand(case, loss))
    assert_derivative(list(objective_of(case, EXACT).gradient(Vector(start(case)))), by_hand, start(case))


FAULTS: dict[str, Callable[[list[Fraction]], list[Fraction]]] = {
    "half the gradient": lambda g: [entry / 2 for entry in g],
    "wrong sign": lambda g: [-entry for entry in g],
    "u and v exchanged": lambda g: g[len(g) // 2 :] + g[: len(g) // 2],
    "one coordinate forgotten": lambda g: [*g[:-1], Fraction(0)],
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_derivative_check_catches_a_fault(
    make_case: Callable[..., Case], fault: Callable[[list[Fraction]], list[Fraction]]
) -> None:
    """Each wrong gradient fails the same check."""
    case = make_case()
    wrong = fault(list(objective_of(case, EXACT).gradient(Vector(start(case)))))
    with pytest.raises(AssertionError):
        assert_derivative(wrong, loss_by_hand(case, all_rows(case), FACTORS["half_mean_square"]), start(case))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("step", range(5))
def test_batch_gradient_is_the_derivative_of_the_batch_mean(
    make_case: Callable[..., Case], loss: str, step: int
) -> None:
    """Step k uses batch k mod 2; its loss is the mean over that batch."""
    batches = ((2, 0), (1,))
    case = make_case(loss=loss, batches=batches)
    batch = batches[step % 2]
    factor = Fraction(1, len(batch)) / (2 if loss.startswith("half") else 1)
    gradient = list(objective_of(case, EXACT).gradient(Vector(start(case)), step))
    assert_derivative(gradient, loss_by_hand(case, batch, factor), start(case))


def test_batch_check_catches_the_batch_of_the_next_step(make_case: Callable[..., Case]) -> None:
    """An order of batches that is off by one fails the same check."""
    case = make_case(batches=((2, 0), (1,)))
    next_gradient = list(objective_of(case, EXACT).gradient(Vector(start(case)), 1))
    with pytest.raises(AssertionError):
        assert_derivative(next_gradient, loss_by_hand(case, (2, 0), Fraction(1, 4)), start(case))


def test_batch_order_within_a_batch_does_not_matter(make_case: Callable[..., Case]) -> None:
    """A mean does not know the order of its terms."""
    gradients = [
        list(objective_of(case, EXACT).gradient(Vector(start(case))))
        for case in (make_case(batches=((0, 2, 1),)), make_case(batches=((2, 1, 0),)))
    ]
    assert gradients[0] == gradients[1]


def test_loss_is_over_all_samples_when_batches_are_given(make_case: Callable[..., Case]) -> None:
    """Batches change the gradient alone."""
    losses = [
        objective_of(case, EXACT).loss(Vector(start(case)))
        for case in (make_case(), make_case(batches=((0,), (1,))))
    ]
    assert losses[0] == losses[1]


def test_predictor_gradient_is_the_gradient_of_the_linear_model(make_case: Callable[..., Case]) -> None:
    """∇_θ L does not depend on how θ is parameterised, only on θ."""
    diagonal = make_case(model="diagonal")
    theta = tuple(u * u - v * v for u, v in zip(diagonal.init["u"], diagonal.init["v"], strict=True))
    linear = replace(diagonal, model="linear", init={"beta": theta})
    in_theta: Any = objective_of(diagonal, EXACT)
    assert list(in_theta.predictor_gradient(Vector(start(diagonal)))) == list(
        objective_of(linear, EXACT).gradient(Vector(list(theta)))
    )


def polynomial_by_hand(b: list[Fraction]) -> Fraction:
    """Return ½b₀² − ⅓b₀b₁²b₂ + 3b₁ + (2/7)b₂⁴ + 5."""
    return b[0] ** 2 / 2 - b[0] * b[1] ** 2 * b[2] / 3 + 3 * b[1] + Fraction(2, 7) * b[2] ** 4 + 5


def test_polynomial_loss_equals_the_sum_by_hand(make_case: Callable[..., Case]) -> None:
    """Every term, the constant included, counts once."""
    case = make_case(model="polynomial")
    assert objective_of(case, EXACT).loss(Vector(start(case))) == polynomial_by_hand(start(case))


def test_polynomial_gradient_is_the_derivative_of_the_loss(make_case: Callable[..., Case]) -> None:
    """∇L term by term against exact differences."""
    case = make_case(model="polynomial")
    gradient = list(objective_of(case, EXACT).gradient(Vector(start(case))))
    assert_derivative(gradient, polynomial_by_hand, start(case))


def test_polynomial_check_catches_a_forgotten_exponent(make_case: Callable[..., Case]) -> None:
    """d(b²)/db = b instead of 2b fails the same check."""
    case = make_case(model="polynomial")
    wrong = list(objective_of(case, EXACT).gradient(Vector(start(case))))
    wrong[0] -= start(case)[0] / 2
    with pytest.raises(AssertionError):
        assert_derivative(wrong, polynomial_by_hand, start(case))


def test_polynomial_gradient_of_a_constant_is_zero(make_case: Callable[..., Case]) -> None:
    """A loss without slope has gradient (0, 0, 0), not an empty one."""
    case = replace(make_case(model="polynomial"), problem=Polynomial((Term(Fraction(5), (0, 0, 0)),)))
    assert list(objective_of(case, EXACT).gradient(Vector(start(case)))) == [0, 0, 0]
