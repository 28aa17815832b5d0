"""The bias of heavy ball's modified equation of order two, derived, and as paper 002 prints it.

β' = −c∇L − ηb H∇L with c = 1/(1 − μ), b = (1 + μ)/(2(1 − μ)³), on θ = u⊙u − v⊙v.  With the whole Hessian H,
its blocks between u and v included,

    (H∇L)_u/u = 4g² + 8A(Vg),   (H∇L)_v/v = 4g² − 8A(Vg),   A = 2f XᵀX,  V = u² + v²,

so that κ = u v and the slope ¼ ln|u/v| obey, exactly,

    (ln κ)' = −8ηb g²,   (¼ ln|u/v|)' = −c g − 4ηb A(Vg).

Hence κ(t) = κ(0) exp(−αφ(t)), α and φ those of paper 000, Thm 3: there is no term in q.  And as
θ' = −4cVg + O(η), the second equation adds φ_j = −η(1 + μ)/(2(1 − μ)²) (A(θ(∞) − θ(0)))_j + O(η²) to the linear term,
which lies in the row space of X and moves no minimiser: nothing breaks the symmetry of the start.

Paper 002 drops the blocks of H between w₊ and w₋ (Eq. 98–105).  That is where the term in q of Eq. 27, 108 and 113
comes from, and half the factor of φ_j in Eq. 111, whose second equality also has the sign lost.
`tests/reference/test_heavy_ball_bias.py` shows κ following the corrected formula to every digit and missing the
printed one.  The last line of Eq. 97 has lost the factor ¼ of Eq. 83; Eq. 88 prints v_j² for v_j.

Source: paper 002, Thm 3.1, Cor. 3.2, Eq. 26, 27, 83, 88, 97–113.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mpmath import mp

from reference.case import Flow, Regression
from reference.flows.systems import inertia
from reference.losses import loss_factor
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["kappa", "kappa_as_printed", "tilt", "tilt_as_printed"]

Numbers = Sequence[Fraction]


def kappa(flow: Flow, start: Numbers, phi: Numbers) -> list[Any]:
    """Return κ(t) = κ(0) exp(−αφ(t)), shape (d,), as mpf at the precision in force.

    Parameters
    ----------
    flow : Flow
        An ``hb_flow`` of order two, stationary.
    start, phi : sequences of d rationals
        κ(0) = u(0) v(0), and φ(t) = 8/(1 − μ)² ∫ g⊙g.

    Source: paper 002, Eq. 27, without its term in q.
    """
    alpha = inertia(flow)
    return [nearest_mpf(k) * mp.exp(-nearest_mpf(alpha * p)) for k, p in zip(start, phi, strict=True)]


def kappa_as_printed(
    flow: Flow, start: Numbers, phi: Numbers, problem: Regression, theta: Numbers
) -> list[Any]:
    """Return κ(t) with the printed term η(1+μ)/(1−μ)² (XᵀXq)_j/n, q_i = √(θ_i² + 4κ_i(0)²) − 2κ_i(0).

    Parameters
    ----------
    flow, start, phi
        As in `kappa`.
    problem : Regression
        With loss ``half_mean_square``.
    theta : sequence of d rationals
        θ(t).

    Source: paper 002, Eq. 27, 107, 113.
    """
    weight = flow.step_size * (1 + flow.momentum) / (1 - flow.momentum) ** 2 / len(problem.y)
    q = [
        mp.sqrt(nearest_mpf(t * t + 4 * k * k)) - 2 * nearest_mpf(k)
        for t, k in zip(theta, start, strict=True)
    ]
    extra = _gram_times(problem, q)
    return [k * mp.exp(nearest_mpf(weight) * e) for k, e in zip(kappa(flow, start, phi), extra, strict=True)]


def tilt(flow: Flow, problem: Regression, moved: Numbers) -> list[Any]:
    """Return φ_j(∞) = −η(1+μ)/(2(1−μ)²) (2f XᵀX(θ(∞) − θ(0)))_j, up to O(η²), shape (d,), as mpf.

    Parameters
    ----------
    flow : Flow
    problem : Regression
    moved : sequence of d rationals
        θ(∞) − θ(0).

    Source: paper 002, Eq. 110 and 111, with the whole Hessian.
    """
    factor = 2 * loss_factor(problem.loss, len(problem.y))
    weight = -flow.step_size * (1 + flow.momentum) / (2 * (1 - flow.momentum) ** 2) * factor
    return [nearest_mpf(weight) * e for e in _gram_times(problem, [nearest_mpf(m) for m in moved])]


def tilt_as_printed(flow: Flow, problem: Regression, theta: Numbers) -> list[Any]:
    """Return φ_j(∞) = + η(1+μ)/(4(1−μ)²n) (XᵀXθ)_j, from θ(0) = 0.

    Source: paper 002, Eq. 111, its last member.
    """
    weight = flow.step_size * (1 + flow.momentum) / (4 * (1 - flow.momentum) ** 2) / len(problem.y)
    return [nearest_mpf(weight) * e for e in _gram_times(problem, [nearest_mpf(t) for t in theta])]


def _gram_times(problem: Regression, vector: Sequence[Any]) -> list[Any]:
    """Return XᵀX times a vector."""
    rows = [[nearest_mpf(x) for x in row] for row in problem.X]
    residual = [mp.fdot(row, vector) for row in rows]
    return [mp.fdot(column, residual) for column in zip(*rows, strict=True)]
