"""What is recorded of a state."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case
from reference.objective import objective_of
from reference.observables import observe


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("diagonal", {"u", "v", "theta", "loss"}),
        ("hadamard", {"u", "v", "theta", "loss"}),
        ("linear", {"beta", "theta", "loss"}),
        ("scalar_product", {"a1", "a2", "loss"}),
        ("polynomial", {"b", "loss"}),
    ],
)
def test_every_model_records_its_parameters_theta_and_loss(
    make_case: Callable[..., Case], model: str, names: set[str]
) -> None:
    """θ only where the model has one; the loss always, as a vector of length one."""
    case = make_case(model=model)
    arithmetic = RationalArithmetic()
    position = arithmetic.join([arithmetic.vector(values) for values in case.init.values()])
    observed = observe(case, objective_of(case, arithmetic), position)
    assert set(observed) == names
    assert len(observed["loss"]) == 1


def test_theta_of_the_diagonal_network_is_the_difference_of_squares(make_case: Callable[..., Case]) -> None:
    """θ = u⊙u − v⊙v, written out for three coordinates."""
    case = make_case()
    position = Vector([Fraction(x) for x in (1, 2, 3, 4, 5, 6)])
    observed = observe(case, objective_of(case, RationalArithmetic()), position)
    assert observed["theta"].entries == [1 - 16, 4 - 25, 9 - 36]
