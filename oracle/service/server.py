"""Run the application under uvicorn until it is told to stop."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from oracle.service.app import application
from oracle.service.logs import logger, take_over
from oracle.service.protocol import LimitedProtocol
from oracle.service.settings import ServiceSettings, SettingsError

__all__ = ["bound", "serve", "server_of"]

SECONDS_TO_FINISH = 5
EVERY = {
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
}  # what stands for every address, and one of them that is always here
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class _Server(uvicorn.Server):
    """uvicorn's, which says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve(settings: ServiceSettings, on_ready: Callable[[str, str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : ServiceSettings
    on_ready : callable
        Told the address once requests are taken, and one that opens on this machine: another where all are listened on.

    Raises
    ------
    SettingsError
        If the address cannot be listened on, and as `application`.
    """
    # each worker is one of several: threads of its own would only be in the others' way
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")
    log = logger(settings.log_format)
    take_over(log, "uvicorn", "asyncio", "python_multipart")
    with bound(settings) as listening:
        host, port = listening.getsockname()[:2]
        addresses = [
            f"http://{f'[{name}]' if ':' in name else name}:{port}" for name in (host, EVERY.get(host, host))
        ]
        server_of(application(settings, log), settings, lambda: on_ready(*addresses)).run([listening])


def server_of(app: ASGIApp, settings: ServiceSettings, on_ready: Callable[[], None]) -> uvicorn.Server:
    """Return the server of an application, which `run` has serve on a socket.

    Parameters
    ----------
    app : ASGI application
        What `application` returned.
    settings : ServiceSettings
    on_ready : callable
        Told once requests are taken.
    """
    limits = settings.limits
    config = uvicorn.Config(
        app,
        http=partial(LimitedProtocol, limits=limits),  # type: ignore[arg-type] # it is called as the class is
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="on",
        limit_concurrency=limits.connections,
        timeout_keep_alive=int(limits.idle_seconds),
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        backlog=1024,
    )
    return _Server(config, on_ready)


def bound(settings: ServiceSettings) -> socket.socket:
    """Return a socket at the address of the settings.

    Raises
    ------
    SettingsError
        If another program has it, or it is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (socket.gaierror, UnicodeError) as error:
        listening.close()
        raise SettingsError(
            f"`--host` is `{settings.host}`, which is no address and no known name; expected an address of this machine, "
            "as in `127.0.0.1` or `0.0.0.0` (all of them)"
        ) from error
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"`{settings.host}:{settings.port}` cannot be listened on ({error.strerror or error}): another program has "
            "it, or it is no address of this machine; choose another with `--port` (0 takes any that is free)"
        ) from error
    return listening
