"""What a session was asked on its command line and in its ini file, checked before the first test runs."""

# ruff: noqa: PLC0415 - a session that names no server imports nothing of the client

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["ALLOWED", "SUFFIXES", "Settings", "add_options", "has_benchmark", "is_worker", "settings_of"]

SERVER_VARIABLE = "MOMENTUM_ORACLE_SERVER"  # as in `oracle.client.address`
SUFFIXES = (".html", ".json", ".xml")
ALLOWED = 1.25  # see `oracle.pytest_plugin.earlier`


@dataclass(frozen=True)
class Settings:
    """The options of a session.

    Parameters
    ----------
    reports : tuple of Path
        Where to write the report; the suffix says as what.
    store : Path or None
        Where goldens are kept; None for the default place, which need not be writable.
    server : str
        Address of a server that is asked for goldens; empty for none.
    earlier : Path or None
        A pytest-benchmark JSON whose accuracies are to be kept.
    allowed : float
        Factor by which an accuracy that nobody stated may fall behind the earlier one.
    """

    reports: tuple[Path, ...] = ()
    store: Path | None = None
    server: str = ""
    earlier: Path | None = None
    allowed: float = ALLOWED


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the ini file."""
    group = parser.getgroup("oracle", "momentum oracle")
    group.addoption(
        "--oracle-report",
        action="append",
        default=[],
        metavar="PATH",
        help="Write one report over all runs judged: .html for people, .json for programs, .xml (JUnit) for CI. "
        "May be given several times.",
    )
    group.addoption(
        "--oracle-store",
        default=None,
        metavar="DIR",
        help="Keep goldens here. [default: ini `oracle_store`, $MOMENTUM_ORACLE_STORE, the user's data directory]",
    )
    group.addoption(
        "--oracle-server",
        default=None,
        metavar="URL",
        help="Ask this server for goldens that the store lacks, before computing them. Its token is that of "
        "$MOMENTUM_ORACLE_TOKEN. [default: ini `oracle_server`, $MOMENTUM_ORACLE_SERVER, none]",
    )
    group.addoption(
        "--oracle-compare",
        default=None,
        metavar="EARLIER",
        help="A JSON of pytest-benchmark: fail every `oracle_benchmark` that is less accurate than it was or "
        "declared there, however fast it is now.",
    )
    group.addoption(
        "--oracle-allow",
        default=ALLOWED,
        type=float,
        metavar="FACTOR",
        help="With --oracle-compare: by what factor the typical error of a kernel that states no accuracy may grow. "
        "[default: %(default)s]",
    )
    parser.addini("oracle_store", "Directory where goldens are kept, relative to the ini file.", default="")
    parser.addini("oracle_server", "Address of a server that is asked for goldens.", default="")


def settings_of(config: pytest.Config) -> Settings:
    """Return the options of a session.

    Raises
    ------
    pytest.UsageError
        If a report has no suffix that says what it is, a file or directory is in the wrong place, a factor is
        none, or a server cannot be asked.
    """
    here = config.invocation_params.dir
    settings = Settings(
        reports=tuple(here / path for path in config.getoption("oracle_report")),
        store=_store(config),
        server=_server(config),
        earlier=None
        if config.getoption("oracle_compare") is None
        else here / config.getoption("oracle_compare"),
        allowed=config.getoption("oracle_allow"),
    )
    _check(settings)
    return settings


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another that reports them (pytest-xdist)."""
    return hasattr(config, "workerinput")


def has_benchmark(config: pytest.Config) -> bool:
    """Whether pytest-benchmark is installed and switched on."""
    return config.pluginmanager.hasplugin("benchmark")


def _store(config: pytest.Config) -> Path | None:
    named, in_file = config.getoption("oracle_store"), config.getini("oracle_store")
    if named is not None:
        return config.invocation_params.dir / Path(named).expanduser()
    folder = config.rootpath if config.inipath is None else config.inipath.parent
    return folder / Path(in_file).expanduser() if in_file else None


def _server(config: pytest.Config) -> str:
    """Return the server's address; one that the command line or the ini file names is checked."""
    named = config.getoption("oracle_server")
    said = config.getini("oracle_server") if named is None else named
    if not said.strip():
        return os.environ.get(SERVER_VARIABLE, "").strip() if named is None else ""
    from oracle.client.address import address_of, plain_allowed
    from oracle.client.errors import ClientError
    from oracle.client.secret import token_from

    try:
        address = address_of(said)
        if token_from(None) is not None:
            plain_allowed(address, allow_plain=False)
    except ClientError as error:
        raise pytest.UsageError(f"--oracle-server: {error}") from error
    return address.url


def _check(settings: Settings) -> None:
    for path in settings.reports:
        if path.suffix.lower() not in SUFFIXES:
            raise pytest.UsageError(
                f"--oracle-report: `{path.name}` has the suffix `{path.suffix}`; expected one of "
                f"{', '.join(SUFFIXES)}, which says what to write"
            )
        if path.is_dir():
            raise pytest.UsageError(f"--oracle-report: `{path}` is a directory; name a file in it")
    if settings.store is not None and settings.store.exists() and not settings.store.is_dir():
        raise pytest.UsageError(f"--oracle-store: `{settings.store}` is a file; expected a directory")
    if settings.earlier is not None and not settings.earlier.is_file():
        raise pytest.UsageError(
            f"--oracle-compare: `{settings.earlier}` is no file; expected what "
            "`pytest --benchmark-json=PATH` wrote"
        )
    if not (math.isfinite(settings.allowed) and settings.allowed >= 1):
        raise pytest.UsageError(
            f"--oracle-allow: {settings.allowed} is no factor to fall behind by; expected a number of at least 1"
        )
