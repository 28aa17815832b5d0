"""`oracle serve`: the HTTP service."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oracle.cli.options import store_option

if TYPE_CHECKING:
    from oracle.service.limits import Limits
    from oracle.service.settings import ServiceSettings

__all__ = ["serve"]

EXTRA = (
    "fastapi",
    "uvicorn",
    "httptools",
    "uvloop",
    "multipart",
    "python_multipart",
    "structlog",
    "prometheus_client",
)


def _limit(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """Return what `--limit NAME=VALUE` says, by name."""
    given: dict[str, int] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not (value.strip().isascii() and value.strip().isdecimal()):
            raise click.BadParameter(
                f"`{text}` is no limit; expected NAME=WHOLE NUMBER, as in `steps=200000`"
            )
        given[name.strip().replace("-", "_")] = int(value)
    return given


@click.command(short_help="Serve goldens, verdicts and claims over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any that is free."
)
@store_option
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Tokens, jobs, uploads, reports. [default: $MOMENTUM_ORACLE_DATA, else the user's state directory]",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes for long computations. [default: one a core]"
)
@click.option(
    "--open-to-network",
    is_flag=True,
    help="Listen on an address beyond loopback; every request then needs a token.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name of this server's own, as clients address it.",
)
@click.option(
    "--log-format", type=click.Choice(("json", "text")), help="[default: text on a terminal, JSON elsewhere]"
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_limit,
    metavar="NAME=VALUE",
    help="Grant more or less than by default; may be repeated. `--limits` lists the names.",
)
@click.option(
    "--limits", "list_limits", is_flag=True, help="List every limit, its value and what it counts, and leave."
)
def serve(list_limits: bool, **options: Any) -> None:
    """Serve goldens, verdicts and claims over HTTP, with a page for people.

    Listens on this machine alone unless told otherwise. As long as no token was made (`oracle token create`), whoever
    can reach it may use it. Jobs, uploads and reports are kept under --data: a server that was ended, or killed, goes on
    where it was when it is started again.

    \b
    Examples:
      oracle serve
      oracle serve --port 0 --store /srv/goldens --data /srv/oracle --workers 8
      oracle serve --limit steps=1000000 --limit job-seconds=3600
      oracle token create ci --scope check && oracle serve --host 0.0.0.0 --open-to-network

    \b
    Then:
      http://127.0.0.1:8765/       the page for people
      http://127.0.0.1:8765/docs   the interface for programs
    """
    _require_extra()
    settings = _settings(options)
    if list_limits:
        from oracle.cli.limits_text import limits_lines

        click.echo("\n".join(limits_lines(settings.limits)))
        return
    _require_data(settings.data)
    from oracle.service.server import serve as run
    from oracle.service.settings import SettingsError

    def tell(address: str, here: str) -> None:
        opened = "" if here == address else f"on this machine {here}; "
        click.echo(f"oracle: serving on {address} ({opened}store {settings.store})", err=True)

    if settings.open_to_network and settings.is_loopback:
        click.echo(
            f"oracle: `--open-to-network` opens nothing: `{settings.host}` is reached from this machine alone; "
            "`--host 0.0.0.0` is for others too",
            err=True,
        )

    try:
        run(settings, tell)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _require_extra() -> None:
    """Say which extra is missing, rather than which module."""
    from importlib import import_module

    try:
        import_module("oracle.service.app")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRA:
            raise
        raise click.UsageError(
            f"the service needs `{error.name}`, which is not installed: `pip install 'momentum-oracle[service]'`"
        ) from error


def _require_data(data: Path) -> None:
    """Say that the data directory cannot be used, rather than the store, which is another."""
    from oracle.service.service import DATA_MODE
    from oracle.store_files import require_writable

    try:
        require_writable(data, DATA_MODE)
    except OSError as error:
        raise click.UsageError(
            f"the data directory `{data}` cannot be used ({error.strerror}): name another with `--data`"
        ) from error


def _settings(options: dict[str, Any]) -> ServiceSettings:
    from oracle.cli.claims import claims_folder
    from oracle.service.data_root import default_data_root
    from oracle.service.settings import ServiceSettings, SettingsError, cores
    from oracle.store import default_root

    try:
        return ServiceSettings(
            store=(options["store"] or default_root()).absolute(),
            data=(options["data"] or default_data_root()).absolute(),
            claims=claims_folder().absolute(),
            host=options["host"],
            port=options["port"],
            workers=options["workers"] or cores(),
            open_to_network=options["open_to_network"],
            allowed_hosts=options["hosts"],
            log_format=options["log_format"] or "",
            limits=_limits(options["limits"]),
        )
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _limits(given: dict[str, int]) -> Limits:
    from dataclasses import fields

    from oracle.service.limits import Limits

    known = [field.name for field in fields(Limits)]
    for name in given:
        if name not in known:
            named = ", ".join(other.replace("_", "-") for other in known)
            raise click.BadParameter(
                f"`{name.replace('_', '-')}` is no limit; expected one of {named}", param_hint="'--limit'"
            )
    try:
        return Limits(**given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--limit'") from error
