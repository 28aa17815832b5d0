"""How a server is to run: where it listens, where it keeps what, how much it takes on."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from oracle.service.limits import Limits

__all__ = ["LOOPBACK", "ServiceSettings", "SettingsError", "cores"]

HOST_NAME = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", re.ASCII)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SettingsError(ValueError):
    """A setting that cannot be; the message says what to change."""


@dataclass(frozen=True)
class ServiceSettings:
    """The settings of one server.

    Parameters
    ----------
    store : Path
        Of the goldens.
    data : Path
        Of tokens, jobs, uploads and reports; one server at a time.
    claims : Path
        Where finished claims are kept, as `oracle claims` does.
    host, port : str, int
        Port 0 means any that is free.
    workers : int
        Processes for long computations; one more stands by for what is stored already.
    open_to_network : bool
        Whether an address beyond loopback may be listened on; tokens are then needed.
    allowed_hosts : tuple of str
        Names by which the server may be addressed besides those of loopback.
    log_format : str
        ``json``, ``text``, or empty for whichever fits.
    limits : Limits
    """

    store: Path
    data: Path
    claims: Path
    host: str = "127.0.0.1"
    port: int = 8765
    workers: int = field(default_factory=cores)
    open_to_network: bool = False
    allowed_hosts: tuple[str, ...] = ()
    log_format: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.is_loopback and not self.open_to_network:
            raise SettingsError(
                f"`--host {self.host}` is not loopback, so others on the network could reach this server: add "
                "`--open-to-network` if that is meant; every request then needs a token (`oracle token create`)"
            )
        if not 0 <= self.port < 2**16:
            raise SettingsError(f"`--port` is {self.port}; expected 0 (any free one) to 65535")
        if not 1 <= self.workers <= 256:
            raise SettingsError(f"`--workers` is {self.workers}; expected 1 to 256")
        for name in self.allowed_hosts:
            if not HOST_NAME.fullmatch(name):
                raise SettingsError(
                    f"`--allow-host` is {ascii(name)[1:-1]!r:.80}; expected a name as it stands in addresses, without "
                    "scheme and path, as in `oracle.example.org`"
                )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK
