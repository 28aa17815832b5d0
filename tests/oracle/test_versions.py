"""The provenance of a report."""

from __future__ import annotations

import platform
from importlib.metadata import version

from oracle.versions import versions


def test_versions_are_those_installed() -> None:
    """Python, the distribution and its arithmetic are named with their versions."""
    found = versions()
    assert found["momentum-oracle"] == version("momentum-oracle")
    assert found["python-flint"] == version("python-flint")
    assert platform.python_version() in found["python"]


def test_what_is_not_installed_is_left_out() -> None:
    """A report of the core alone names no torch version that is not there."""
    assert all(found for found in versions().values())
