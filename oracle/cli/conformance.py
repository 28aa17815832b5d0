"""`oracle conformance`: a kernel, an optimiser or a trainer on the whole suite; or the oracle itself on trial."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oracle.cli.conformance_options import declaration_options, output_options, power_options, suite_options
from oracle.cli.exit_codes import exit_code_of
from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.conformance.runner import Selection
    from oracle.conformance.target import Target
    from oracle.report.conformance import Conformance

__all__ = ["conformance"]

COLOURS = {"AGREES": "green", "DISAGREES": "red", "UNDECIDED": "yellow"}


@click.command(short_help="Run a kernel or optimiser of yours on the conformance suite.")
@click.argument("target", required=False)
@suite_options
@declaration_options
@output_options
@power_options
@click.pass_context
def conformance(ctx: click.Context, /, target: str | None, **options: Any) -> None:
    """Run TARGET on every problem of the suite and judge every step against certified goldens.

    TARGET is a function of (problem, method, steps) as `module:function`, the current directory being importable,
    or the name of an installed entry point. The goldens come with the package: no flint, no GPU, no network.

    \b
    Examples:
      oracle conformance my_kernels:heavy_ball
      oracle conformance my_kernels:heavy_ball --method heavy_ball --dtype float32 --out conformance
      oracle conformance lightning_runs.adapters.torch_optim:fused
      oracle conformance --list
      oracle conformance --self-test --quick

    \b
    Exit codes:
      0  every run agrees       1  a run disagrees
      2  misuse                 3  a run is undecided, crashed or gave nothing to judge
    """
    if options["self_test"]:
        from oracle.cli.conformance_self_test import self_test

        ctx.exit(self_test(target, options))
    if options["list_only"]:
        _list(options)
        return
    if target is None:
        raise click.UsageError("Missing argument 'TARGET': `module:function`, or one of " + _installed())
    on_trial = _target(target, options)
    if options["spec"] is not None:
        ctx.exit(_one_spec(on_trial, options))
    ctx.exit(_whole_suite(on_trial, options))


def _whole_suite(on_trial: Target, options: dict[str, Any]) -> int:
    """Run the suite, write and tell; return the exit code."""
    from oracle.conformance.runner import run_suite
    from oracle.conformance.shipped import load_suite
    from oracle.report.conformance_json import render_conformance_json
    from oracle.report.conformance_text import conformance_lines

    with progress_stages() as stage:
        with redirect_stdout(sys.stderr):  # what a kernel prints is no part of the result
            found = run_suite(on_trial, load_suite(), _selection(options), stage)
        stage("write the report")
        written = _write(found, options)
    if options["as_json"]:
        click.echo(render_conformance_json(found), nl=False)
        return exit_code_of(found.outcome)
    click.echo("\n".join([*conformance_lines(found), ""]))
    if options["minimise"]:
        _minimise(on_trial, found)
    _tell(found, written)
    return exit_code_of(found.outcome)


def _tell(found: Conformance, written: list[Path]) -> None:
    """Print the line to quote and where the reports are."""
    from oracle.report.conformance import summary_line, sure_of

    click.secho(f"{found.outcome}: {sure_of(found)}", fg=COLOURS[found.outcome], bold=True)
    click.echo(summary_line(found))
    for path in written:
        click.echo(f"report: {path}")


def _write(found: Conformance, options: dict[str, Any]) -> list[Path]:
    """Write the files asked for; return their paths."""
    from oracle.report.conformance_files import RENDERERS, write_conformance
    from oracle.report.files import write_text

    asked = {
        "conformance.html": options["report"],
        "junit.xml": options["junit"],
        "badge.svg": options["badge"],
    }
    written = [write_text(path, RENDERERS[name](found)) for name, path in asked.items() if path is not None]
    if options["out"] is not None:
        written.append(write_conformance(found, options["out"])["conformance.html"])
    return written


def _minimise(on_trial: Target, found: Conformance) -> None:
    """Shrink the clearest failure and print it as a test."""
    from oracle.conformance.shipped import load_suite
    from oracle.minimise.case_text import five_lines, summary, worked_out
    from oracle.minimise.search import Settings
    from oracle.minimise.shrink import minimise
    from oracle.report.conformance import Status
    from oracle.report.conformance_complaints import complaints

    rows = [entry.rows[0] for entry in complaints(found) if entry.status is Status.DISAGREES]
    if not rows:
        click.echo("nothing to minimise: no run disagrees\n")
        return
    row, suite = rows[0], load_suite()
    golden = suite.golden(next(entry for entry in suite.entries if entry.name == row.problem), row.dtype)
    assert row.declaration is not None  # of a run that was judged
    with progress_stages() as stage:
        advance = stage(f"shrink {row.problem}, {row.dtype}")
        smallest = minimise(
            on_trial.candidate, golden.spec, row.declaration, Settings(dtype=row.dtype), progress=advance
        )
    click.echo(f"smallest case of {row.problem}, {row.dtype}: {summary(smallest)}")
    click.echo("\n".join(["", five_lines(smallest, on_trial.name), "", worked_out(smallest), ""]))


def _one_spec(on_trial: Target, options: dict[str, Any]) -> int:
    """Run one spec of the user's own; return the gravest exit code over the dtypes."""
    _refuse_beside_spec(options)
    from oracle.cli.options import read_spec
    from oracle.conformance.one_spec import judge_spec
    from oracle.report.facts import finding_text

    canonical = read_spec(options["spec"]).canonical
    inputs = canonical["inputs_as"]
    codes = []
    for dtype in options["dtypes"] or (("float64",) if inputs == "exact" else (inputs,)):
        declaration, found, diagnosis = judge_spec(on_trial, canonical, dtype)
        colour = COLOURS[found.outcome]
        click.secho(
            f"{found.outcome}: {on_trial.name}, {dtype}, {declaration.form} form", fg=colour, bold=True
        )
        click.echo(f"  {finding_text(found)}")
        if diagnosis is not None:
            click.echo(f"  {diagnosis.text}")
        codes.append(exit_code_of(found.outcome))
    return 1 if 1 in codes else max(codes)


def _refuse_beside_spec(options: dict[str, Any]) -> None:
    """Refuse what only the suite can follow."""
    names = {
        "only": "--only", "methods": "--method", "models": "--model", "quick": "--quick", "out": "--out",
        "report": "--report", "junit": "--junit", "badge": "--badge", "as_json": "--json", "minimise": "--minimise",
    }  # fmt: skip
    given = [name for option, name in names.items() if options[option]]
    if given:
        raise click.UsageError(f"`--spec` has no use for {', '.join(given)}: leave it out")


def _target(name: str, options: dict[str, Any]) -> Target:
    from oracle.conformance.target import Declared, resolve

    fields = ("form", "accumulate", "operands", "state")
    return resolve(name, Declared(**{field: options[field] or "" for field in fields}))


def _selection(options: dict[str, Any]) -> Selection:
    from oracle.conformance.runner import Selection

    dtypes, problems, methods, models = (
        tuple(dict.fromkeys(options[name])) for name in ("dtypes", "only", "methods", "models")
    )
    return Selection(dtypes, problems, methods, models, options["quick"])


def _list(options: dict[str, Any]) -> None:
    """Print the chosen problems: name, method, model, dtypes and why each is asked."""
    from oracle.conformance.shipped import load_suite

    suite, selection = load_suite(), _selection(options)
    for entry in suite.entries:
        if selection.holds(entry):
            dtypes = ", ".join(entry.goldens)
            click.echo(f"{entry.name:<26}  {entry.method}, {entry.model}; {dtypes}")
            click.echo(f"{'':<26}  {entry.why}")
    click.echo(f"suite {suite.version}: {len(suite.entries)} problems, {len(suite)} goldens, {suite.digest}")


def _installed() -> str:
    """Return the names of what is installed."""
    from importlib.metadata import entry_points

    from oracle.conformance.target import GROUPS

    names = sorted({point.name for group in GROUPS for point in entry_points(group=group)})
    return ", ".join(names) or f"none installed beside `{os.getcwd()}`"
