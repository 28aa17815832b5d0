"""Addresses of servers: which are usable, which are private, and what may stand below them."""

from __future__ import annotations

import pytest

from oracle.client.address import address_of, plain_allowed
from oracle.client.errors import AddressError, TokenError

pytestmark = pytest.mark.usefixtures("alone")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://127.0.0.1:8765", ("http", "127.0.0.1", 8765)),
        (" HTTPS://Oracle.Example.org/ ", ("https", "oracle.example.org", 443)),
        ("http://[::1]:9/prefix/", ("http", "::1", 9)),
    ],
)
def test_address_has_an_origin(text: str, origin: tuple[str, str, int]) -> None:
    """Scheme, host and port, each with its default, in lower case."""
    assert address_of(text).origin == origin


@pytest.mark.parametrize(
    "text",
    ["localhost:8765", "ftp://a", "http://", "http://a:b", "http://a:70000", "http://a?x=1", "http://a#b", "http://a b",
     "http://é.example", "http://a:0", "http://a\n"[:-1] + "\x7f"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    """The message repeats it and shows one."""
    with pytest.raises(AddressError, match=r"expected scheme, host and port, as in `http://127.0.0.1:8765`"):
        address_of(text)


def test_password_in_an_address_is_not_repeated() -> None:
    """What may be a secret is refused without being shown."""
    with pytest.raises(AddressError, match="leave them out") as caught:
        address_of("http://me:hunter2@a.example")
    assert "hunter2" not in str(caught.value)


def test_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable stands in for an address left out; without both there is none."""
    with pytest.raises(AddressError, match=r"set \$MOMENTUM_ORACLE_SERVER"):
        address_of(None)
    monkeypatch.setenv("MOMENTUM_ORACLE_SERVER", "http://a.example:1")
    assert address_of(None).url == "http://a.example:1"
    assert address_of("http://b.example").url == "http://b.example"


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("http://localhost:1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]", True),
        ("https://a.example", True),
        ("http://a.example", False),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.example", False),
        ("http://localhost.example", False),
    ],
)
def test_private_is_tls_or_this_machine(text: str, private: bool) -> None:
    """A name that merely begins like loopback is none."""
    assert address_of(text).is_private is private


def test_plain_http_is_allowed_where_somebody_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """By argument, or by the variable with the value 1 and no other."""
    address = address_of("http://a.example")
    plain_allowed(address, allow_plain=True)
    for value in ("", "0", "yes"):
        monkeypatch.setenv("MOMENTUM_ORACLE_ALLOW_PLAIN_HTTP", value)
        with pytest.raises(TokenError, match="--allow-plain-http"):
            plain_allowed(address, allow_plain=False)
    monkeypatch.setenv("MOMENTUM_ORACLE_ALLOW_PLAIN_HTTP", "1")
    plain_allowed(address, allow_plain=False)


def test_parts_of_a_path_are_escaped() -> None:
    """Nothing in an identifier leaves its place; what is None is not asked."""
    address = address_of("http://a.example/x/")
    assert address.at("v1", "jobs", "../é?#") == "http://a.example/x/v1/jobs/..%2F%C3%A9%3F%23"
    assert address.at("v1", limit=3, after=None) == "http://a.example/x/v1?limit=3"


@pytest.mark.parametrize(
    "path", ["/v2/x", "//b.example/v1/", "http://b.example/v1/x", "/v1/../x", "/v1/a b", "/v1/\\x"]
)
def test_place_that_leads_away_is_refused(path: str) -> None:
    """A server names places of its own, below its address."""
    address = address_of("http://a.example/x")
    assert address.below("/v1/jobs/7") == "http://a.example/x/v1/jobs/7"
    with pytest.raises(AddressError, match="expected one below `/v1/`"):
        address.below(path)
