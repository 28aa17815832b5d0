"""`oracle check`: compare recorded arrays with the golden of a spec."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.exit_codes import exit_code_of
from oracle.cli.options import arithmetic_options, read_spec, store_option
from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.report.comparison import Comparison

__all__ = ["check"]

# as in `oracle.check`, which is not imported for `--help`; a test holds the two together
DTYPES = ("float64", "float32", "bfloat16", "float16")
FORMS = ("velocity", "position", "buffer")


@click.command(short_help="Compare recorded arrays with the golden of a spec.")
@click.argument("spec", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("candidate", type=click.Path(path_type=Path))
@click.option(
    "--dtype", type=click.Choice(DTYPES), help="Arithmetic of the candidate. [default: its arrays' dtype]"
)
@click.option(
    "--form", type=click.Choice(FORMS), default="velocity", show_default=True,
    help="How the candidate writes its update.",
)  # fmt: skip
@arithmetic_options[0]
@arithmetic_options[1]
@arithmetic_options[2]
@click.option("--report", type=click.Path(path_type=Path), metavar="HTML", help="Write a report for people.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="XML", help="Write a JUnit report for CI.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON, and nothing else.")
@store_option
@click.pass_context
def check(  # noqa: PLR0913, PLR0917 - a command has as many arguments as options
    ctx: click.Context,
    spec: Path,
    candidate: Path,
    dtype: str | None,
    form: str,
    accumulate: str | None,
    operands: str | None,
    state: str | None,
    report: Path | None,
    junit: Path | None,
    as_json: bool,
    store: Path | None,
) -> None:
    """Compare CANDIDATE, an `.npz`, with the golden of SPEC.

    CANDIDATE holds `steps` and arrays named as in the golden's values: `u` of shape (steps, d), …

    \b
    Examples:
      oracle check spec.json run.npz
      oracle check spec.json run.npz --form buffer --report run.html --junit run.xml
      oracle check spec.json run.npz --dtype float32 --state bfloat16

    Leaves with 0 where it agrees, 1 where it disagrees, 3 where that cannot be decided.
    """
    from oracle.check import CheckRequest
    from oracle.check import check as compare
    from oracle.report.json_report import comparison_json
    from oracle.store import Store

    declared = (dtype, form, accumulate, operands, state)
    request = CheckRequest(read_spec(spec), candidate, *(word or "" for word in declared))
    with progress_stages() as stage:
        comparison = compare(request, Store(store), stage("certify"))
    _write_reports(comparison, report, junit)
    if as_json:
        click.echo(json.dumps(comparison_json(comparison), allow_nan=False))
    else:
        click.echo("\n".join(_lines(comparison)))
    ctx.exit(exit_code_of(comparison.verdict.outcome))


def _write_reports(comparison: Comparison, html: Path | None, junit: Path | None) -> None:
    if html is None and junit is None:
        return
    from oracle.report.comparison import Report
    from oracle.report.files import write_text
    from oracle.report.html import render_html
    from oracle.report.junit import render_junit
    from oracle.versions import versions

    report = Report(
        f"check of {comparison.candidate}", (comparison,), (), versions(), comparison.verdict.seconds
    )
    if html is not None:
        write_text(html, render_html(report))
    if junit is not None:
        write_text(junit, render_junit(report))


def _lines(comparison: Comparison) -> list[str]:
    """Return the verdict for people."""
    from oracle.report.facts import decisive_finding, explanation_lines, facts_of, finding_text
    from oracle.report.figures import bounds

    facts, finding = facts_of(comparison), decisive_finding(comparison)
    lines = [f"{comparison.verdict.outcome}: {comparison.title}"]
    if finding is not None:
        lines.append(f"  {finding_text(finding)}")
    lines += [f"  {line}" for line in explanation_lines(comparison.verdict)]
    if facts.local_ratio is not None:
        lines.append(
            f"  largest local error: {bounds(facts.local_ratio)} of its bound, at step {facts.local_step}"
        )
    for error in facts.final_errors:
        relative = "" if error.relative is None else f", {error.relative:.2e} relative"
        lines.append(f"  {error.observable} at step {facts.final_step}: error {error.absolute:.2e}{relative}")
    return [*lines, f"  golden {comparison.golden.digest} ({comparison.golden.grade})"]
