"""Whatever a docstring cites stands in `reference/SOURCES.md`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEYS = re.findall(r"^- \*\*(.+?)\*\*", (ROOT / "reference/SOURCES.md").read_text(encoding="utf-8"), re.M)
CITATION = re.compile(r"^\s*Source(?::|\n\s*-+\n)(.+?)(?:\n\s*\n|\"\"\")", re.M | re.S)


def citations(text: str) -> list[str]:
    """Return what follows each `Source`, up to the end of its paragraph."""
    return [" ".join(found.split()) for found in CITATION.findall(text)]


def unknown(text: str) -> list[str]:
    """Return the citations that hold no key."""
    return [cited for cited in citations(text) if not any(key in cited for key in KEYS)]


def test_keys_are_unique() -> None:
    """One key names one source."""
    assert KEYS
    assert len(KEYS) == len(set(KEYS))


@pytest.mark.parametrize("package", ["reference", "oracle", "lightning_runs"])
def test_every_citation_holds_a_key(package: str) -> None:
    """A reader who meets a source can look it up."""
    for path in sorted((ROOT / package).rglob("*.py")):
        assert not unknown(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "text", ['"""X.\n\nSource: folklore.\n"""', '"""X.\n\n    Source\n    ------\n    Nobody.\n    """']
)
def test_citation_check_catches_an_unknown_source(text: str) -> None:
    """Both spellings of the section are read."""
    assert len(unknown(text)) == 1
