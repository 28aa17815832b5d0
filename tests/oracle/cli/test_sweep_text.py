"""What `oracle sweep` says for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.cli.sweep_text import summary_lines
from oracle.sweep.summary import Summary


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, ("1 duplicate,", ", 1 worker died", ": 1 fault of this program")),
        (2, ("2 duplicates,", ", 2 workers died", ": 2 faults of this program")),
    ],
)
def test_one_is_told_in_the_singular(count: int, words: tuple[str, ...]) -> None:
    """And several in the plural."""
    done = Summary(
        asked=9, stored_before=0, computed=1, duplicates=count, malformed=0, refused=0, violated=0, faults=count,
        lost=0, left=False, lost_workers=count, workers=1, hands="process pool", seconds=1.0, core_seconds=1.0, bytes=1,
    )  # fmt: skip
    text = "\n".join(summary_lines(done, Path("store"), Path("failures.jsonl")))
    for part in words:
        assert part in text
