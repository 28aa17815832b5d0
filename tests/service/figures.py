"""What the parts of the evidence find: figures, failures, and the one table of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Figure", "Findings", "Setting", "table"]

MOST_TOLD = 20


@dataclass(frozen=True)
class Setting:
    """How a part is to run.

    Parameters
    ----------
    folder : Path
        Of its own, empty.
    seed : int
        Of everything random.
    quick : bool
        Whether the sizes are small: a trial of the harness, no evidence.
    tell : callable
        Takes a line of progress.
    """

    folder: Path
    seed: int
    quick: bool
    tell: Callable[[str], None]

    def size(self, full: int, quick: int) -> int:
        """Return how many: the full number, or that of a quick run."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    Parameters
    ----------
    what, value : str
    target : str
        Empty where none was set.
    reached : bool or None
        None where there is no target.
    """

    what: str
    value: str
    target: str = ""
    reached: bool | None = None


@dataclass
class Findings:
    """What a part found.

    Parameters
    ----------
    figures : list of Figure
    failures : list of str
        What must not be; each says what was done, what was found and what was expected.
    details : mapping
        Anything else worth keeping, JSON.
    """

    figures: list[Figure] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, what: str, value: str, target: str = "", reached: bool | None = None) -> None:
        """Add a row."""
        self.figures.append(Figure(what, value, target, reached))

    def fail(self, failures: Iterable[str]) -> None:
        """Add failures."""
        self.failures.extend(failures)

    def content(self) -> dict[str, Any]:
        """Return the JSON of it."""
        return {
            "figures": [asdict(figure) for figure in self.figures],
            "failures": self.failures[:MOST_TOLD],
            "failures_in_all": len(self.failures),
            "details": self.details,
        }


def table(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the Markdown table of parts by name, each the content of a `Findings`."""
    lines = ["| part | what | figure | target | reached |", "|---|---|---|---|---|"]
    for name, part in parts.items():
        for row in part["figures"]:
            reached = {None: "", True: "yes", False: "**no**"}[row["reached"]]
            lines.append(f"| {name} | {row['what']} | {row['value']} | {row['target']} | {reached} |")
    return "\n".join(lines)
