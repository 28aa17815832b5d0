"""A published claim: where it stands, what it says, what would confirm or refute it, and the computation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from oracle.claims.evidence import Findings

__all__ = ["Claim", "Correction", "Effect", "Setting"]


class Effect(StrEnum):
    """What a correction does to the statement.

    ``AMENDS`` a sign, factor, term, order or condition, and the substance stands; ``REPLACES`` what the statement says
    is not so, and something else is.
    """

    AMENDS = "amends"
    REPLACES = "replaces"


@dataclass(frozen=True)
class Setting:
    """With what precision the claims are computed, and where the figures' results lie.

    Parameters
    ----------
    precision : int
        1, or 2 for twice the digits and bits of everything.
    figures : Path, optional
        A folder with results of the figures; None means those that come with the package.
    """

    precision: int = 1
    figures: Path | None = None

    def digits(self, plain: int) -> int:
        """Return the decimal digits to ask for where `plain` are enough."""
        return plain * self.precision

    def bits(self, plain: int) -> int:
        """Return the bits to work with where `plain` are enough."""
        return plain * self.precision


@dataclass(frozen=True)
class Correction:
    """What should stand in the paper instead, verified by the claim's own checks of role ``CORRECTED``.

    Parameters
    ----------
    text : str
        The corrected statement.
    effect : Effect
    tex : str
        Its formula, in TeX without dollars; empty for none.
    """

    text: str
    effect: Effect
    tex: str = ""


@dataclass(frozen=True)
class Claim:
    """One statement of a paper and how it is put to the test; it never holds its own verdict.

    Parameters
    ----------
    identifier : str
        As in the list of claims: permanent.
    paper : str
        ``000`` to ``003``; ``own`` for claims of this project.
    place : str
        As the paper numbers it.
    statement : str
        As printed, in a sentence.
    confirms, refutes : str
        What numbers would confirm it, and what would refute it: written before the computation.
    compute : callable
        From a `Setting` to `Findings`: a function of a module, so that it can be sent to a process.
    printed_tex : str
        The printed formula in TeX without dollars; empty for none.
    correction : Correction, optional
    assumption : str
        The assumption that the checks of role ``UNDER_ASSUMPTION`` grant; empty for none.
    open_because : str
        Why numbers here cannot decide it, where they cannot; empty otherwise.
    seconds : float
        About how long it takes on one core, so that the longest are started first.
    """

    identifier: str
    paper: str
    place: str
    statement: str
    confirms: str
    refutes: str
    compute: Callable[[Setting], Findings]
    printed_tex: str = ""
    correction: Correction | None = None
    assumption: str = ""
    open_because: str = ""
    seconds: float = 1.0
