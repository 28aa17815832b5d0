"""The certified ends of heavy ball and gradient descent on a diagonal network: w(∞), κ(∞), Φ, and what replaces φ_j."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from oracle.claims.measures import row
from oracle.claims.paper_002.shared_diagonal_field import Network
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit

__all__ = ["LADDER", "RunEnd", "run_end"]

LADDER = tuple(Fraction(1, 10 * 2**i) for i in range(3))


@dataclass(frozen=True)
class RunEnd:
    """Certified to the digits asked, shape (d,) each.

    Parameters
    ----------
    predictor : tuple of Fraction
        w(∞).
    kappa : tuple of Fraction
        w₊w₋ at the limit, with its sign.
    energy : tuple of Fraction
        Φ_j = 4η Σ_k g_j(w_k)².
    perturbed_start : tuple of Fraction
        w̃ of `reference.bias_identities`: asinh(w(∞)/2κ) − asinh(w̃/2κ) lies in the row space of X, exactly.
    steps : int
        After which the run had provably settled.
    """

    predictor: tuple[Fraction, ...]
    kappa: tuple[Fraction, ...]
    energy: tuple[Fraction, ...]
    perturbed_start: tuple[Fraction, ...]
    steps: int


@lru_cache(maxsize=64)
def run_end(network: Network, step_size: Fraction, digits: int, method: str = "heavy_ball") -> RunEnd:
    """Return the end of a run from w₊(0) = w₋(0)."""
    case = network.case(method, step_size)
    limit = certified_limit(case, digits, cross_check=False)
    sums = certified_integrals(case, None, digits, cross_check=False)
    rest = (1 - case.method.momentum) ** 2 / 2  # phi is 8η/(1 − μ)² Σ g²
    return RunEnd(
        predictor=row(limit, "theta"),
        kappa=tuple(x / 4 for x in row(sums, "signed_balancedness")),
        energy=tuple(rest * x for x in row(sums, "phi")),
        perturbed_start=row(sums, "perturbed_start"),
        steps=int(limit.facts["steps"]),
    )
