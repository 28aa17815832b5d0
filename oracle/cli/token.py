"""`oracle token`: who may ask a server for what."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from oracle.service.tokens import Token, TokenFile

__all__ = ["token"]

SCOPES = {  # what each lets its holder do; names as in `oracle.service.token`: a test holds the two together
    "read": "fetch what is there",
    "compute": "ask for goldens and the claims",
    "check": "ask for verdicts",
}
DAY = 86_400
LONGEST = 36_500  # days

data_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="As of `oracle serve`. [default: $MOMENTUM_ORACLE_DATA, else the user's state directory]",
)


@click.group(short_help="Make and revoke tokens for a server.")
def token() -> None:
    """Make, list and revoke the tokens that a server lets in.

    As long as no token was ever made, a server on loopback lets everyone in. Running servers notice changes at once.
    Whoever has a token, of any scope, may read all that the server holds: goldens, and everyone's jobs, checks and
    reports. Uploaded candidates are never handed out.

    \b
    Examples:
      oracle token create ci --scope compute --scope check
      oracle token ls
      oracle token revoke ci
    """


@token.command(short_help="Make a token.")
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(tuple(SCOPES)), multiple=True,
    help=f"{'; '.join(f'{name}: {may}' for name, may in SCOPES.items())}. May be repeated.  [required]",
)  # fmt: skip
@click.option("--expires", type=click.IntRange(1, LONGEST), metavar="DAYS", help="[default: never]")
@data_option
def create(name: str, scopes: tuple[str, ...], expires: int | None, data: Path | None) -> None:
    """Make the token NAME, and print its secret: once, alone on standard output.

    \b
    Examples:
      oracle token create anna --scope read --scope compute --scope check
      export MOMENTUM_ORACLE_TOKEN=$(oracle token create ci --scope check --expires 90)
    """
    if not scopes:
        said = "; ".join(f"`--scope {scope}` to {may}" for scope, may in SCOPES.items())
        raise click.UsageError(
            f"`--scope` is missing, and without one a token allows nothing: {said}; it may be repeated"
        )
    until = None if expires is None else time.time() + DAY * expires
    with _misuse_told():
        made, secret = _file(data).create(name, scopes, until)
    click.echo(f"oracle: token {_line(made)}; its secret is not kept, so keep it now", err=True)
    click.echo(secret)


@token.command(short_help="List the tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else.")
@data_option
def ls(as_json: bool, data: Path | None) -> None:
    """List the tokens, oldest first; no part of a secret is known.

    \b
    Examples:
      oracle token ls
      oracle token ls --json
    """
    found = _file(data).tokens()
    if as_json:
        click.echo(json.dumps([_entry(one) for one in found], indent=2))
        return
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo(
            f"oracle: there is no token in `{_path(data)}`; make one with `oracle token create`", err=True
        )


@token.command(short_help="Revoke a token.")
@click.argument("name")
@data_option
def revoke(name: str, data: Path | None) -> None:
    """Revoke the token NAME. A server whose last token is revoked lets nobody in.

    \b
    Examples:
      oracle token revoke ci
    """
    with _misuse_told():
        _file(data).revoke(name)
    click.echo(f"revoked {name}")


def _file(data: Path | None) -> TokenFile:
    from oracle.service.tokens import TokenFile

    return TokenFile(_path(data))


def _path(data: Path | None) -> Path:
    from oracle.service.data_root import default_data_root

    return (data or default_data_root()) / "tokens.json"


@contextmanager
def _misuse_told() -> Iterator[None]:
    """Turn what cannot be done as asked into the exit code for misuse."""
    from oracle.service.tokens import TokenError

    try:
        yield
    except TokenError as error:
        raise click.UsageError(str(error)) from error


def _entry(one: Token) -> dict[str, Any]:
    return {
        "name": one.name,
        "scopes": sorted(one.scopes),
        "created": _when(one.created),
        "expires": None if one.expires is None else _when(one.expires),
    }


def _line(one: Token) -> str:
    """Return a token on one line."""
    until = "no end" if one.expires is None else f"until {_when(one.expires)}"
    return f"{one.name}  {','.join(sorted(one.scopes))}  made {_when(one.created)}, {until}"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
