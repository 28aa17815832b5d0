"""Tokens are kept as digests, known again by them, and a file that cannot be trusted lets nobody in."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oracle.records.record_errors import DamagedRecordError
from oracle.service import tokens as tokens_module
from oracle.service.tokens import Scope, TokenError, TokenFile, TokenFileError

DAY = 86_400.0


class Clocks:
    """Two clocks that stand still until they are set."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_700_000_000.0, 50.0

    def pass_time(self, seconds: float) -> None:
        """Let both go on."""
        self.wall += seconds
        self.monotonic += seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where tokens are kept, in a directory that is not there yet."""
    return tmp_path / "data" / "tokens.json"


@pytest.fixture
def clocks() -> Clocks:
    """Return clocks to set."""
    return Clocks()


def file_with(path: Path, clocks: Clocks) -> TokenFile:
    """Return the file, judged by these clocks."""
    return TokenFile(path, lambda: clocks.wall, lambda: clocks.monotonic)


def test_secret_is_known_again_and_no_other(path: Path) -> None:
    """The secret that was handed out names its token; one that differs in a character, or is none, names nothing."""
    file = TokenFile(path)
    token, secret = file.create("ci", ["check", "read"])
    assert file.identify(secret) == token
    assert token.scopes == {Scope.CHECK, Scope.READ}
    other = secret[:-2] + ("AA" if secret[-2:] != "AA" else "BB")
    for wrong in (
        other,
        secret[:-1],
        secret + "A",
        "",
        "mo_",
        "\udc80",
        "é" * 46,
        secret.upper(),
        f" {secret}",
    ):
        assert file.identify(wrong) is None


@pytest.mark.parametrize("place", [0, 31, 63])
def test_digest_that_differs_in_one_place_is_another(path: Path, place: int) -> None:
    """All of it is compared."""
    file = TokenFile(path)
    _, secret = file.create("ci", ["read"])
    digest = hashlib.sha256(secret.encode()).hexdigest()
    other = digest[:place] + ("1" if digest[place] == "0" else "0") + digest[place + 1 :]
    path.write_text(path.read_text().replace(digest, other))
    assert [token.name for token in file.tokens()] == ["ci"]
    assert file.identify(secret) is None


def test_secret_has_256_bits_of_its_own(path: Path) -> None:
    """Secrets are 43 characters of base64url behind `mo_`, all different."""
    file = TokenFile(path)
    secrets = {file.create(f"n{i}", ["read"])[1] for i in range(20)}
    assert len(secrets) == 20
    assert all(len(secret) == 46 and secret.startswith("mo_") for secret in secrets)


def test_file_holds_the_digest_and_no_part_of_the_secret(path: Path) -> None:
    """What is on disk is the SHA-256; neither it nor any text about the token tells eight characters of the secret."""
    file = TokenFile(path)
    token, secret = file.create("ci", ["read"])
    text = path.read_text()
    assert hashlib.sha256(secret.encode()).hexdigest() in text
    shown = text + repr(token) + repr(file) + repr(file.tokens())
    assert not any(secret[i : i + 8] in shown for i in range(3, 39))
    with pytest.raises(TokenError) as caught:
        file.create("ci", ["read"])
    assert secret not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_file_is_its_owners_alone(path: Path) -> None:
    """Mode 0600 whatever the umask, after every change."""
    before = os.umask(0)
    try:
        file = TokenFile(path)
        file.create("a", ["read"])
        file.create("b", ["read"])
        file.revoke("a")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_change_by_another_process_is_noticed(path: Path) -> None:
    """A server sees what the command line made and revoked without being started again."""
    server, command = TokenFile(path), TokenFile(path)
    assert server.is_empty()
    token, secret = command.create("ci", ["read"])
    assert server.identify(secret) == token
    assert not server.is_empty()
    command.revoke("ci")
    assert server.identify(secret) is None


def test_unchanged_file_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of requests a second open the file once."""
    file = TokenFile(path)
    _, secret = file.create("ci", ["read"])
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("the file was opened"))
    assert all(file.identify(secret) for _ in range(100))


def test_revoking_the_last_token_does_not_open_the_server(path: Path) -> None:
    """`is_empty` means that no token was ever made."""
    file = TokenFile(path)
    file.create("ci", ["read"])
    file.revoke("ci")
    assert not file.is_empty()
    assert file.tokens() == []


def test_file_that_vanishes_does_not_open_the_server(path: Path) -> None:
    """A running server whose file is gone stops, rather than letting everyone in."""
    file = TokenFile(path)
    _, secret = file.create("ci", ["read"])
    path.unlink()
    for ask in (file.is_empty, file.tokens, lambda: file.identify(secret)):
        with pytest.raises(TokenFileError, match="is gone"):
            ask()


def entry(**changes: Any) -> dict[str, Any]:
    """Return an entry as the file holds it, with changes."""
    good = {"name": "a", "scopes": ["read"], "sha256": "0" * 64, "created": 1.0, "expires": None}
    return good | changes


def content(*entries: Any, **changes: Any) -> bytes:
    """Return a file's text."""
    return json.dumps({"schema": "momentum-oracle/tokens/1", "tokens": list(entries)} | changes).encode()


DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "half": content(entry())[:40],
    "other schema": content(entry(), schema="x"),
    "no list": content(tokens={}),
    "field missing": content({"name": "a"}),
    "field too many": content(entry(admin=True)),
    "unknown scope": content(entry(scopes=["all"])),
    "scopes a text": content(entry(scopes="read")),
    "short digest": content(entry(sha256="0" * 63)),
    "digest no text": content(entry(sha256=0)),
    "name with newline": content(entry(name="a\nb")),
    "name no text": content(entry(name=None)),
    "expires a text": content(entry(expires="never")),
    "expires nan": content(entry(expires=float("nan"))),
    "name twice": content(entry(), entry(sha256="1" * 64)),
    "digest twice": content(entry(), entry(name="b")),
    "not ascii": content(entry()).replace(b'"a"', '"ä"'.encode()),
    "nested": b"[" * 100_000,
    "null": b"null",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_file_lets_nobody_in(path: Path, data: bytes) -> None:
    """Each is a damaged record by name, whoever asks; nothing is written over it."""
    file = TokenFile(path)
    _, secret = file.create("ci", ["read"])
    path.write_bytes(data)
    asked = (lambda: file.identify(secret), file.is_empty, file.tokens, lambda: file.create("b", ["read"]))
    for ask in asked:
        with pytest.raises(DamagedRecordError, match="cannot be trusted") as caught:
            ask()
        assert secret not in str(caught.value)
    assert path.read_bytes() == data


def test_sound_file_written_by_hand_is_taken(path: Path) -> None:
    """What the damaged ones are changed from is good: each test above fails for its own reason."""
    path.parent.mkdir()
    path.write_bytes(content(entry(), entry(name="b", sha256="1" * 64)))
    assert [token.name for token in TokenFile(path).tokens()] == ["a", "b"]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_file_that_others_may_write_is_not_trusted(path: Path) -> None:
    """Whoever can add a digest can let themselves in."""
    file = TokenFile(path)
    file.create("ci", ["read"])
    path.chmod(0o620)
    with pytest.raises(TokenFileError, match="chmod 600"):
        file.tokens()


@pytest.mark.skipif(os.name == "nt", reason="owners are POSIX")
def test_file_of_another_user_is_not_trusted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write to the directory could put one there; that of the superuser is as good as one's own."""
    TokenFile(path).create("ci", ["read"])
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.setattr(tokens_module, "SUPERUSER", owner)
    assert [token.name for token in TokenFile(path).tokens()] == ["ci"]
    monkeypatch.setattr(tokens_module, "SUPERUSER", owner + 2)
    with pytest.raises(TokenFileError, match="another user"):
        TokenFile(path).tokens()


@pytest.mark.parametrize(
    "name", ["", ".", "-a", "a/b", "a b", "a\n", "ä", "a" * 65, "../x", "a\x00", "\u0661", "a\x1b[2J"]
)
def test_unfit_name_is_refused(path: Path, name: str) -> None:
    """Names stand in files, logs and messages; the message repeats none of their control characters."""
    with pytest.raises(TokenError, match="no name for a token") as caught:
        TokenFile(path).create(name, ["read"])
    assert str(caught.value).isprintable()
    assert not path.exists()


def test_what_cannot_be_made_is_refused(path: Path, clocks: Clocks) -> None:
    """No scope, an unknown scope, a name in use, an expiry that has passed, a name to revoke that is not there."""
    file = file_with(path, clocks)
    file.create("ci", ["read"])
    with pytest.raises(TokenError, match="without a scope"):
        file.create("b", [])
    with pytest.raises(TokenError, match="`read`, `compute`, `check`"):
        file.create("b", ["write"])
    with pytest.raises(TokenError, match="already"):
        file.create("ci", ["read"])
    with pytest.raises(TokenError, match="before it is made"):
        file.create("b", ["read"], clocks.wall - 1)
    with pytest.raises(TokenError, match="before it is made"):
        file.create("b", ["read"], float("nan"))
    with pytest.raises(TokenError, match=r"no token `b` in `.*tokens\.json`; expected one of `ci`"):
        file.revoke("b")


def test_token_expires_at_its_time(path: Path, clocks: Clocks) -> None:
    """Known one second before, unknown from the second on; it stays listed."""
    file = file_with(path, clocks)
    _, secret = file.create("ci", ["read"], clocks.wall + DAY)
    clocks.pass_time(DAY - 1)
    assert file.identify(secret)
    clocks.pass_time(1)
    assert file.identify(secret) is None
    assert [token.name for token in file.tokens()] == ["ci"]


def test_clock_set_back_revives_nothing(path: Path, clocks: Clocks) -> None:
    """An expired token stays expired while the server runs, and after a restart at least until the newest was made."""
    file = file_with(path, clocks)
    _, secret = file.create("old", ["read"], clocks.wall + DAY)
    clocks.pass_time(2 * DAY)
    file.create("new", ["read"])
    clocks.wall -= 30 * DAY
    assert file.identify(secret) is None
    assert file_with(path, clocks).identify(secret) is None


def test_clock_set_forward_and_right_again_brings_a_token_back(path: Path, clocks: Clocks) -> None:
    """A wrong clock costs access only as long as it is wrong."""
    file = file_with(path, clocks)
    _, secret = file.create("ci", ["read"], clocks.wall + DAY)
    clocks.wall += 400 * DAY
    assert file.identify(secret) is None
    clocks.wall -= 400 * DAY
    assert file.identify(secret)


def test_infinite_expiry_is_no_expiry_that_a_file_holds(path: Path) -> None:
    """What JSON cannot hold is refused before it is written."""
    with pytest.raises(TokenError, match="finite"):
        TokenFile(path).create("ci", ["read"], float("inf"))
    assert not path.exists()


MAKE_TEN = """
import sys
from pathlib import Path
from oracle.service import tokens as tokens_module
from oracle.service.tokens import TokenFile

for i in range(10):
    TokenFile(Path(sys.argv[1])).create(f"w{sys.argv[2]}-{i}", ["read"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is POSIX")
def test_two_writers_at_once_lose_nothing(path: Path) -> None:
    """Every token that anyone was told of is there."""
    command = [sys.executable, "-c", MAKE_TEN, str(path)]
    writers = [subprocess.Popen([*command, str(which)]) for which in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(TokenFile(path).tokens()) == 30


def test_module_needs_no_extra() -> None:
    """The commands about tokens work where the service's packages are not installed."""
    code = (
        "import sys; import oracle.service.tokens; print('fastapi' in sys.modules, 'uvicorn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
