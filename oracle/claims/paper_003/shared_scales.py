"""Problems whose start is scaled by α, for what is claimed as α → 0: u0 = α, v0 = 0, so that θ0 = 0 and Δ0 = α².

SWAPPED are regressions with n = 2, d = 3 on which two interpolating vertices have nearly the same ℓ1 norm, found by a
search over small dyadic data.  Near the start w± grows or falls at the rates ρ(∓g), where λρ² + ρ + g = 0, that is
ρ(−g) = (√(1 + 4λg) − 1)/(2λ), in the place of ∓g: concave in g, so that small gradients count for more.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from oracle.claims.measures import row
from oracle.claims.paper_003.shared_networks import Network, network
from reference.case import Flow
from reference.flows.certified_flow import certified_flow

__all__ = ["LATE", "SWAPPED", "Scaled", "late_position"]

LATE = Fraction(400)  # a time at which the losses of these problems are below 1e−15


@dataclass(frozen=True)
class Scaled:
    """A regression without its start.

    Parameters
    ----------
    name : str
    rows : tuple of str
        Of X.
    y : str
    inertia : Fraction
        A λ below the oscillation of every coordinate at the start, 4λ max|g0| < 1, or well above it.
    """

    name: str
    rows: tuple[str, ...]
    y: str
    inertia: Fraction

    def at(self, alpha: Fraction) -> Network:
        """Return the network from u0 = α, v0 = 0."""
        d = len(self.rows[0].split())
        return network(
            f"{self.name}, α = {float(alpha):g}",
            self.rows,
            self.y,
            " ".join([str(alpha)] * d),
            " ".join("0" * d),
        )


SWAPPED = (
    Scaled("n = 2, d = 3, y = (−1, −½)", ("-1/4 3/4 1", "1/4 0 -1/2"), "-1 -1/2", Fraction(3, 5)),
    Scaled("n = 2, d = 3, y = (0, 3/2)", ("1/4 1/2 1", "-3/4 -1/4 -3/4"), "0 3/2", Fraction(2, 5)),
    Scaled("n = 2, d = 3, y = (2, 3/2)", ("1 1/4 -3/4", "-1 -1/2 0"), "2 3/2", Fraction(4, 3)),
)


@lru_cache(maxsize=64)
def late_position(
    net: Network, inertia: Fraction, digits: int, time: Fraction = LATE
) -> tuple[tuple[Fraction, ...], float]:
    """Return the certified θ of MGF(λ) at a late time, and the loss that is left there."""
    found = certified_flow(net.following(Flow("mgf", inertia=inertia)), [time], digits, cross_check=False)
    return row(found, "theta"), float(row(found, "loss")[0])
