"""A client that never sleeps, and a golden for the fake server to say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from oracle.client.client import Client
from oracle.goldens import compute_golden
from oracle.records.golden import Golden, golden_json
from oracle.spec import Spec, spec_from

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "want": {"kind": "iterates", "steps": [0, 1, 2]},
    "digits": 20,
}


@pytest.fixture
def pauses() -> list[float]:
    """Return the list into which every pause of a client is written instead of being made."""
    return []


@pytest.fixture
def client(server: Any, pauses: list[float]) -> Iterator[Client]:
    """Return a client of the fake server that never sleeps."""
    with Client(server.url) as made:
        made._transport.sleep = pauses.append
        yield made


@pytest.fixture(scope="session")
def spec() -> Spec:
    """Return the small spec."""
    return spec_from(SPEC)


@pytest.fixture(scope="session")
def golden(spec: Spec) -> Golden:
    """Return its golden."""
    return compute_golden(spec)


@pytest.fixture(scope="session")
def other(spec: Spec) -> Golden:
    """Return a sound golden of another spec."""
    return compute_golden(spec_from({**SPEC, "digits": 21}))


@pytest.fixture
def told(golden: Golden) -> dict[str, Any]:
    """Return the golden's JSON, for a test to do as it likes with."""
    copied: dict[str, Any] = json.loads(json.dumps(golden_json(golden)))
    return copied
