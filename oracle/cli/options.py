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

__all__ = ["arithmetic_options", "read_spec", "store_option"]

# as in `oracle.data_checks`, which is not imported for `--help`; a test holds the two together
KEPT = ("float64", "float32", "bfloat16", "float16")
OPERANDS = ("tfloat32", "bfloat16", "float16")
arithmetic_options: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--accumulate", type=click.Choice(KEPT), help="In what it sums. [default: the dtype]"),
    click.option(
        "--operands",
        type=click.Choice(OPERANDS),
        help="What operands of matrix products are rounded to.",
    ),
    click.option(
        "--state",
        type=click.Choice(KEPT[1:]),
        help="What parameters and momentum are kept in between steps, where narrower than the dtype.",
    ),
)

store_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where goldens are kept. [default: $MOMENTUM_ORACLE_STORE, else the user's data directory]",
)


def read_spec(path: Path) -> Spec:
    """Return the spec in a file, or on standard input for ``-``; what is wrong with a file's says of which.

    Raises
    ------
    oracle.spec_error.SpecError
    """
    from oracle.spec import SpecError, load_spec, parse_spec  # here: pydantic takes a while to import

    if str(path) == "-":
        return parse_spec(sys.stdin.buffer.read())
    try:
        return load_spec(path)
    except SpecError as error:
        raise SpecError(f"`{path}`: {error}") from error
