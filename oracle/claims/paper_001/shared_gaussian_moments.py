"""Polynomial losses in two variables and their exact means under Gaussian noise.

E_η f(x + η) for η ~ N(0, σ² I) of a polynomial f is found moment by moment, E η^(2m) = (2m − 1)!! σ^(2m), from the expanded
f(x + η); no heat-flow formula is used.  Since both sides of what is claimed are linear or quadratic in f, identities are
checked with every coefficient of f a symbol.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from oracle.claims.paper_001.shared_quotients import polynomials

__all__ = [
    "General", "gaussian_mean", "general_polynomial", "gradient", "laplacian", "normal_mean",
    "through",
]  # fmt: skip

NAMES = ("u", "v", "p", "q", "s")  # the point, the noise over σ, σ


class General(NamedTuple):
    """A polynomial with symbols as coefficients, and the generators of its ring.

    Parameters
    ----------
    loss : fmpq_mpoly
        In u and v.
    names : tuple of str
        Of all generators; the first five are u, v, p, q and s.
    symbols : tuple of fmpq_mpoly
    """

    loss: Any
    names: tuple[str, ...]
    symbols: tuple[Any, ...]


@lru_cache(maxsize=4)
def general_polynomial(degree: int) -> General:
    """Return the general polynomial of a degree in two variables."""
    powers = [(i, total - i) for total in range(1, degree + 1) for i in range(total + 1)]
    names = (*NAMES, *(f"c{i}{j}" for i, j in powers))
    generators = polynomials(*names)
    u, v = generators[:2]
    terms = (c * u**i * v**j for c, (i, j) in zip(generators[len(NAMES) :], powers, strict=True))
    return General(sum(terms, start=u * 0), names, generators)


def gradient(loss: Any) -> tuple[Any, Any]:
    """Return (∂_u f, ∂_v f)."""
    return loss.derivative("u"), loss.derivative("v")


def laplacian(loss: Any) -> Any:
    """Return Tr ∇²f."""
    return loss.derivative("u").derivative("u") + loss.derivative("v").derivative("v")


def gaussian_mean(general: General, of: Any) -> Any:
    """Return E f(x + η), η ~ N(0, s² I), for a polynomial f of the general one's ring, in u and v."""
    u, v, p, q, s = general.symbols[:5]
    return normal_mean(general, of.compose(u + s * p, v + s * q, *general.symbols[2:]))


def normal_mean(general: General, of: Any) -> Any:
    """Return the mean over p and q, independent standard normal numbers."""
    kept: dict[tuple[int, ...], Any] = {}
    for exponents, coefficient in of.to_dict().items():
        moment = _normal_moment(exponents[2]) * _normal_moment(exponents[3])
        rest = (*exponents[:2], 0, 0, *exponents[4:])
        kept[rest] = kept.get(rest, 0) + moment * coefficient
    return of.context().from_dict({exponents: value for exponents, value in kept.items() if value != 0})


def through(general: General, of: Any, power: int) -> Any:
    """Return the terms of f in σ of at most the given power."""
    index = general.names.index("s")
    kept = {exponents: c for exponents, c in of.to_dict().items() if exponents[index] <= power}
    return of.context().from_dict(kept)


def _normal_moment(power: int) -> int:
    """Return E n^power of a standard normal number: (power − 1)!! if even, else 0."""
    return 0 if power % 2 else prod(range(1, power, 2))
