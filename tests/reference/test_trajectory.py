"""Whole trajectories against the recurrences written out by hand, with batches and initial momentum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest

from reference.arithmetic import RationalArithmetic
from reference.case import Case, Polynomial, Regression, Term
from reference.methods import METHODS
from reference.models import MODELS
from reference.objective import objective_of
from reference.trajectory import start_of, states

Positions = Callable[..., list[list[Fraction]]]

EXACT = RationalArithmetic()
P0 = {
    "u": (Fraction(1, 9), Fraction(-2, 3), Fraction(1, 2)),
    "v": (Fraction(-1, 5), Fraction(0), Fraction(3, 7)),
}
BATCHES = ((1, 2), (0,), (2,))


def gradient_by_hand(case: Case, k: int, b: Sequence[Fraction]) -> list[Fraction]:
    """Return ∇L at step k on θ = u² − v² with the mean of halved squares over the step's samples."""
    problem, batches = case.problem, case.method.batches
    assert isinstance(problem, Regression)
    rows = batches[k % len(batches)] if batches else range(len(problem.y))
    d = len(b) // 2
    g = [Fraction(0)] * d
    for i in rows:
        r = -problem.y[i]
        for j in range(d):
            r += problem.X[i][j] * (b[j] * b[j] - b[d + j] * b[d + j])
        for j in range(d):
            g[j] += problem.X[i][j] * r / len(rows)
    return [2 * b[j] * g[j] for j in range(d)] + [-2 * b[d + j] * g[j] for j in range(d)]


def by_hand(case: Case, count: int) -> list[list[Fraction]]:
    """Return β_0 … β_{count−1}, or y for the look-ahead, by the textbook loops."""
    name, eta, mu = case.method.name, case.method.step_size, case.method.momentum
    b = [*case.init["u"], *case.init["v"]]
    zeros = (Fraction(0),) * 3
    p = [*case.method.p0.get("u", zeros), *case.method.p0.get("v", zeros)]
    path = []
    for k in range(count):
        ahead = [x + mu * q for x, q in zip(b, p, strict=True)]
        path.append(ahead if name == "nesterov_lookahead" else b)
        g = gradient_by_hand(case, k, ahead if name.startswith("nesterov") else b)
        inertia = [Fraction(0)] * len(p) if name == "gradient_descent" else [mu * q for q in p]
        p = [q - eta * slope for q, slope in zip(inertia, g, strict=True)]
        b = [x + q for x, q in zip(b, p, strict=True)]
    return path


def assert_by_hand(case: Case, path: list[list[Fraction]]) -> None:
    """Assert that a trajectory is the one of the textbook loops, exactly."""
    assert path == by_hand(case, len(path))


def assert_mirror(case: Case, positions: Positions) -> None:
    """Assert that (u, v, y, p0) → (v, u, −y, p0 exchanged) exchanges the two halves at every step."""
    problem = case.problem
    assert isinstance(problem, Regression)
    swapped = replace(
        case,
        problem=replace(problem, y=tuple(-target for target in problem.y)),
        init={"u": case.init["v"], "v": case.init["u"]},
        method=replace(case.method, p0={"u": case.method.p0["v"], "v": case.method.p0["u"]}),
    )
    mirrored = [[*b[3:], *b[:3]] for b in positions(swapped, 4)]
    assert mirrored == positions(case, 4)


@pytest.mark.parametrize("p0", [{}, P0, {"v": P0["v"]}], ids=["at rest", "moving", "v moving"])
@pytest.mark.parametrize("batches", [(), BATCHES], ids=["full", "batches"])
@pytest.mark.parametrize("method", METHODS)
def test_trajectory_equals_the_recurrence_by_hand(
    make_case: Callable[..., Case],
    positions: Positions,
    method: str,
    batches: tuple[tuple[int, ...], ...],
    p0: dict[str, tuple[Fraction, ...]],
) -> None:
    """Four steps in exact rationals: every batch is met and the first met twice."""
    case = make_case(method, batches=batches, p0=p0)
    assert_by_hand(case, positions(case, 5))


SLIPS = {
    "batches late by one": {"batches": BATCHES[-1:] + BATCHES[:-1]},
    "first batch for ever": {"batches": BATCHES[:1]},
    "initial momentum dropped": {"p0": {}},
    "u and v momenta exchanged": {"p0": {"u": P0["v"], "v": P0["u"]}},
    "initial momentum negated": {"p0": {name: tuple(-x for x in p) for name, p in P0.items()}},
    "step size one per cent off": {"step_size": Fraction(101, 1000)},
    "another method": {"name": "nesterov"},
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_recurrence_check_catches_a_slip(
    make_case: Callable[..., Case], positions: Positions, slip: dict[str, object]
) -> None:
    """Each slip fails the same comparison within four steps."""
    case = make_case("heavy_ball", batches=BATCHES, p0=P0)
    with pytest.raises(AssertionError):
        assert_by_hand(case, positions(case, 5, **slip))


def test_recurrence_check_catches_a_trajectory_late_by_one_step(
    make_case: Callable[..., Case], positions: Positions
) -> None:
    """Step 0 is the start, not the state after the first update."""
    case = make_case("heavy_ball", p0=P0)
    with pytest.raises(AssertionError):
        assert_by_hand(case, positions(case, 5)[1:])


@pytest.mark.parametrize("method", METHODS)
def test_exchanging_u_and_v_with_the_targets_negated_exchanges_the_halves(
    make_case: Callable[..., Case], positions: Positions, method: str
) -> None:
    """θ = u² − v² changes sign under u ↔ v, so y → −y restores the loss."""
    assert_mirror(make_case(method, p0=P0), positions)


def test_mirror_check_catches_a_model_without_the_symmetry(
    make_case: Callable[..., Case], positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """θ = u² − v²/2 in the predictor alone fails the same check."""
    lopsided = replace(MODELS["diagonal"], predictor=lambda p: p[0] * p[0] - Fraction(1, 2) * (p[1] * p[1]))
    monkeypatch.setitem(MODELS, "diagonal", lopsided)
    with pytest.raises(AssertionError):
        assert_mirror(make_case("heavy_ball", p0=P0), positions)


@pytest.mark.parametrize("method", METHODS)
def test_flipping_the_sign_of_u_flips_it_at_every_step(
    make_case: Callable[..., Case], positions: Positions, method: str
) -> None:
    """θ does not see the sign of u, so (−u, v) with p0 alike is the same path mirrored."""
    case = make_case(method, p0=P0)
    flipped = replace(
        case,
        init={**case.init, "u": tuple(-x for x in case.init["u"])},
        method=replace(case.method, p0={**P0, "u": tuple(-x for x in P0["u"])}),
    )
    assert [[*(-x for x in b[:3]), *b[3:]] for b in positions(flipped, 4)] == positions(case, 4)


@pytest.mark.parametrize("method", METHODS)
def test_scalar_product_is_the_hadamard_model_with_one_sample(
    make_case: Callable[..., Case], positions: Positions, method: str
) -> None:
    """f = a1·a2·x is θ = u v in one dimension."""
    case = make_case(method, model="scalar_product", loss="half_sum_square")
    renamed = replace(case, model="hadamard", init={"u": case.init["a1"], "v": case.init["a2"]})
    assert positions(case, 4) == positions(renamed, 4)


@pytest.mark.parametrize("method", METHODS)
def test_polynomial_spelling_out_a_linear_regression_gives_its_path(
    make_case: Callable[..., Case], positions: Positions, method: str
) -> None:
    """The two-dimensional product as ½(y − x a1 a2)² expanded into monomials is the same path."""
    scalar = make_case(method, model="scalar_product", loss="half_sum_square")
    x, y = Fraction(3, 2), Fraction(5, 4)
    terms = (Term(y * y / 2, (0, 0)), Term(-x * y, (1, 1)), Term(x * x / 2, (2, 2)))
    polynomial = make_case(method, model="polynomial")
    expanded = replace(
        polynomial,
        problem=Polynomial(terms),
        init={"b": (*scalar.init["a1"], *scalar.init["a2"])},
    )
    assert positions(expanded, 4) == positions(scalar, 4)


def test_start_is_the_start_itself_except_for_the_lookahead(make_case: Callable[..., Case]) -> None:
    """y_0 = β_0 + μ p_0; the other methods start at β_0."""
    starts = {name: list(start_of(make_case(name, p0=P0), EXACT).position) for name in METHODS}
    b0 = [*make_case().init["u"], *make_case().init["v"]]
    ahead = [x + Fraction(3, 4) * p for x, p in zip(b0, [*P0["u"], *P0["v"]], strict=True)]
    assert starts.pop("nesterov_lookahead") == ahead
    assert set(map(tuple, starts.values())) == {tuple(b0)}


def test_states_follow_the_objective_they_are_given(
    make_case: Callable[..., Case], positions: Positions
) -> None:
    """A caller's objective is the one used, not a second one built from the case."""
    case, other = make_case(), make_case(loss="sum_square")
    given = islice(states(case, EXACT, objective_of(other, EXACT)), 3)
    assert [list(state.position) for state in given] == positions(other, 3)
