"""A server is reachable from outside only if somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle.service.settings import SettingsError


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True)])
def test_loopback_needs_no_leave(
    settings_for: Callable[..., Any], tmp_path: Path, host: str, loopback: bool
) -> None:
    """By each of its names."""
    assert settings_for(tmp_path, host=host).is_loopback is loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "127.0.0.1.evil.example"])
def test_any_other_address_needs_leave(settings_for: Callable[..., Any], tmp_path: Path, host: str) -> None:
    """Named, with the option."""
    with pytest.raises(SettingsError, match="`--open-to-network`"):
        settings_for(tmp_path, host=host)
    assert not settings_for(tmp_path, host=host, open_to_network=True).is_loopback


@pytest.mark.parametrize(
    ("field", "value"), [("port", -1), ("port", 65536), ("workers", 0), ("workers", 257)]
)
def test_number_out_of_its_range_is_refused(
    settings_for: Callable[..., Any], tmp_path: Path, field: str, value: int
) -> None:
    """With the range."""
    with pytest.raises(SettingsError, match=f"`--{field}` is {value}; expected"):
        settings_for(tmp_path, **{field: value})
