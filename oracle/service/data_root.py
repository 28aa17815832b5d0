"""Where a server keeps what is its own: tokens, jobs, uploads, reports."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["default_data_root"]

VARIABLE = "MOMENTUM_ORACLE_DATA"


def default_data_root() -> Path:
    """Return ``$MOMENTUM_ORACLE_DATA``, or the user's directory for state where that is unset or empty."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser()
    return Path(platformdirs.user_state_dir("momentum-oracle"))
