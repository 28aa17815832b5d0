"""`oracle token` makes, lists and revokes, and says a secret once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oracle.cli.token import SCOPES
from oracle.service.data_root import default_data_root
from oracle.service.tokens import Scope, TokenFile


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory that the environment names."""
    monkeypatch.setenv("MOMENTUM_ORACLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_create_prints_the_secret_alone(oracle: Any, data: Path) -> None:
    """Standard output is the secret and a newline, fit for `$(…)`; the rest is on standard error, without it."""
    result = oracle("token", "create", "ci", "--scope", "read", "--scope", "check")
    secret = result.stdout.removesuffix("\n")
    token = TokenFile(data / "tokens.json").identify(secret)
    assert token is not None
    assert (token.name, token.scopes) == ("ci", frozenset({Scope.READ, Scope.CHECK}))
    assert secret not in result.stderr
    assert "ci" in result.stderr


def test_missing_scope_is_told_what_each_allows(oracle: Any, data: Path) -> None:
    """Exit code 2, nothing made."""
    result = oracle("token", "create", "ci")
    said = " ".join(result.stderr.split())
    assert (result.exit_code, data.exists()) == (2, False)
    assert "`--scope` is missing" in said
    assert "`--scope read` to fetch what is there" in said
    assert "`--scope compute` to ask for goldens" in said
    assert "`--scope check` to ask for verdicts" in said


def test_data_option_names_another_directory(oracle: Any, data: Path, tmp_path: Path) -> None:
    """`--data` comes before the environment."""
    assert oracle("token", "create", "ci", "--scope", "read", "--data", tmp_path / "other").exit_code == 0
    assert (tmp_path / "other" / "tokens.json").exists()
    assert not data.exists()


def test_ls_lists_without_secrets(oracle: Any) -> None:
    """Names, scopes and times; as JSON too."""
    secret = oracle("token", "create", "ci", "--scope", "read", "--expires", "2").stdout.strip()
    plain, listed = oracle("token", "ls").stdout, oracle("token", "ls", "--json").stdout
    assert plain.startswith("ci  read  made ")
    assert [entry["name"] for entry in json.loads(listed)] == ["ci"]
    assert secret[3:11] not in plain + listed


def test_expiry_is_counted_in_days(oracle: Any, data: Path) -> None:
    """`--expires 2` is two days of 86,400 seconds after the making."""
    oracle("token", "create", "ci", "--scope", "read", "--expires", "2")
    (token,) = TokenFile(data / "tokens.json").tokens()
    assert token.expires is not None
    assert token.expires - token.created == pytest.approx(172_800, abs=60)


def test_revoked_token_is_gone(oracle: Any, data: Path) -> None:
    """And its secret is unknown."""
    secret = oracle("token", "create", "ci", "--scope", "read").stdout.strip()
    assert oracle("token", "revoke", "ci").exit_code == 0
    assert TokenFile(data / "tokens.json").identify(secret) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "a b", "--scope", "read"), "no name for a token"),
        (("create", "ci"), "--scope"),
        (("create", "ci", "--scope", "all"), "'read', 'compute', 'check'"),
        (("create", "ci", "--scope", "read", "--expires", "0"), "--expires"),
        (("revoke", "ci"), "none at all"),
    ],
)
def test_misuse_leaves_with_2(oracle: Any, words: tuple[str, ...], told: str) -> None:
    """The message says what was expected; nothing is on standard output."""
    result = oracle("token", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_damaged_file_leaves_with_4(oracle: Any, data: Path) -> None:
    """It is named, and not written over."""
    data.mkdir()
    (data / "tokens.json").write_text("{")
    result = oracle("token", "create", "ci", "--scope", "read")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "tokens.json" in result.stderr
    assert (data / "tokens.json").read_text() == "{"


def test_choices_are_those_of_the_service() -> None:
    """The command repeats them, so that `--help` imports nothing."""
    assert tuple(Scope) == tuple(SCOPES)


def test_data_root_without_environment_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty variable counts as unset; a tilde is the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MOMENTUM_ORACLE_DATA", "~/here")
    assert default_data_root() == tmp_path / "here"
    monkeypatch.setenv("MOMENTUM_ORACLE_DATA", "")
    assert default_data_root().name == "momentum-oracle"


def test_ls_of_no_token_says_so(oracle: Any, data: Path) -> None:
    """Where it looked and what to do, on standard error alone."""
    result = oracle("token", "ls")
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"`{data / 'tokens.json'}`" in result.stderr
    assert "`oracle token create`" in result.stderr


def test_example_of_the_help_reaches_the_next_command(oracle: Any) -> None:
    """The secret is exported: a variable of the shell alone is not seen by the client."""
    assert "export MOMENTUM_ORACLE_TOKEN=$(oracle token create" in oracle("token", "create", "--help").stdout
