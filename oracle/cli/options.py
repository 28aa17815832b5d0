"""Options that several commands share."""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from oracle.spec import Spec

__all__ = ["read_spec", "store_option"]

store_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where goldens are kept. [default: $MOMENTUM_ORACLE_STORE, else the user's data directory]",
)


def read_spec(path: Path) -> Spec:
    """Return the spec in a file, or on standard input for ``-``."""
    from oracle.spec import load_spec, parse_spec  # here: pydantic takes a while to import

    if str(path) == "-":
        return parse_spec(sys.stdin.buffer.read())
    return load_spec(path)
