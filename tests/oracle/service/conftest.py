"""A running server, in this process with real workers, or as the command that a user types."""

from __future__ import annotations

import io
import json
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

REASON = "the service needs its extra: `pip install 'momentum-oracle[service]'`"
pytest.importorskip("fastapi", reason=REASON)
pytest.importorskip("httpx", reason="tests of the service need `httpx`: `uv sync --group service`")

import httpx  # noqa: E402 - where the extra is not installed, these come to nothing
import numpy as np  # noqa: E402

from oracle.service import service as service_module  # noqa: E402
from oracle.service.app import application  # noqa: E402
from oracle.service.limits import Limits  # noqa: E402
from oracle.service.logs import logger  # noqa: E402
from oracle.service.server import bound, server_of  # noqa: E402
from oracle.service.service import Service  # noqa: E402
from oracle.service.settings import ServiceSettings  # noqa: E402

PLANTED = Path(__file__).parent / "planted"
SECONDS = 60.0  # a test that waits longer than this has failed; none asserts on less

# gradient descent on ½β², η = ½: β_k = 2^−k, exact in every dtype
HALVES: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
    "model": "linear",
    "init": {"beta": ["1"]},
    "method": {"name": "gradient_descent", "step_size": "1/2"},
    "want": {"kind": "iterates", "steps": [0, 1, 2, 3]},
    "digits": 20,
}


def spec(start: int = 1, **changes: Any) -> dict[str, Any]:
    """Return β_k = start · 2^−k: another start is another golden."""
    return HALVES | {"init": {"beta": [str(start)]}} | changes


def long_spec(start: int = 1) -> dict[str, Any]:
    """Return one with too many steps to be tried before its turn, though it takes a tenth of a second."""
    return spec(start, want={"kind": "iterates", "steps": [0, 2000]})


def candidate(start: int = 1, wrong: float = 0.0, dtype: str = "float64") -> bytes:
    """Return the `.npz` of a run of `spec(start)`, its last state off by the factor 1 + wrong."""
    beta = start * 0.5 ** np.arange(4.0)[:, None]
    beta[-1] *= 1 + wrong
    file = io.BytesIO()
    np.savez(file, steps=np.arange(4), beta=beta.astype(dtype))
    return file.getvalue()


def until(holds: Callable[[], Any]) -> Any:
    """Return what holds, once it does."""
    deadline = time.monotonic() + SECONDS
    while not (found := holds()):
        if time.monotonic() > deadline:
            pytest.fail("what was waited for did not come about")
        time.sleep(0.02)
    return found


class Told(io.StringIO):
    """A server's log, which pytest shows too where a test has failed."""

    def write(self, text: str) -> int:
        """Keep a text, and show it."""
        sys.stderr.write(text)
        return super().write(text)


@dataclass(eq=False)
class Running:
    """A server in this process: its client, its parts, its log and the faults planted in its workers."""

    client: httpx.Client
    service: Service
    folder: Path
    stream: io.StringIO = field(default_factory=io.StringIO)
    secrets: dict[str, str] = field(default_factory=dict)
    spec = staticmethod(spec)
    long_spec = staticmethod(long_spec)
    candidate = staticmethod(candidate)
    until = staticmethod(until)

    def plant(self, fault: str, text: str = "") -> None:
        """Plant a fault, as in ``hold-golden``."""
        (self.folder / fault).write_text(text)

    def mend(self, fault: str) -> None:
        """Take a fault away."""
        (self.folder / fault).unlink(missing_ok=True)

    def begun(self, work: str) -> int:
        """Return how often a work was begun."""
        path = self.folder / "begun"
        return (
            sum(line.startswith(f"{work} ") for line in path.read_text().splitlines()) if path.exists() else 0
        )

    def log(self) -> list[dict[str, Any]]:
        """Return every line of the log."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def logged(self, identifier: str, event: str = "request") -> dict[str, Any]:
        """Return the one line on a request, once it is written: that is after its answer has gone out."""
        wanted = {"event": event, "request": identifier}
        (line,) = until(lambda: [line for line in self.log() if wanted.items() <= line.items()])
        found: dict[str, Any] = line
        return found

    def post(self, content: Any, wait: float = 60, **headers: str) -> Any:
        """Ask for a golden."""
        return self.client.post("/v1/goldens", params={"wait": wait}, json=content, headers=headers)

    def check(
        self, content: Any, data: bytes, wait: float = 60, name: str = "run.npz", **declared: str
    ) -> Any:
        """Ask for a verdict."""
        files: dict[str, tuple[str, Any]] = {
            "spec": ("spec.json", json.dumps(content)),
            "candidate": (name, data),
        }
        return self.client.post("/v1/checks", params={"wait": wait}, files=files, data=declared)

    def job(self, identifier: str) -> dict[str, Any]:
        """Return a job."""
        found: dict[str, Any] = self.client.get(f"/v1/jobs/{identifier}").json()
        return found

    def ended(self, identifier: str) -> dict[str, Any]:
        """Return a job once it has ended."""
        found: dict[str, Any] = until(
            lambda: job if (job := self.job(identifier))["finished"] is not None else None
        )
        return found


def settings_in(folder: Path, **changes: Any) -> ServiceSettings:
    """Return the settings of a server that keeps everything in a folder."""
    limits = Limits(**changes.pop("limits", {}))
    made = ServiceSettings(
        folder / "store",
        folder / "data",
        folder / "claims",
        port=0,
        workers=2,
        log_format="json",
        limits=limits,
    )
    return replace(made, **changes)


@contextmanager
def running(folder: Path, **changes: Any) -> Iterator[Running]:
    """Bring a server up on a folder, with the planted works, and down again."""
    stream = Told()
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(PLANTED))
        patched.setattr(service_module, "WORKS", "planted_works:works")
        settings = settings_in(folder, **changes)
        app: Any = application(settings, logger("json", stream))
        with (
            listening_on(app, settings) as address,
            httpx.Client(base_url=address, timeout=SECONDS) as client,
        ):
            yield Running(client, inside(app).state.service, folder, stream)


@contextmanager
def listening_on(app: Any, settings: ServiceSettings) -> Iterator[str]:
    """Have an application served in a thread, and yield its address."""
    ready = threading.Event()
    with bound(settings) as listening:
        server = server_of(app, settings, ready.set)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert ready.wait(SECONDS)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def inside(app: Any) -> Any:
    """Return the FastAPI application inside its middlewares."""
    while not hasattr(app, "state"):
        app = app._app
    return app


@pytest.fixture(scope="module")
def server(forking: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a server for all tests of a module."""
    with running(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    """Return what waits until something holds."""
    return until


@pytest.fixture
def settings_for() -> Callable[..., ServiceSettings]:
    """Return what makes the settings of a server that keeps everything in a folder."""
    return settings_in


@pytest.fixture(scope="session")
def forking() -> None:
    """Start the process that forks the workers with everything imported that workers need: each starts at once."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["__main__", "oracle.service.preloaded"])
    forkserver.ensure_running()


@pytest.fixture
def planted(forking: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have worker processes find the planted tables."""
    monkeypatch.syspath_prepend(str(PLANTED))


@pytest.fixture(scope="module")
def start_module(forking: None) -> Callable[..., Any]:
    """As `start`, for fixtures of a module."""
    return running


@pytest.fixture
def start(forking: None) -> Callable[..., Any]:
    """Return what brings a server up on a folder: `with start(tmp_path, limits={...}) as server`."""
    return running


class Spawned:
    """`oracle serve` as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [str(Path(sys.executable).with_name("oracle")), "serve", "--port", "0", "--workers", "1"]
        places = ["--store", str(folder / "store"), "--data", str(folder / "data"), "--log-format", "json"]
        self.process = subprocess.Popen(
            [*command, *places, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        assert self.process.stderr is not None
        self.lines: list[str] = []
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith("oracle: serving on "):
                break
        self.address = self.lines[-1].split()[3] if self.lines else ""
        # read on: a pipe that nobody empties stops the server once 64 KiB of log are in it
        self._reader = threading.Thread(target=self.lines.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def end(self) -> tuple[int, str]:
        """Ask it to end; return its exit code and everything that it wrote."""
        self.process.terminate()
        return self.left()

    def kill(self) -> tuple[int, str]:
        """Kill it as `kill -9` does."""
        self.process.kill()
        return self.left()

    def left(self) -> tuple[int, str]:
        """Return its exit code and everything that it wrote, once it has ended."""
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code, "".join(self.lines)


@pytest.fixture
def spawn() -> Iterator[Callable[..., Spawned]]:
    """Return what starts `oracle serve` on a folder."""
    made: list[Spawned] = []

    def start_one(folder: Path, *options: str) -> Spawned:
        made.append(Spawned(folder, *options))
        return made[-1]

    yield start_one
    for one in made:
        if one.process.stderr is not None and not one.process.stderr.closed:
            one.kill()
