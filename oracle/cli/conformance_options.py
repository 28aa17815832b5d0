"""The options of `oracle conformance`, by what they are about."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from oracle.cli.options import arithmetic_options

__all__ = ["declaration_options", "output_options", "power_options", "suite_options"]

Command = Callable[..., Any]

# as in `oracle.records.candidate` and the suite, which are not imported for `--help`; a test holds them together
DTYPES = ("float64", "float32", "bfloat16")
FORMS = ("velocity", "position", "buffer")


def _path(metavar: str, text: str, name: str, *more: str) -> Callable[[Command], Command]:
    return click.option(name, *more, type=click.Path(path_type=Path), metavar=metavar, help=text)


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator for several options, shown in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


suite_options = _together(
    click.option("--dtype", "dtypes", type=click.Choice(DTYPES), multiple=True,
                 help="May be repeated. [default: those that TARGET says it runs, else float64 and float32]"),
    click.option("--only", multiple=True, metavar="PROBLEM", help="This problem alone; may be repeated."),
    click.option("--method", "methods", multiple=True, metavar="METHOD", help="This method alone; may be repeated."),
    click.option("--model", "models", multiple=True, metavar="MODEL", help="This model alone; may be repeated."),
    click.option("--quick", is_flag=True, help="The short suite; of the self-test, the small one."),
    click.option("--list", "list_only", is_flag=True, help="List the problems, and why each is asked."),
    _path("SPEC", "Run this spec of your own instead of the suite, step by step.", "--spec"),
)  # fmt: skip
declaration_options = _together(
    click.option(
        "--form", type=click.Choice(FORMS), help="How TARGET writes its update. [default: velocity]"
    ),
    *arithmetic_options,
)
output_options = _together(
    _path("DIR", "Write conformance.html, conformance.json, junit.xml and badge.svg here.", "--out"),
    _path("HTML", "Write a report for people.", "--report"),
    _path("XML", "Write a JUnit report for CI.", "--junit"),
    _path("SVG", "Write a badge.", "--badge"),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else."),
    click.option("--minimise", is_flag=True, help="Shrink the clearest failure to a test of five lines."),
)  # fmt: skip
power_options = _together(
    click.option("--self-test", is_flag=True, help="Try the oracle itself: plant every fault, run correct programs."),
    click.option("--runs", type=click.IntRange(1), help="Of the self-test: correct runs, at least."),
    click.option("--seed", type=click.IntRange(0), default=0, help="Of the self-test's problems."),
    click.option("--processes", type=click.IntRange(1, 256), help="Of the self-test. [default: one a core]"),
    _path("FILE", "Of the self-test: keep finished work here, and go on from it.", "--resume"),
)  # fmt: skip
