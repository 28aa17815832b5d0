"""`oracle conformance --self-test`: the oracle on trial."""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.report.power import PowerReport

__all__ = ["self_test"]

# what has no meaning here, by option
NOT_HERE = {
    "methods": "--method", "models": "--model", "spec": "--spec", "list_only": "--list", "form": "--form",
    "accumulate": "--accumulate", "operands": "--operands", "state": "--state", "junit": "--junit",
    "badge": "--badge", "minimise": "--minimise",
}  # fmt: skip


def self_test(target: str | None, options: dict[str, Any]) -> int:
    """Run the self-test, write and tell; return 0 where it is passed and 1 where it is not.

    Raises
    ------
    click.UsageError
        If an option is given that a self-test cannot follow.
    """
    _refuse(target, options)
    from oracle.conformance.self_test import SelfTestSettings
    from oracle.conformance.self_test import self_test as run
    from oracle.report.power_json import render_power_json
    from oracle.report.power_text import power_lines

    settings = SelfTestSettings(
        quick=options["quick"],
        runs=options["runs"],
        seed=options["seed"],
        only=tuple(options["only"]),
        processes=options["processes"] or os.cpu_count() or 1,
        resume=options["resume"],
        **({"dtypes": tuple(options["dtypes"])} if options["dtypes"] else {}),
    )
    with progress_stages() as stage:
        report = run(settings, stage)
        stage("write the report")
        written = _write(report, options)
    if options["as_json"]:
        click.echo(render_power_json(report), nl=False)
    else:
        click.echo("\n".join([*power_lines(report), *(f"report: {path}" for path in written)]))
    return 0 if report.passed else 1


def _refuse(target: str | None, options: dict[str, Any]) -> None:
    given = [name for option, name in NOT_HERE.items() if options[option]]
    if target is not None:
        raise click.UsageError(
            f"`--self-test` tries the oracle, not `{target}`: leave one of the two out, or name whom to plant "
            f"faults in with `--only {target}`"
        )
    if given:
        raise click.UsageError(f"`--self-test` has no use for {', '.join(given)}: leave it out")


def _write(report: PowerReport, options: dict[str, Any]) -> list[Path]:
    """Write the files asked for; return the pages' paths."""
    from oracle.report.files import write_text
    from oracle.report.power_html import render_power_html
    from oracle.report.power_json import render_power_json

    written = []
    if options["report"] is not None:
        written.append(write_text(options["report"], render_power_html(report)))
    if options["out"] is not None:
        options["out"].mkdir(parents=True, exist_ok=True)
        write_text(options["out"] / "power.json", render_power_json(report))
        written.append(write_text(options["out"] / "power.html", render_power_html(report)))
    return written
