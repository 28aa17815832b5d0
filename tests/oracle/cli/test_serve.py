"""`oracle serve`: what it refuses, and the limits that it grants."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from oracle.cli.limits_text import MEANINGS
from oracle.cli.main import main

pytest.importorskip("fastapi", reason="the service needs its extra: `pip install 'momentum-oracle[service]'`")

from oracle.service.limits import Limits


def serve(folder: Path, *options: str) -> Result:
    """Run the command to its refusal."""
    places = ["--store", str(folder / "store"), "--data", str(folder / "data"), "--port", "0"]
    return CliRunner().invoke(main, ["serve", *places, *options])


def test_limits_are_listed_with_what_was_granted(tmp_path: Path) -> None:
    """Nothing is started, nothing made."""
    found = serve(tmp_path, "--limit", "steps=7", "--limit", "job-seconds=9", "--limits")
    lines = dict(line.split()[:2] for line in found.stdout.splitlines())
    assert (found.exit_code, lines["steps"], lines["job-seconds"], list(tmp_path.iterdir())) == (
        0,
        "7",
        "9",
        [],
    )


def test_every_limit_is_explained(tmp_path: Path) -> None:
    """A new one finds its words."""
    assert set(MEANINGS) == {field.name for field in fields(Limits)}
    lines = serve(tmp_path, "--limits").stdout.splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == [MEANINGS[field.name] for field in fields(Limits)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--limit", "speed=3"), "`speed` is no limit; expected one of"),
        (("--limit", "steps"), "expected NAME=WHOLE NUMBER"),
        (("--limit", "steps=-1"), "expected NAME=WHOLE NUMBER"),
        (("--limit", "steps=٣"), "expected NAME=WHOLE NUMBER"),
        (("--limit", "speed=3"), "body-bytes, spec-bytes, lists"),
        (("--limit", "connections=0"), "`connections` is 0; expected more than 0"),
        (("--limit", "wait-seconds=61"), "`wait-seconds` is 61; expected 0 to 60"),
        (("--allow-host", "https://oracle.example.org"), "without scheme and path"),
        (("--host", "a..b", "--open-to-network"), "no address and no known name"),
        (("--host", "0.0.0.0"), "`--open-to-network`"),
        (("--host", "0.0.0.0", "--open-to-network"), "needs at least one token"),
        (("--host", "192.0.2.77", "--open-to-network"), "cannot be listened on"),
        (("--workers", "0"), "--workers"),
    ],
)
def test_misuse_is_named(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    """Exit code 2, and what to do."""
    found = serve(tmp_path, *options)
    assert (found.exit_code, words in " ".join(found.stderr.split())) == (2, True)


@pytest.mark.parametrize(("options", "notes"), [
    (("--open-to-network",), 1), (("--open-to-network", "--host", "localhost"), 1), ((), 0),
    (("--open-to-network", "--host", "0.0.0.0"), 0),
])  # fmt: skip
def test_network_that_is_not_listened_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], notes: int
) -> None:
    """`--open-to-network` alone leaves the server on loopback, which is said on standard error."""
    monkeypatch.setattr(
        "oracle.service.server.serve", lambda settings, tell: tell("http://a:1", "http://a:1")
    )
    found = serve(tmp_path, *options)
    assert (found.exit_code, found.stderr.count("`--open-to-network` opens nothing: ")) == (0, notes)
    assert found.stderr.count("`--host 0.0.0.0`") == notes
    assert f"oracle: serving on http://a:1 (store {tmp_path / 'store'})" in found.stderr


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than the module (planted: there is no uvicorn)."""
    modules: dict[str, Any] = sys.modules
    for name in [name for name in modules if name == "oracle.service.app" or name.startswith("structlog")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(modules, "structlog", None)
    monkeypatch.delitem(modules, "oracle.service.logs", raising=False)
    monkeypatch.setitem(modules, "fastapi", None)
    found = serve(tmp_path)
    assert (found.exit_code, "pip install 'momentum-oracle[service]'" in found.stderr) == (2, True)


def test_data_directory_that_cannot_be_made_is_named_as_such(tmp_path: Path) -> None:
    """Not as a store, and with the option that names another."""
    (tmp_path / "file").write_bytes(b"")
    data = tmp_path / "file" / "within"
    found = serve(tmp_path, "--data", str(data))
    assert found.exit_code == 2
    assert f"the data directory `{data}` cannot be used (File exists): name another with" in found.stderr


def test_data_directory_that_takes_no_file_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: the directory is there, on a file system that is read-only."""

    def refuse(**_: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    found = serve(tmp_path)
    said = f"the data directory `{tmp_path / 'data'}` cannot be used (Read-only file system): name another with `--data`"
    assert (found.exit_code, said in found.stderr) == (2, True)
