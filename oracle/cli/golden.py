"""`oracle golden`: compute or fetch a certified golden."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.options import read_spec, store_option
from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.records.golden import Golden

__all__ = ["golden", "golden_lines"]

SHOWN_COORDINATES = 3


@click.command(short_help="Compute or fetch a certified golden.")
@click.argument("spec", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print the golden as JSON, and nothing else.")
@click.option(
    "--npz", type=click.Path(path_type=Path), metavar="OUT", help="Also write the golden as a sealed `.npz`."
)
@store_option
def golden(spec: Path, as_json: bool, npz: Path | None, store: Path | None) -> None:
    """Compute the golden of SPEC, or fetch it where the store has it.

    SPEC is a JSON file, or - for standard input.

    \b
    Examples:
      oracle golden spec.json
      oracle golden spec.json --json > golden.json
      oracle golden - --npz golden.npz < spec.json
    """
    from oracle.goldens import UnstoredGoldenError, fetch_or_compute
    from oracle.records.golden import golden_json
    from oracle.records.npz import write_npz
    from oracle.store import Store

    parsed = read_spec(spec)
    kept = Store(store)
    unstored = None
    with progress_stages() as stage:
        try:
            found, was_stored = fetch_or_compute(parsed, kept, stage("certify"))
        except UnstoredGoldenError as error:  # printed all the same: it may have taken hours
            found, was_stored, unstored = error.golden, False, error
    if npz is not None:
        write_npz(found, npz)
    click.echo(json.dumps(golden_json(found)) if as_json else "\n".join(golden_lines(found)))
    if unstored is not None:
        raise unstored
    if not as_json:
        click.echo(f"  {'fetched from' if was_stored else 'stored in'} {kept.root}")


def golden_lines(found: Golden) -> list[str]:
    """Return a short account of a golden for people."""
    method, provenance = found.spec["method"]["name"], found.provenance
    lines = [
        f"{found.grade} golden {found.digest}",
        f"  spec     {found.spec_digest}",
        f"  method   {method} on {found.spec['problem']['kind']}, model {found.spec['model']}, "
        f"inputs as {found.spec['inputs_as']}",
        f"  digits   {found.digits} ({found.spec['digits']} asked)",
        f"  states   {len(found.steps)}, from step {found.steps[0]} to step {found.steps[-1]}",
    ]
    for name in ("precision_bits", "bits_lost_per_step", "seconds"):
        if name in provenance:
            lines.append(f"  {name.replace('_', ' '):<8} {provenance[name]}")
    return [*lines, f"  at step {found.steps[-1]}:", *_last_values(found)]


def _last_values(found: Golden) -> list[str]:
    """Return the first coordinates of every array at the last step."""
    from oracle.records.decimal_text import value_texts

    lines = []
    for name, grid in found.arrays.items():
        texts = value_texts(grid.rows[-1])
        for i, text in enumerate(texts[:SHOWN_COORDINATES]):
            lines.append(f"    {name if grid.scalar else f'{name}[{i}]'} = {text}")
        if len(texts) > SHOWN_COORDINATES:
            lines.append(f"    … {len(texts) - SHOWN_COORDINATES} more in {name}")
    return lines
