"""S2-18: Table 1's row α = 3 for gradient descent, with ω₁/4 + ω₂/12.

The modified equation of Euler's method for β' = f is β' = f − (η/2)f'f + η²(⅓f'f'f + (1/12)f''(f, f)).  With f =
−∇L: f'f = ∇²L∇L, f'f'f = −ω₁ and f''(f, f) = −∇³L(∇L, ∇L) = −(ω₂ − ω₁), so the last term is −η²(ω₁/3 + (ω₂ − ω₁)/12)
= −η²(ω₁/4 + ω₂/12). The table's last row, β_{k+1} = β_k − ∇L(β_k), is without its step size.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from flint import fmpq_poly

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check, ladder_plot
from oracle.claims.paper_002.shared_large_k import field_of
from oracle.claims.paper_002.shared_recursion import Fields, as_map_series
from oracle.claims.paper_002.shared_runs import TRIALS, Ladder, Run, Trial, ladder, order_of, unchanging
from reference.b_series import exponential
from reference.balls import ball
from reference.rooted_trees import LEAF, trees_up_to

__all__ = ["CLAIM"]

EXACT = "exact series of the field's map"
BY = "rational coefficients of the Lie series, tree by tree"


def compute(setting: Setting) -> Findings:
    """Hold the field's map to one step, then measure the order; heavy ball with μ = 0 is gradient descent."""
    found = [(trial, _measured(trial, setting)) for trial in TRIALS]
    plot = ladder_plot(
        "Gradient descent and Table 1's flow α = 3",
        [(trial.instance.name, seen.seen) for trial, seen in found],
        "The distance falls with the third power of η.",
    )
    return Findings((_one_step(), *_orders(found), _last_row()), (plot,))


def third() -> tuple[Fraction, Fraction]:
    """Return the factors of ω₁ and ω₂ as printed."""
    return Fraction(1, 4), Fraction(1, 12)


def _field() -> Fields:
    return field_of(Fraction(1), Fraction(1, 2), *third())


def _one_step() -> Check:
    trees = trees_up_to(3)
    made = exponential(as_map_series(_field()), trees)
    wrong = sum(made[tree] != (tree == LEAF) for tree in trees)
    return identity_check(
        Role.AS_PRINTED,
        wrong == 0,
        "in time η the flow makes β − η∇L up to η³",
        f"{wrong} of {len(trees)} coefficients differ",
        "all L",
        BY,
    )


def _measured(trial: Trial, setting: Setting) -> Ladder:
    balls = [{tree: ball(value) for tree, value in part.items()} for part in _field()]
    gradient_descent = Trial(trial.instance, Fraction(0), trial.slow)
    return ladder(gradient_descent, Run(unchanging(balls), 3), setting)


def _orders(found: list[tuple[Trial, Ladder]]) -> Iterator[Check]:
    for trial, seen in found:
        here = Trial(trial.instance, Fraction(0), trial.slow)
        subject = "max |ε_k| over kη ≤ T is O(η³)"
        yield order_of(Role.AS_PRINTED, seen.seen.whole, 3, subject, (here, EXACT))


def last_row(step_size: Any) -> Any:
    """Return the factor of −∇L in the table's last row for gradient descent, as printed: one, without the step size."""
    return 0 * step_size + 1


def _last_row() -> Check:
    step_size = fmpq_poly([0, 1])
    difference = last_row(step_size) - step_size
    return identity_check(
        Role.BESIDE,
        difference == 0,
        "the table's last row, β_(k+1) = β_k − ∇L(β_k), is the method of the rows above",
        f"it moves by −∇L too far by the factor {difference}, x = η: its step size is missing",
        "all η and L",
        "polynomials of η over the rationals (FLINT)",
    )


CLAIM = Claim(
    identifier="S2-18",
    paper="002",
    place="Table 1",
    statement="For gradient descent the flow α = 3 is β' = −∇L − (η/2)∇L·∇²L − η²[ω₁/4 + ω₂/12].",
    printed_tex=(
        r"\dot{\beta} = -\nabla L - \eta \frac{\nabla L \cdot \nabla^2 L}{2} "
        r"- \eta^2\left[\frac{\omega_1}{4}+\frac{\omega_2}{12}\right]"
    ),
    confirms="In time η the flow makes β − η∇L up to η³, identically, and the largest |ε_k| over kη ≤ T falls like η³.",
    refutes="A coefficient that differs, or a measured order certainly below 3.",
    compute=compute,
    seconds=2,
)
