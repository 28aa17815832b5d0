"""Specs that are nearly right: changed where their structure says, or byte by byte."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["mutated_bytes", "mutated_spec"]

NUMBERS = (
    "0", "1", "-1", "1/3", "-2/7", "0.1", "1e-3", "0x1.8p-3", "0.5", "3/64", "1e-40", "7e2", "-0", "1e5", "0x1p-1074",
    "1e400", "1e-400", "1/0", "0/1", "nan", "inf", "-Infinity", "", " 1", "1 ", "1,5", "½", "١", "1_0", "+1", "1e", "0x",
    "--1", "1/2/3", "9" * 400, "1e99999999", "0x1p9999999", "1." + "0" * 300, "\u0000", "\ud800", "💥", "1/" + "3" * 200,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 10**6, 10**18, 2**63, -(2**63), 10**400, 0.5, 1e308, float("nan"), float("inf"), "", "u",
    [], [[]], [None], {}, {"": ""}, [0], ["0"], [[0, 1]], [["1", "2"], ["3"]], {"kind": "iterates"}, "iterates", "diagonal",
)  # fmt: skip
WORDS = (
    "heavy_ball", "nesterov", "nesterov_lookahead", "gradient_descent", "gradient_flow", "mgf", "hb_flow",
    "gd_flow", "momentum_flow", "rescaled_gradient_flow", "diagonal", "hadamard", "linear", "scalar_product",
    "polynomial", "regression", "sparse_regression", "iterates", "flow", "limit", "integrals", "kkt", "exact",
    "float64", "float32", "bfloat16", "mean_square", "sum_square", "piecewise", "stationary", "plain", "shifted",
    "zero", "slow_manifold",
)  # fmt: skip
NAMES = (
    "u",
    "v",
    "beta",
    "b",
    "a1",
    "p0",
    "batches",
    "steps",
    "times",
    "digits",
    "schema",
    "kind",
    "loss",
    "extra",
    "",
)
STEPS: tuple[Any, ...] = (
    [0], [5], [0, 1, 2], [1, 0], [0, 0], [-1], [300], [10**9], ["1"], [0.5], [], list(range(60)), "0", [2**64], [True],
)  # fmt: skip
PIECES = (b"[" * 2000, b'{"a":' * 500, b"\x00", b"\xff\xfe", b'"', b"9" * 5000, b"\\u12")
DEEPEST = 8
Place = tuple[Any, Any]
"""A container and the key or index of something in it."""


def mutated_spec(spec: dict[str, Any], source: random.Random) -> bytes:
    """Return the text of a spec with one to three changes of its structure."""
    found = copy.deepcopy(spec)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        container, key = source.choice(list(_places(found)))
        source.choice(CHANGES)(container, key, source)
    text = json.dumps(found, ensure_ascii=source.random() < 0.7)
    return text.encode("utf-8", "surrogatepass")


def mutated_bytes(data: bytes, source: random.Random) -> bytes:
    """Return bytes with some of them changed, taken out, doubled, or put in."""
    found = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 4, 16))):
        place = source.randrange(len(found) + 1)
        kind = source.randrange(6)
        if kind == 0 and place < len(found):
            found[place] ^= 1 << source.randrange(8)
        elif kind == 1:
            del found[place : place + source.choice((1, 4, 100))]
        elif kind == 2:
            found[place:place] = source.randbytes(source.choice((1, 2, 8)))
        elif kind == 3:
            found[place:place] = found[max(0, place - source.randrange(1, 50)) : place]
        elif kind == 4:
            found[place:place] = source.choice(
                (b"[" * 2000, b'{"a":' * 500, b"\x00", b"\xff\xfe", b'"', b"9" * 5000, b"\\u12")
            )
        else:
            del found[place:]
    return bytes(found)


def _places(value: Any, depth: int = 0) -> Iterator[Place]:
    """Yield every place of a spec."""
    if depth > DEEPEST or not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from _places(value[key], depth + 1)


def _replace(container: Any, key: Any, source: random.Random) -> None:
    """Put something else of the same sort in a place."""
    old = container[key]
    if key == "steps":
        container[key] = copy.deepcopy(source.choice(STEPS))
    elif isinstance(old, int):
        container[key] = source.choice((old + 1, old - 1, 0, 15, 16, 40, 1000, -5, 10**12))
    elif isinstance(old, str):
        container[key] = source.choice(WORDS if old in WORDS else NUMBERS)
    else:
        _strange(container, key, source)


def _nudge(container: Any, key: Any, source: random.Random) -> None:
    """Change a number a little, so that the spec stays one."""
    old = container[key]
    if isinstance(old, str) and old[:1].isdigit():
        container[key] = f"{source.randrange(1, 200)}/{2 ** source.randrange(6, 11)}"
    elif isinstance(old, list) and old and all(isinstance(item, int) for item in old):
        container[key] = sorted({source.randrange(40) for _ in range(source.randrange(1, 6))})
    else:
        _replace(container, key, source)


def _strange(container: Any, key: Any, source: random.Random) -> None:
    """Put anything in a place."""
    container[key] = copy.deepcopy(source.choice(VALUES))


def _take_out(container: Any, key: Any, source: random.Random) -> None:
    del container[key]


def _add(container: Any, key: Any, source: random.Random) -> None:
    """Put something beside a place."""
    if isinstance(container, list):
        container.append(copy.deepcopy(source.choice((container[key], source.choice(VALUES)))))
    else:
        container[source.choice(NAMES)] = copy.deepcopy(
            source.choice((container[key], source.choice(VALUES)))
        )


def _repeat(container: Any, key: Any, source: random.Random) -> None:
    """Make a list long."""
    old = container[key]
    container[key] = old * source.choice((2, 50, 1000)) if isinstance(old, list) else [old] * 3


CHANGES = (_nudge, _nudge, _nudge, _replace, _replace, _strange, _take_out, _add, _repeat)
