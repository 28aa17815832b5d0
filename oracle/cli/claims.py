"""`oracle claims`: the ledger of published claims."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.claims.claim import Claim, Setting
    from oracle.claims.ledger import Entry

__all__ = ["claims", "claims_folder"]

Command = Callable[..., Any]
CHANGED, BROKE_OFF = 1, 3


def _selection(command: Command) -> Command:
    """Add the options that say which claims, and how."""
    for option in reversed(
        (
            click.option("--only", multiple=True, metavar="ID", help="This claim alone; may be repeated."),
            click.option(
                "--paper", multiple=True, type=click.Choice(("000", "001", "002", "003", "own")),
                help="Claims of this paper alone; may be repeated.",
            ),
            click.option("--list", "list_only", is_flag=True, help="List the claims and leave; computes nothing."),
            click.option("--doubled", is_flag=True, help="Twice the digits and bits of everything."),
            click.option(
                "--figures", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
                help="Results of `python -m lightning_runs.figures`. [default: those that come with the package]",
            ),
            click.option("--workers", type=click.IntRange(1, 64), help="Processes. [default: one a core]"),
            click.option(
                "--work", type=click.Path(path_type=Path), metavar="DIR",
                help="Where finished claims are kept. [default: the user's cache directory]",
            ),
            click.option("--fresh", is_flag=True, help="Compute again what is finished already."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def _output(command: Command) -> Command:
    """Add the options that say what is told, and where."""
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="Print the ledger as JSON and nothing else."),
            click.option(
                "--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                help="Write the page to this file, and the JSON beside it.",
            ),
            click.option(
                "--compare", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
                help="Leave with 1 if a verdict is another than in this JSON of an earlier run.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(short_help="Adjudicate what papers print about momentum.")
@_selection
@_output
@click.pass_context
def claims(ctx: click.Context, /, **options: Any) -> None:
    """Put every published claim to certified numbers, and say which hold.

    Each claim is one file under `oracle/claims`: the statement as printed, what would confirm and what would refute
    it, the computation. The verdict follows from the numbers by one rule (`oracle/claims/verdict.py`). Finished claims
    are kept, so that an interrupted run goes on where it stopped; a claim whose computation, data or precision changed
    is computed again.

    \b
    Examples:
      oracle claims --report claims.html
      oracle claims --only P8 --only S2-19
      oracle claims --json > ledger.json
      oracle claims --doubled --compare ledger.json

    \b
    Exit codes:
      0  done                              1  a verdict is another than in --compare
      2  misuse                            3  a computation broke off
    """
    chosen = _chosen(options)
    if options["list_only"]:
        from oracle.report.claims_text import claim_list

        click.echo("\n".join(claim_list(chosen)))
        return
    from oracle.claims.claim import Setting

    setting = Setting(2 if options["doubled"] else 1, options["figures"])
    earlier = options["compare"].read_text(encoding="utf-8") if options["compare"] else None
    if earlier is not None:
        _changed(earlier, ())  # what is no ledger is refused before minutes are spent
    entries = _adjudicated(chosen, setting, options)
    changed = _changed(earlier, entries) if earlier is not None else []
    _tell(entries, setting, changed, options)
    ctx.exit(BROKE_OFF if any(entry.failure for entry in entries) else CHANGED if changed else 0)


def _chosen(options: dict[str, Any]) -> list[Claim]:
    from oracle.claims.catalogue import UnknownClaimError, chosen

    try:
        found = chosen(options["only"])
    except UnknownClaimError as error:
        raise click.BadParameter(str(error), param_hint="'--only'") from error
    papers = options["paper"]
    found = [claim for claim in found if not papers or claim.paper in papers]
    if not found:
        raise click.UsageError("no claim is left: `--only` and `--paper` name different papers")
    return found


def _adjudicated(chosen: Sequence[Claim], setting: Setting, options: dict[str, Any]) -> list[Entry]:
    from oracle.claims.ledger import adjudicate
    from oracle.claims.stored import StoredFindings

    folder = options["work"] or claims_folder()
    folder.mkdir(parents=True, exist_ok=True)
    stored = StoredFindings(folder, fresh=options["fresh"])
    with progress_stages() as stage:
        advance = stage("put the claims to numbers")
        return adjudicate(
            chosen, setting, stored, workers=options["workers"] or os.cpu_count() or 1, advance=advance
        )


def claims_folder() -> Path:
    """Return where finished claims are kept by default: the user's cache directory."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("momentum-oracle")) / "claims"


def _changed(earlier: str, entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    from oracle.report.claims_json import changed_verdicts

    try:
        return changed_verdicts(earlier, entries)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--compare'") from error


def _tell(
    entries: Sequence[Entry],
    setting: Setting,
    changed: Sequence[tuple[str, str, str]],
    options: dict[str, Any],
) -> None:
    """Write the report, print the ledger, and what changed."""
    from oracle.report.claims_json import render_claims_json
    from oracle.report.claims_text import ledger_lines
    from oracle.versions import versions

    found = versions()
    text = render_claims_json(entries, setting, found)
    written = _write(entries, setting, found, options["report"]) if options["report"] else []
    if options["as_json"]:
        click.echo(text, nl=False)
    else:
        click.echo("\n".join(ledger_lines(entries, whole=bool(options["only"]))))
    for name, before, now in changed:
        click.echo(f"{name}: {now}, and it was: {before}", err=options["as_json"])
    for path in written:
        click.echo(f"report: {path}", err=options["as_json"])


def _write(entries: Sequence[Entry], setting: Setting, found: dict[str, str], path: Path) -> list[Path]:
    from oracle.claims.figure_results import all_figures
    from oracle.report.claims_html import render_claims_html
    from oracle.report.claims_json import render_claims_json
    from oracle.report.files import write_text

    shown = {entry.claim.paper for entry in entries}
    figures = [figure for figure in all_figures(setting) if figure.paper in shown]
    beside = path.with_suffix(".json")
    return [
        write_text(path, render_claims_html(entries, setting, found, figures)),
        write_text(beside, render_claims_json(entries, setting, found)),
    ]
