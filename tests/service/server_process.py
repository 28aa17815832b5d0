"""`oracle serve` as a process: started, watched, killed, started again on the same folders."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.service.http_client import HttpClient

__all__ = [
    "ORACLE",
    "Folders",
    "ServerError",
    "ServerProcess",
]

ORACLE = (sys.executable, "-c", "from oracle.cli.main import main; main()")
READY = re.compile(r"oracle: serving on http://([^:]+):(\d+) ")
SECONDS_TO_START = 60.0
LONGEST_TOLD = 4000


class ServerError(RuntimeError):
    """The server did not come up; the message has what it wrote last."""


@dataclass(frozen=True)
class Folders:
    """Where a server keeps what.

    Parameters
    ----------
    store, data : Path
    """

    store: Path
    data: Path

    @classmethod
    def under(cls, root: Path) -> Folders:
        """Return the two folders below one."""
        return cls(root / "store", root / "data")


@dataclass(eq=False)
class ServerProcess:
    """One server on loopback, at a free port; a context that ends it.

    Parameters
    ----------
    folders : Folders
    options : sequence of str
        Of ``oracle serve``, besides those that this class sets.
    environment : mapping
        Added to that of this process.
    """

    folders: Folders
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _clients: list[HttpClient] = field(default_factory=list)

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.end()

    @property
    def address(self) -> str:
        """``http://HOST:PORT``."""
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        """What it writes on standard error, of all its lives one after the other."""
        return self.folders.data.parent / "server.log"

    def client(self, seconds: float = 60.0) -> HttpClient:
        """Return a connection to it as it is now, closed when it ends."""
        self._clients.append(HttpClient(self.host, self.port, seconds))
        return self._clients[-1]

    def start(self) -> None:
        """Start it and wait until it takes requests.

        Raises
        ------
        ServerError
            If it leaves, or says nothing for a minute.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        begun = self.log.stat().st_size if self.log.exists() else 0
        command = [
            *ORACLE,
            "serve",
            "--port",
            "0",
            "--log-format",
            "json",
            "--store",
            str(self.folders.store),
        ]
        command += ["--data", str(self.folders.data), *self.options]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **self.environment},
            )
        self._await_ready(begun)

    def kill(self) -> None:
        """End it with SIGKILL, at this very instant."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """End it as an administrator does, and return its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def lives(self) -> bool:
        """Tell whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _await_ready(self, begun: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            written = self.log.read_bytes()[begun:].decode(errors="replace")
            found = READY.search(written)
            if found:
                self.host, self.port = found[1], int(found[2])
                return
            if self._process.poll() is not None:
                raise ServerError(
                    f"the server left with {self._process.returncode}: {written[-LONGEST_TOLD:]}"
                )
            time.sleep(0.02)
        self.kill()
        raise ServerError(f"the server took no requests within {SECONDS_TO_START:g} s")
