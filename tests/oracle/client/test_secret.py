"""Tokens are read, checked and hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.client.errors import TokenError
from oracle.client.secret import Secret, bearer, token_from, token_in_file

pytestmark = pytest.mark.usefixtures("alone")


def test_token_comes_from_argument_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument goes first; an empty one means none, whatever the environment says."""
    assert token_from(None) is None
    monkeypatch.setenv("MOMENTUM_ORACLE_TOKEN", "from.environment\n")
    assert token_from(None) == "from.environment"
    assert token_from("from.argument") == "from.argument"
    assert token_from("") is None


def test_token_comes_from_a_file(tmp_path: Path) -> None:
    """Blanks and the line's end are left out."""
    (tmp_path / "token").write_text("  mo_abc-123=\n")
    assert token_in_file(tmp_path / "token") == "mo_abc-123="


@pytest.mark.parametrize("text", ["two words", "line\r\nX-Injected: 1", "é", "", "=" * 3, "a" * 5000])
def test_what_is_no_token_is_refused_unseen(tmp_path: Path, text: str) -> None:
    """Nothing that could break out of a header is taken, and none of it is repeated."""
    (tmp_path / "token").write_text(text)
    with pytest.raises(TokenError, match="no token; expected one word") as caught:
        token_in_file(tmp_path / "token")
    assert not text or text not in str(caught.value)


def test_token_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The path and the reason, and what to do."""
    with pytest.raises(TokenError, match=r"`.*none`: No such file or directory; name a readable file"):
        token_in_file(tmp_path / "none")


def test_secret_hides_in_every_repr() -> None:
    """Alone, in a header, in a container: what shows variables shows no token."""
    token = Secret("hidden")
    assert "hidden" not in repr([token, {"Authorization": bearer(token)}])
    assert bearer(token).encode() == b"Bearer hidden"
