"""`oracle check`: compare recorded arrays with the golden of a spec."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
from pathlib import Path

import click

from oracle.cli.checked import Checked, Declared, check_by_server, check_here
from oracle.cli.errors import SERVER_GOES_ON, interrupted_as
from oracle.cli.exit_codes import exit_code_of
from oracle.cli.options import arithmetic_options, read_spec, store_option
from oracle.cli.progress import progress_stages
from oracle.cli.server_choice import chosen_server

__all__ = ["check"]

# as in `oracle.check`, which is not imported for `--help`; a test holds the two together
DTYPES = ("float64", "float32", "bfloat16", "float16")
FORMS = ("velocity", "position", "buffer")
NO_VERDICT = "no verdict was given; a golden that was finished is stored: run it again"


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
    With `oracle --server URL` a server judges it, and CANDIDATE is sent there.

    \b
    Examples:
      oracle check spec.json run.npz
      oracle check spec.json run.npz --form buffer --report run.html --junit run.xml
      oracle check spec.json run.npz --dtype float32 --state bfloat16
      oracle --server http://127.0.0.1:8765 check spec.json run.npz

    Leaves with 0 where it agrees, 1 where it disagrees, 3 where that cannot be decided.
    """
    from oracle.report.check_text import check_lines

    declared = Declared(dtype or "", form, accumulate or "", operands or "", state or "")
    server = chosen_server(ctx)
    if server is not None and store is not None:
        raise click.UsageError(
            f"`--store` says where goldens are kept on this machine, and `{server.url}` is asked, which keeps its own: "
            "leave out one of `--store` and `--server`"
        )
    left = NO_VERDICT if server is None else SERVER_GOES_ON
    with interrupted_as(left), progress_stages() as stage:
        if server is None:
            found = check_here(read_spec(spec), candidate, declared, store, stage("certify"))
        else:
            parsed = read_spec(spec)
            found = check_by_server(server, parsed, candidate, declared, stage("wait for the server"))
        _write_reports(found, report, junit)
    if as_json:
        click.echo(json.dumps(found.comparison, allow_nan=False))
    else:
        click.echo("\n".join(check_lines(found.told)))
    ctx.exit(exit_code_of(found.told.verdict.outcome))


def _write_reports(found: Checked, html: Path | None, junit: Path | None) -> None:
    from oracle.report.files import write_text

    if html is not None:
        write_text(html, found.html())
    if junit is not None:
        write_text(junit, found.junit())
