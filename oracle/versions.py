"""What a report was made with: versions and platform, for its provenance."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

DISTRIBUTIONS = ("momentum-oracle", "numpy", "mpmath", "python-flint", "gmpy2", "torch", "pytorch-lightning")


def versions() -> dict[str, str]:
    """Return time, platform, Python and the version of each distribution that is installed."""
    found = {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # the core works without torch
    return found
