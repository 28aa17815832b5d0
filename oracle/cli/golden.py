"""`oracle golden`: compute or fetch a certified golden."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.errors import SERVER_GOES_ON, interrupted_as
from oracle.cli.options import read_spec, store_option
from oracle.cli.progress import Stage, progress_stages
from oracle.cli.server_choice import ServerChoice, chosen_server

if TYPE_CHECKING:
    from oracle.records.golden import Golden
    from oracle.records.record_errors import StoreError
    from oracle.spec import Spec

__all__ = ["golden", "golden_lines"]

SHOWN_COORDINATES = 3
SHOWN_FACTS = ("enclosure", "precision_bits", "bits_lost_per_step", "movement_left", "contraction", "seconds")


@click.command(short_help="Compute or fetch a certified golden.")
@click.argument("spec", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print the golden as JSON, and nothing else.")
@click.option(
    "--npz", type=click.Path(path_type=Path), metavar="OUT", help="Also write the golden as a sealed `.npz`."
)
@store_option
@click.pass_context
def golden(ctx: click.Context, spec: Path, as_json: bool, npz: Path | None, store: Path | None) -> None:
    """Compute the golden of SPEC, or fetch it where the store has it.

    With `oracle --server URL` a server computes or fetches it; it is then kept here only where --store says so.

    SPEC is a JSON file, or - for standard input. Its `want` says what is computed: the iterates of a
    method, a flow at given times, the limit of either, integrals along the way, or the minimiser of a
    potential.

    \b
    Examples:
      oracle golden spec.json
      oracle golden spec.json --json > golden.json
      oracle golden - --npz golden.npz < spec.json
      oracle --server http://127.0.0.1:8765 golden spec.json

    \b
    Wants:
      "want": {"kind": "iterates", "steps": [0, 1, 100]}
      "want": {"kind": "flow", "times": ["0", "1/2", "30"]}
      "want": {"kind": "limit"}
      "want": {"kind": "integrals", "to": "limit"}   or "steps": [...]   or "times": [...]
      "want": {"kind": "kkt", "xi": "0.01", "linear": "0"}
    """
    from oracle.records.golden import golden_json
    from oracle.records.npz import write_npz

    parsed, server = read_spec(spec), chosen_server(ctx)
    left = "nothing was stored; run it again" if server is None else SERVER_GOES_ON
    with interrupted_as(left), progress_stages() as stage:
        had = _here(parsed, store, stage) if server is None else _from_server(server, parsed, store, stage)
    if npz is not None:
        write_npz(had.golden, npz)
    click.echo(json.dumps(golden_json(had.golden)) if as_json else "\n".join(golden_lines(had.golden)))
    if had.unstored is not None:
        raise had.unstored
    if not as_json:
        click.echo(f"  {had.place}")


@dataclass(frozen=True)
class Had:
    """A golden, where it came from or went to, and what kept it from being stored."""

    golden: Golden
    place: str
    unstored: StoreError | None = None


def _here(spec: Spec, store: Path | None, stage: Stage) -> Had:
    """Fetch the golden from the store, or compute it."""
    from oracle.goldens import UnstoredGoldenError, fetch_or_compute
    from oracle.store import Store

    kept = Store(store)
    try:
        found, was_stored = fetch_or_compute(spec, kept, stage("certify"))
    except UnstoredGoldenError as error:  # printed all the same: it may have taken hours
        return Had(error.golden, "", error)
    return Had(found, f"{'fetched from' if was_stored else 'stored in'} {kept.root}")


def _from_server(server: ServerChoice, spec: Spec, store: Path | None, stage: Stage) -> Had:
    """Ask a server for the golden; keep it where a store was named."""
    from oracle.records.record_errors import StoreError
    from oracle.store import Store

    kept = None if store is None else Store(store)
    if kept is not None:
        kept.require_writable()
    with server.client() as client:
        found, place = client.golden(spec, stage("wait for the server")), f"from {client.url}"
    if kept is None:
        return Had(found, place)
    try:
        kept.put(found)
    except StoreError as error:
        return Had(found, place, error)
    return Had(found, f"{place}, stored in {kept.root}")


def golden_lines(found: Golden) -> list[str]:
    """Return a short account of a golden for people."""
    lines = [
        f"{found.grade} golden {found.digest}",
        f"  spec     {found.spec_digest}",
        f"  want     {_want(found)}",
        f"  digits   {found.digits} ({found.spec['digits']} asked)",
    ]
    for name in SHOWN_FACTS:
        if name in found.provenance:
            lines.append(f"  {name.replace('_', ' '):<8} {found.provenance[name]}")
    return [*lines, f"  {_place(found)}:", *_last_values(found)]


def _want(found: Golden) -> str:
    """Return what was asked for, of what."""
    spec = found.spec
    method = f" of {spec['method']['name']}" if "method" in spec else ""
    count = f", {found.rows} of them" if not found.is_single else ""
    return (
        f"{spec['want']['kind']}{method} on {spec['problem']['kind']}, model {spec['model']}, "
        f"inputs as {spec['inputs_as']}{count}"
    )


def _place(found: Golden) -> str:
    """Return where the shown values belong."""
    if found.steps:
        return f"at step {found.steps[-1]}"
    if found.times:
        return f"at time {found.times[-1]}"
    if found.used:
        ((name, value),) = found.used.items()
        after = f"{value} steps" if name == "steps" else f"time {float(Fraction(str(value))):.6g}"
        return f"at the limit, read off after {after}"
    return "at the minimiser"


def _last_values(found: Golden) -> list[str]:
    """Return the first coordinates of every array at the last step; a zero with its radius, which is all that is known."""
    from oracle.records.decimal_text import radius_texts, value_texts

    lines = []
    for name, grid in found.arrays.items():
        values, radii = value_texts(grid.rows[-1]), radius_texts(grid.rows[-1])
        texts = [
            f"0 ± {radius}" if value == "0" and radius != "0" else value
            for value, radius in zip(values, radii, strict=True)
        ]
        for i, text in enumerate(texts[:SHOWN_COORDINATES]):
            lines.append(f"    {name if grid.scalar else f'{name}[{i}]'} = {text}")
        if len(texts) > SHOWN_COORDINATES:
            lines.append(f"    … {len(texts) - SHOWN_COORDINATES} more in {name}")
    return lines
