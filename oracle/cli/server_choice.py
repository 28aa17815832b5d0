"""The options before a command that name a server, and the client that they lead to."""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from oracle.client.client import Client

__all__ = ["TAKES_A_SERVER", "ServerChoice", "chosen_server", "remember_server", "server_options"]

TAKES_A_SERVER = ("check", "golden")
# as in `oracle.client`, which is not imported for `--help`; a test holds the two together
VARIABLE = "MOMENTUM_ORACLE_SERVER"


@dataclass(frozen=True)
class ServerChoice:
    """Who is asked.

    Parameters
    ----------
    url : str
    token_file : Path or None
        Else the token is that of ``$MOMENTUM_ORACLE_TOKEN``, or there is none.
    allow_plain : bool
        Whether the token may travel over plain HTTP to another machine.
    """

    url: str
    token_file: Path | None = None
    allow_plain: bool = False

    def client(self) -> Client:
        """Return a client of the server.

        Raises
        ------
        oracle.client.errors.ClientError
            If address or token cannot be used.
        """
        from oracle.client.client import Client
        from oracle.client.secret import token_in_file

        token = None if self.token_file is None else token_in_file(self.token_file)
        return Client(self.url, token, allow_plain=self.allow_plain)


def server_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--server` and what belongs to it."""
    options = (
        click.option(
            "--server",
            metavar="URL",
            envvar=VARIABLE,
            help=f"Ask the server at this address (`golden` and `check`); '' computes here. [default: ${VARIABLE}]",
        ),
        click.option(
            "--token-file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Where the token for the server is. [default: $MOMENTUM_ORACLE_TOKEN holds it]",
        ),
        click.option(
            "--allow-plain-http",
            is_flag=True,
            help="Send the token over plain HTTP to another machine: only where the network is trusted.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def remember_server(
    ctx: click.Context, server: str | None, token_file: Path | None, allow_plain: bool
) -> None:
    """Keep the choice for the command that follows.

    Raises
    ------
    click.UsageError
        If the command takes no server, or a token is named without one.
    """
    said = [name for name in ("server", "token_file", "allow_plain_http") if _was_said(ctx, name)]
    option = "--" + said[0].replace("_", "-") if said else ""
    if said and ctx.invoked_subcommand not in TAKES_A_SERVER:
        raise click.UsageError(
            f"`{option}` does not go with `oracle {ctx.invoked_subcommand}`, which works on this machine; it goes with "
            f"{' and '.join(f'`{name}`' for name in TAKES_A_SERVER)}: leave it out"
        )
    url = (server or "").strip()
    if said and not url and option != "--server":
        raise click.UsageError(
            f"`{option}` is for a server, and none is named; add `--server URL` or set ${VARIABLE}"
        )
    if url:
        ctx.obj = ServerChoice(url, token_file, allow_plain)


def chosen_server(ctx: click.Context) -> ServerChoice | None:
    """Return who is to be asked; None where the command computes here."""
    return ctx.find_object(ServerChoice)


def _was_said(ctx: click.Context, name: str) -> bool:
    """Whether an option was given on the command line; the environment speaks to every command."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
