"""A spec that was written to do harm is refused before it takes much time or memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from oracle.spec import SpecError, parse_spec, spec_from

MEBIBYTE = 2**20


def spec(**changes: Any) -> dict[str, Any]:
    """Return a small spec, with changes."""
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": [["1", "0.5"], ["0", "1"]], "y": ["1", "-0.5"]},
        "model": "diagonal",
        "init": {"u": "0.25", "v": "0.25"},
        "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
        "want": {"kind": "iterates", "steps": [0, 1]},
        "digits": 20,
    } | changes


def polynomial(terms: list[Any]) -> dict[str, Any]:
    """Return a spec of a polynomial."""
    return spec(problem={"kind": "polynomial", "terms": terms}, model="polynomial", init={"b": "1"})


def wide(d: int, number: str) -> dict[str, Any]:
    """Return a spec of d coordinates that all start from one number."""
    problem = {"kind": "sparse_regression", "n": 1, "d": d, "nonzeros": 1, "seed": 1}
    return spec(problem=problem, init={"u": number, "v": "1"})


# what is refused, by which words; each took a gigabyte or half a minute once, or would
COSTLY: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "many fields": (lambda: spec() | {str(i): 1 for i in range(200_000)}, "an object of 200007 fields"),
    "many parameters": (lambda: spec(init={str(i): "1" for i in range(200_000)}), "an object of 200000 fields"),
    "many terms that are none": (lambda: polynomial([0] * 500_000), "`problem.terms` is a list of 500000"),
    "many empty terms": (lambda: polynomial([{}] * 50_000), "`problem.terms` is a list of 50000"),
    "exponents": (
        lambda: spec(problem={"kind": "regression", "X": [["1e3999"] * 20_000], "y": ["1"]}),
        "exponents come to 79980000 digits",
    ),
    "exponents in a list of lists": (
        lambda: spec(problem={"kind": "regression", "X": [["1e-3999"]] * 20_000, "y": ["1"] * 20_000}),
        "exponents come to 79980000 digits",
    ),
    "one number for every coordinate": (lambda: wide(100_000, "7" * 1_000), "for each of 100000 coordinates"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "told"), COSTLY.values(), ids=COSTLY)
def test_costly_spec_is_refused_at_little_cost(make: Callable[[], dict[str, Any]], told: str) -> None:
    """Less than 150 MB whatever a few megabytes of text ask for, and a short message."""
    text = json.dumps(make())
    tracemalloc.start()
    try:
        with pytest.raises(SpecError, match=told) as caught:
            parse_spec(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 * MEBIBYTE
    assert len(str(caught.value)) < 5_000


def test_ordinary_exponents_are_not_counted() -> None:
    """A matrix of subnormal numbers is a matrix: what is bounded is the sum, far above it."""
    problem = {"kind": "regression", "X": [["0x1p-149"] * 5_000], "y": ["1"]}
    read = parse_spec(json.dumps(spec(problem=problem)))
    assert '"1/713623846352979940529142984724747568191373312"' in read.canonical_json


def test_ten_thousand_terms_are_still_read() -> None:
    """The bound on terms is far above any polynomial that can be followed."""
    terms = [{"coefficient": "1", "powers": [i % 7]} for i in range(10_000)]
    assert len(parse_spec(json.dumps(polynomial(terms))).canonical["problem"]["terms"]) == 10_000


@pytest.mark.parametrize("key", ["\x1b[2J", "a\nb", "\x00", "\u202e", "\x7f", "x" * 5_000, "\ud800"])
def test_strange_key_cannot_forge_lines_or_steer_a_terminal(key: str) -> None:
    """The names of fields are repeated without control characters."""
    for value in (spec() | {key: 1}, spec(init={"u": "1", "v": "1", key: "1"})):
        with pytest.raises(SpecError) as caught:
            spec_from(value)
        assert str(caught.value).replace("\n- ", "").isprintable()
        assert str(caught.value).isascii()
        assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "1\n2", "\x00", "\u202e1", "\x7f", "1" * 5_000, "\ud800", "\x1f"]
)
def test_strange_value_cannot_forge_lines_or_steer_a_terminal(text: str) -> None:
    """Nor are values, whether a number was expected or a name."""
    for value in (spec(init={"u": text, "v": "1"}), spec(model=text), spec(want={"kind": text})):
        with pytest.raises(SpecError) as caught:
            spec_from(value)
        assert str(caught.value).replace("\n- ", "").isprintable()
        assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize("text", ["[" * 2_000_000, '{"a":' * 500_000, "[[" * 100 + "]]" * 100])
def test_deep_nesting_is_refused(text: str) -> None:
    """Neither the parser's stack nor ours overflows."""
    with pytest.raises(SpecError):
        parse_spec(text)
