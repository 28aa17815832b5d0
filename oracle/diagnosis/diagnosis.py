"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

__all__ = ["Diagnosis"]


@dataclass(frozen=True)
class Diagnosis:
    """The named misimplementations that explain a record within rounding.

    Parameters
    ----------
    names : tuple of str
        Those that explain it and cannot be told apart by it; empty where none known does.
    sentence : str
        For a person.
    remedy : str
        What to do next.
    confidence : str
        How much is explained, and how tightly.
    largest_ratio : float
        Of what is explained, in bounds; NaN where nothing is.
    runner_up : str
        The next best, empty where there is none.
    runner_up_ratio : float
        By how many bounds the runner-up misses.
    fitted : str
        The η and μ that the record itself shows, by least squares; empty where they show nothing new.
    """

    names: tuple[str, ...]
    sentence: str
    remedy: str
    confidence: str
    largest_ratio: float
    runner_up: str = ""
    runner_up_ratio: float = nan
    fitted: str = ""

    @classmethod
    def nothing(cls, sentence: str, fitted: str) -> Diagnosis:
        """Return that no known misimplementation explains the record."""
        remedy = "shrink the case (`oracle conformance --minimise`), and compare the first wrong step by hand"
        return cls((), sentence, remedy, "", nan, fitted=fitted)

    @property
    def text(self) -> str:
        """All of it as one paragraph."""
        parts = [self.sentence]
        if self.confidence:
            parts.append(self.confidence)
        if self.runner_up and self.names:
            parts.append(f"the next best, `{self.runner_up}`, misses by {self.runner_up_ratio:.3g} bounds")
        if self.fitted:
            parts.append(self.fitted)
        parts.append(f"what to do: {self.remedy}")
        return "; ".join(parts)
