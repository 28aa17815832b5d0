"""A case is a value: compared by content, never changed, with the defaults the contract names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest

from reference.case import Case, Method


def test_case_equals_another_with_the_same_content(make_case: Callable[..., Case]) -> None:
    """Two cases built apart are one value."""
    assert make_case() == make_case()


@pytest.mark.parametrize(
    "change", [{"step_size": Fraction(1, 11)}, {"momentum": Fraction(0)}, {"batches": ((0,),)}]
)
def test_case_differs_when_a_coefficient_differs(
    make_case: Callable[..., Case], change: dict[str, object]
) -> None:
    """Each coefficient is part of the value."""
    assert make_case(**change) != make_case()


def test_case_refuses_to_be_changed(make_case: Callable[..., Case]) -> None:
    """A trajectory cannot have its case altered underneath it."""
    with pytest.raises(FrozenInstanceError):
        make_case().model = "linear"  # type: ignore[misc]  # the very thing that must fail


def test_method_starts_at_rest_with_every_sample() -> None:
    """μ = 0, p0 = 0 and no batches unless asked."""
    method = Method("gradient_descent", Fraction(1, 10))
    assert method.momentum == 0
    assert not method.p0
    assert not method.batches


def test_methods_do_not_share_their_default_p0() -> None:
    """A default built anew each time: two methods never hold one mapping."""
    first = Method("heavy_ball", Fraction(1))
    assert replace(first).p0 is first.p0
    assert Method("heavy_ball", Fraction(1)).p0 is not first.p0
