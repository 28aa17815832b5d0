"""Q15: without a change of sign S± > 0 and the balancedness shrinks, of every coordinate that moves.

r(z) = z − 1 − ln z has z r'(z) = z − 1, so on z > 0 it falls up to z = 1 and grows after: r(z) > r(1) = 0 for z ≠ 1.  If no
w± changes its sign every ratio is positive, each term of S± is ≥ 0 with equality only where nothing moves, and from
rest Δ∞ = Δ0 exp(−(S₊ + S₋)) (Q14) is smaller than Δ0.

A coordinate j that never moves refutes the strict signs.  Where column j of X is zero, g_j = Σ_{i∈B} x_ij r_i/|B| is the
zero polynomial for every batch B; from rest w± stays what it was, every ratio is 1 and r(1) = 0, so S± = 0 and
Δ∞ = Δ0 there: in general S± ≥ 0 and Δ∞ ≤ Δ0 (as in P14).

Without the condition neither holds: r(z) → −∞ as z → −∞, and where a w± changes its sign S± may be negative.

Source: paper 003, Sec. 6.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mpoly_ctx, fmpq_series
from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check, row
from oracle.claims.paper_003.shared_descent import MGD, descend
from oracle.claims.paper_003.shared_networks import ONE_ROW, THREE_ROWS, TWO_ROWS, Network, network
from reference.case import Method
from reference.discrete_integrals import certified_integrals

__all__ = ["CLAIM"]

DIGITS, TERMS = 10, 24
TRIED = (
    (TWO_ROWS, MGD(Fraction(1, 10), Fraction(1, 2), ((0,), (1,)))),
    (TWO_ROWS, MGD(Fraction(1, 4), Fraction(0))),
    (ONE_ROW, MGD(Fraction(1, 20), Fraction(3, 5))),
    (THREE_ROWS, MGD(Fraction(1, 5), Fraction(2, 5), ((0,), (1, 2)))),
)
CHANGING = (ONE_ROW, MGD(Fraction(1, 10), Fraction(4, 5)))
RESTING = (  # with the coordinate that never moves
    (
        network("θ = u⊙v, n = 1, d = 3, a zero column", ["1 0 1/2"], "1", "3/4 5/8 1/2", "1/4 1/8 3/8"),
        MGD(Fraction(1, 20), Fraction(1, 2)),
        1,
    ),
    (
        network(
            "θ = u⊙v, n = 2, d = 4, a zero column",
            ["1 1/2 -1/4 0", "0 1 3/4 0"],
            "1/2 3/4",
            "1/2 1/2 1/2 1/2",
            "1/8 1/8 1/8 1/8",
        ),
        MGD(Fraction(1, 10), Fraction(1, 4), ((0,), (1,))),
        3,
    ),
)


def compute(setting: Setting) -> Findings:
    """Look for a coordinate that never moves, and certify S± and both balancednesses where there is none."""
    digits = setting.digits(DIGITS)
    checks = [_resting(*resting) for resting in RESTING]
    checks += [_slope(), *(_check(Role.UNDER_ASSUMPTION, *tried, digits) for tried in TRIED)]
    checks.append(_check(Role.BESIDE, *CHANGING, digits))
    return Findings(tuple(checks))


def excess(ratio: Any) -> Any:
    """Return the printed r(z) = (z − 1) − ln|z|."""
    return ratio - 1 - mp.log(abs(ratio))


def excess_series(x: fmpq_series) -> fmpq_series:
    """Return r(1 + x) as a power series."""
    return x - (1 + x).log()


def forces(network: Network, run: MGD, j: int) -> list[Any]:
    """Return g_j = Σ_{i∈B} x_ij (Xθ − y)_i/|B| in the variables θ_1, …, θ_d, for every batch B of a run."""
    X, y = network.problem.X, network.problem.y
    ring = fmpq_mpoly_ctx.get([f"t{i}" for i in range(len(X[0]))], "lex")
    found = []
    for batch in run.batches or (tuple(range(len(y))),):
        total = ring.constant(0)
        for i in batch:
            residual = ring.constant(-_exact(y[i]))
            for x, theta in zip(X[i], ring.gens(), strict=True):
                residual += _exact(x) * theta
            total += _exact(X[i][j] / len(batch)) * residual
        found.append(total)
    return found


def _resting(network: Network, run: MGD, j: int) -> Check:
    """Return whether something moves coordinate j of a run without a change of sign."""
    moved = any(force != 0 for force in forces(network, run, j))
    equal = excess_series(fmpq_series([0], prec=TERMS))[0] == 0
    run_changes = descend(network, run, excess, 8).sign_changes
    return Check(
        Role.AS_PRINTED,
        None if run_changes or not equal else moved,
        f"S± > 0 and Δ∞ < Δ0 in coordinate {j + 1}",
        f"g_{j + 1} of {'some batch is not' if moved else 'every batch is'} the zero polynomial"
        + ("" if moved else ": every ratio is 1, r(1) = 0, S± = 0 and Δ∞ = Δ0 exactly"),
        f"{network.name}, γ = {run.gamma}, β = {run.beta}, {'with' if run_changes else 'without'} a change of sign"
        + (f", batches {run.batches}" if run.batches else ""),
        Grade.CERTIFIED,
        ("polynomials over the rationals (FLINT)",),
    )


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _slope() -> Check:
    """Return whether (1 + x) d/dx r(1 + x) = x, and r(1) = 0: r falls before 1 and grows after."""
    x = fmpq_series([0, 1], prec=TERMS)
    r = excess_series(x)
    left = (1 + x) * r.derivative() - x
    zero = all(left[k] == 0 for k in range(TERMS - 2)) and r[0] == 0
    return identity_check(
        Role.UNDER_ASSUMPTION,
        zero,
        "z r'(z) = z − 1 and r(1) = 0, so r(z) > 0 for z > 0, z ≠ 1",
        f"the difference is {'zero' if zero else 'not zero'} to {TERMS - 2} powers of z − 1, and both sides are analytic",
        "all z > 0",
        "power series over the rationals (FLINT)",
    )


def _check(role: Role, network: Network, run: MGD, digits: int) -> Check:
    """Return whether S± > 0 and Δ∞ < Δ0, if the run has, or has not, the signs that its role says."""
    method = Method("heavy_ball", run.gamma, run.beta, batches=run.batches)
    found = certified_integrals(network.running(method), None, digits, cross_check=False)
    sums = [*row(found, "S_plus"), *row(found, "S_minus")]
    ended = row(found, "balancedness")
    run_changes = descend(network, run, excess, 8).sign_changes
    shrunk = [a / b for a, b in zip(ended, network.balancedness(), strict=True)]
    granted = run_changes is (role is Role.BESIDE)
    told = f"least S± {float(min(sums)):.3g}, largest Δ∞/Δ0 {float(max(shrunk)):.4g}"
    return Check(
        role,
        min(sums) > 0 and max(shrunk) < 1 if granted else None,
        "S± > 0 and Δ∞ < Δ0",
        told if granted else f"{told}; but the signs are not as meant",
        f"{network.name}, γ = {run.gamma}, β = {run.beta}, {'with' if run_changes else 'without'} a change of sign"
        + (f", batches {run.batches}" if run.batches else ""),
        Grade.CERTIFIED,
        ("certified sums and balancednesses",),
    )


CLAIM = Claim(
    identifier="Q15",
    paper="003",
    place="Sec. 6",
    statement="If the iterates w±,k do not change signs, then S± > 0 and Δ∞ < Δ0 (stochastic MGD from rest).",
    confirms="That r is positive on z > 0, proved, and certified sums and balancednesses of runs with and without "
    "minibatches. The inequalities are read for every coordinate.",
    refutes="A run from rest without a change of sign with S± ≤ 0 or Δ∞ ≥ Δ0 in one coordinate.",
    assumption="there is no coordinate whose factor never moves (as with a zero column of X; then S± = 0 and Δ∞ = Δ0, and "
    "in general S± ≥ 0 and Δ∞ ≤ Δ0)",
    compute=compute,
    printed_tex=r"S_\pm > 0, \quad \Delta_\infty < \Delta_0",
    seconds=3,
)
