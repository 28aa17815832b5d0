"""`oracle store`: look after the stored goldens."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from oracle.cli.exit_codes import DAMAGED
from oracle.cli.options import store_option
from oracle.cli.progress import progress_stages

__all__ = ["store"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else.")


@click.group(short_help="Look after the stored goldens.")
def store() -> None:
    """List, show, verify and tidy the stored goldens.

    \b
    Examples:
      oracle store ls
      oracle store show 3f9a1c
      oracle store verify
    """


@store.command(short_help="List the goldens.")
@json_option
@store_option
def ls(as_json: bool, store: Path | None) -> None:
    """List what the index says of every golden, oldest first.

    \b
    Examples:
      oracle store ls
      oracle store ls --json
    """
    from oracle.store import Store

    entries = Store(store).entries()
    if as_json:
        click.echo(_json(entries))
        return
    for entry in entries:
        size = f"n={entry.n} d={entry.d}" if entry.n and entry.d else ""
        click.echo(
            f"{entry.digest[:23]}  {entry.grade}  {entry.digits} digits  {entry.bytes} bytes  "
            f"{entry.created}  {entry.method} {entry.want} of {entry.kind} {size}".rstrip()
        )


@store.command(short_help="Show one golden.")
@click.argument("digest")
@json_option
@store_option
def show(digest: str, as_json: bool, store: Path | None) -> None:
    """Show the golden whose digest begins with DIGEST, all of it verified.

    \b
    Examples:
      oracle store show 3f9a1c
      oracle store show sha256:3f9a1c --json > golden.json
    """
    from oracle.cli.golden import golden_lines
    from oracle.records.golden import golden_json
    from oracle.store import Store

    kept = Store(store)
    found = kept.get(kept.resolve(digest))
    click.echo(json.dumps(golden_json(found)) if as_json else "\n".join(golden_lines(found)))


@store.command(short_help="Verify every record.")
@click.option("--rebuild", is_flag=True, help="Make the index agree with the records that are sound.")
@json_option
@store_option
@click.pass_context
def verify(ctx: click.Context, rebuild: bool, as_json: bool, store: Path | None) -> None:
    """Read and verify every record, and compare it with the index.

    Leaves with 4 if anything stored is damaged or missing, and names it.

    \b
    Examples:
      oracle store verify
      oracle store verify --rebuild
    """
    from oracle.store import Store

    kept = Store(store)
    with progress_stages() as stage:
        findings = (kept.rebuild if rebuild else kept.verify)(stage("verify the store"))
    lost = [finding for finding in findings if finding.is_failure]
    if as_json:
        click.echo(_json(findings))
    else:
        for finding in findings:
            if finding.reason:
                click.echo(f"{finding.state}: `{finding.path}`: {finding.reason}")
        sound = sum(finding.state == "sound" for finding in findings)
        click.echo(
            f"{sound} sound, {len(lost)} damaged or missing, {len(findings) - sound - len(lost)} to look at"
        )
    ctx.exit(DAMAGED if lost else 0)


@store.command(short_help="Remove what killed writers left.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--set-aside", is_flag=True, help="Also move damaged records out of the way, to be computed anew."
)
@json_option
@store_option
def gc(dry_run: bool, set_aside: bool, as_json: bool, store: Path | None) -> None:
    """Remove unfinished files; no golden is ever deleted.

    \b
    Examples:
      oracle store gc --dry-run
      oracle store gc --set-aside
    """
    from oracle.store import Store

    done = Store(store).gc(dry_run=dry_run, set_aside=set_aside)
    if as_json:
        click.echo(_json(done))
        return
    for removal in done:
        click.echo(f"{'would clear' if dry_run else 'cleared'} `{removal.path}`: {removal.reason}")
    click.echo(
        f"{len(done)} {'to clear' if dry_run else 'cleared'}, {sum(entry.bytes for entry in done)} bytes"
    )


def _json(entries: Iterable[Any]) -> str:
    """Return records as JSON; a path becomes its text."""
    return json.dumps([asdict(entry) for entry in entries], indent=2, default=str)
