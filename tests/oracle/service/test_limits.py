"""A spec that asks for too much is refused by what it asks, before anything of that size is made."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.service.limits import BeyondLimitsError, Limits, check_raw, check_spec, option_of
from oracle.spec import SpecError, parse_spec

DEFAULT = Limits()
MEBIBYTE = 2**20
HEAVY_BALL = {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"}
TWO_POINTS = {"kind": "regression", "X": [["1", "0.5"], ["0", "1"]], "y": ["1", "-0.5"]}
RUN = {"name": "gradient_flow"}


def spec(**changes: Any) -> dict[str, Any]:
    """Return a spec that asks for little, with changes."""
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": TWO_POINTS,
        "model": "diagonal",
        "init": {"u": "0.25", "v": "0.25"},
        "method": HEAVY_BALL,
        "want": {"kind": "iterates", "steps": [0, 1]},
        "digits": 20,
    } | changes


def generated(n: int, d: int) -> dict[str, Any]:
    """Return a problem of which no byte exists yet."""
    return {"kind": "sparse_regression", "n": n, "d": d, "nonzeros": 1, "seed": 1}


def polynomial(*terms: dict[str, Any]) -> dict[str, Any]:
    """Return what a spec with a polynomial changes."""
    return {
        "problem": {"kind": "polynomial", "terms": list(terms)},
        "model": "polynomial",
        "init": {"b": "1"},
    }


def flow(*times: str) -> dict[str, Any]:
    """Return what a spec of a flow changes."""
    return {"method": RUN, "want": {"kind": "flow", "times": list(times)}}


# what is changed -> the limit, what is asked, the field that is named; each one above what is allowed
BEYOND: dict[str, tuple[dict[str, Any], Limits, str, int, str]] = {
    "samples": ({"problem": generated(2_001, 2)}, DEFAULT, "samples", 2_001, "problem.n"),
    "coordinates": ({"problem": generated(2, 5_001)}, DEFAULT, "coordinates", 5_001, "problem.d"),
    "entries": ({"problem": generated(1_001, 1_000)}, DEFAULT, "entries", 1_001_000, "problem"),
    "rows of X": ({}, replace(DEFAULT, samples=1), "samples", 2, "problem.X"),
    "columns of X": ({}, replace(DEFAULT, coordinates=1), "coordinates", 2, "problem.X"),
    "steps": ({"want": {"kind": "iterates", "steps": [100_001]}}, DEFAULT, "steps", 100_001, "want.steps"),
    "rows": ({}, replace(DEFAULT, rows=1), "rows", 2, "want.steps"),
    "numbers": ({}, replace(DEFAULT, numbers=11), "numbers", 12, "want"),  # 2 steps, d = 2, u v theta
    "times": (flow("1", "2", "3"), replace(DEFAULT, times=2), "times", 3, "want.times"),
    "horizon": (flow("1", "200001/2"), DEFAULT, "horizon", 100_001, "want.times"),
    "digits": ({"digits": 301}, DEFAULT, "digits", 301, "digits"),
    "order": (
        {"method": {"name": "gd_flow", "step_size": "0.1", "order": 13}, "want": {"kind": "limit"}},
        DEFAULT, "order", 13, "method.order",
    ),
    "terms": (
        polynomial(*({"coefficient": "1", "powers": [i % 5]} for i in range(501))),
        DEFAULT, "terms", 501, "problem.terms",
    ),
    "degree": (
        polynomial({"coefficient": "1", "powers": [2, 2]}, {"coefficient": "1", "powers": [11, 10]}),
        DEFAULT, "degree", 21, "problem.terms",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "limits", "limit", "asked", "path"), BEYOND.values(), ids=BEYOND)
def test_each_limit_refuses_one_more_than_it_allows(
    changes: dict[str, Any], limits: Limits, limit: str, asked: int, path: str
) -> None:
    """Raw and canonical alike: one excess, with field, what is asked, what is allowed and how to raise it."""
    text = json.dumps(spec(**changes)).encode()
    canonical = parse_spec(text).canonical
    for check in (partial(check_raw, text, limits), partial(check_spec, canonical, limits)):
        with pytest.raises(BeyondLimitsError) as caught:
            check()
        (excess,) = caught.value.excesses
        assert (excess.size.limit, excess.size.amount, excess.size.path) == (limit, asked, path)
        assert excess.allowed == asked - 1 or limit == "entries"
        assert f"`{path}` asks for {asked} " in str(caught.value)
        assert f"--limit {limit}=" in str(caught.value)


@pytest.mark.parametrize(("changes", "limits", "limit", "asked", "path"), BEYOND.values(), ids=BEYOND)
def test_each_limit_allows_what_it_says(
    changes: dict[str, Any], limits: Limits, limit: str, asked: int, path: str
) -> None:
    """With the limit at what is asked the same spec passes: nothing else stopped it."""
    raised = replace(limits, **{limit: asked})
    text = json.dumps(spec(**changes)).encode()
    check_raw(text, raised)
    check_spec(parse_spec(text).canonical, raised)
    assert path


def test_every_excess_is_named() -> None:
    """A spec that is too much in several ways is told all of them at once, `u` and `v` each."""
    text = json.dumps(spec(problem=generated(10**7, 10**7), digits=1000)).encode()
    with pytest.raises(BeyondLimitsError, match="beyond 7 limits") as caught:
        check_raw(text, DEFAULT)
    named = {excess.size.limit for excess in caught.value.excesses}
    assert named == {"samples", "coordinates", "entries", "digits", "numbers", "written_digits"}


@pytest.mark.parametrize("place", ["init", "p0", "xi", "X", "step_size", "times"])
def test_long_number_is_refused_wherever_it_stands(place: str) -> None:
    """4097 bits in a numerator or denominator are one too many; 4096 are not."""
    for bits, beyond in ((4_097, True), (4_093, False)):
        number = f"1/{2**bits - 1}"
        changes: dict[str, dict[str, Any]] = {
            "init": {"init": {"u": [number, "1"], "v": "1"}},
            "p0": {"method": HEAVY_BALL | {"p0": {"u": number}}},
            "xi": {"want": {"kind": "kkt", "xi": number}},
            "X": {"problem": TWO_POINTS | {"X": [["1", "0.5"], [number, "1"]]}},
            "step_size": {"method": HEAVY_BALL | {"step_size": number}},
            "times": flow(number, "1"),
        }
        canonical = parse_spec(json.dumps(spec(**changes[place]))).canonical
        if beyond:
            with pytest.raises(BeyondLimitsError, match=r"bits in one number"):
                check_spec(canonical, DEFAULT)
        else:
            check_spec(canonical, DEFAULT)


def test_number_longer_than_a_fraction_beside_it_is_found() -> None:
    """The longest text need not be the longest number: a fraction has two."""
    fraction, integer = f"{'1' * 900}/{'7' * 899}3", "9" * 1_300
    canonical = parse_spec(json.dumps(spec(init={"u": [fraction, integer], "v": "1"}))).canonical
    with pytest.raises(BeyondLimitsError, match=r"init\.u"):
        check_spec(canonical, DEFAULT)


@pytest.mark.parametrize("number", ["1e3999", "1e-1300", "0x1p-4097", "1E+0001300", "1e99999999999999999999"])
def test_large_exponent_is_refused_before_it_is_written_out(number: str) -> None:
    """A few bytes may stand for thousands of digits."""
    with pytest.raises(BeyondLimitsError, match="by its exponent"):
        check_raw(json.dumps(spec(init={"u": number, "v": "1"})).encode(), DEFAULT)


def test_many_exponents_are_refused_by_what_they_come_to() -> None:
    """Each is allowed, but 20,000 of a thousand digits are 20 million; 16,000 are not more than 16 MiB."""
    for count, beyond in ((20_000, True), (16_000, False)):
        problem = {
            "kind": "regression",
            "X": [["1e1000"] * 500] * (count // 500),
            "y": ["1"] * (count // 500),
        }
        text = json.dumps(spec(problem=problem)).encode()
        if beyond:
            with pytest.raises(BeyondLimitsError, match="once the exponents in it are written out"):
                check_raw(text, DEFAULT)
        else:
            check_raw(text, DEFAULT)


def full(unit: str, before: str = "[", after: str = "]") -> bytes:
    """Return a text of 4 MiB full of one unit."""
    count = (DEFAULT.spec_bytes - len(before) - len(after)) // len(unit)
    return (before + unit * count + after).encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "brackets": lambda: b"[" * DEFAULT.spec_bytes,
    "braces": lambda: full('{"a":', "", ""),
    "empty lists": lambda: full("[],", "[", "0]"),
    "keys": lambda: b"{" + ",".join(f'"{i}":1' for i in range(300_000)).encode() + b"}",
    "one key": lambda: full('"a":1,', "{", '"a":1}'),
    "strings": lambda: full('"ab",', "[", "0]"),
    "integers": lambda: full("0,", '{"problem":{"X":[[', "0]]}}"),
    "long integer": lambda: full("9", '{"digits":', "}"),
    "long integers": lambda: full("9" * 4_200 + ",", "[", "0]"),
    "exponents": lambda: full('"1e999",', '{"problem":{"X":[[', "0]]}}"),
    "exponents of 99": lambda: full('"1e99",', '{"problem":{"X":[[', "0]]}}"),
    "backslashes": lambda: full("\\\\", '"', '"'),
    "quotes": lambda: b'"' * DEFAULT.spec_bytes,
    "not UTF-8": lambda: b"\xff" * DEFAULT.spec_bytes,
    "UTF-16": lambda: json.dumps(spec()).encode("utf-16"),
    "zero bytes": lambda: bytes(DEFAULT.spec_bytes),
    "steps": lambda: full("1,", '{"want":{"steps":[', "1]}}"),
    "terms": lambda: full("0,", '{"problem":{"terms":[', "0]}}"),
    "too long": lambda: bytes(DEFAULT.spec_bytes + 1),
    "empty": lambda: b"",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_little_memory_and_never_crashes(make: Callable[[], bytes]) -> None:
    """`check_raw` needs less than 100 MB on 4 MiB of anything; then either it or the parser refuses."""
    text = make()
    tracemalloc.start()
    try:
        refused = False
        try:
            check_raw(text, DEFAULT)
        except BeyondLimitsError as error:
            refused = len(str(error)) < 10_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * MEBIBYTE
    if not refused:
        with pytest.raises(SpecError):
            parse_spec(text)


def read_within_limits(text: bytes) -> None:
    """Read a text as a server does."""
    check_raw(text, DEFAULT)
    check_spec(parse_spec(text).canonical, DEFAULT)


@pytest.mark.parametrize("d", [100_000, 10**40, -1, True, "9", None, [1], 1.5])
def test_size_that_is_no_size_does_not_crash(d: Any) -> None:
    """Products of sizes that no message can write out are refused, and strange ones left to the parser."""
    problem = {"kind": "sparse_regression", "n": d, "d": d, "nonzeros": 1, "seed": 1}
    text = json.dumps(spec(problem=problem)).encode()
    with pytest.raises((BeyondLimitsError, SpecError)) as caught:
        read_within_limits(text)
    assert len(str(caught.value)) < 3_000


def test_one_number_for_every_coordinate_counts_as_often() -> None:
    """A number of 1200 digits for each of 15,000 coordinates is 18 million digits."""
    limits = replace(DEFAULT, coordinates=15_000)
    text = json.dumps(spec(problem=generated(1, 15_000), init={"u": "7" * 1_200, "v": "1"})).encode()
    with pytest.raises(BeyondLimitsError, match=r"`init\.u` asks for 18000000 digits"):
        check_raw(text, limits)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["1e5000", "1/0", "limit", "iterates", "diagonal", "polynomial", "0x1p-9", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from([*spec(), "kind", "X", "terms", "powers", "n", "d", "steps", "times", "u", "xi"]),
                      inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(st.sampled_from([*spec(), "strange"]), JSON, max_size=4))
def test_any_json_is_refused_by_name_or_passes(changes: dict[str, Any]) -> None:
    """Whatever stands in the fields of a spec: a spec, a `SpecError` or a `BeyondLimitsError`, nothing else."""
    text = json.dumps(spec() | changes).encode("utf-8", "surrogatepass")
    try:
        read_within_limits(text)
    except (SpecError, BeyondLimitsError) as error:
        assert str(error).replace("\n", "").isprintable()  # noqa: PT017 - most inputs raise, some pass


@settings(max_examples=1500, deadline=None)
@given(at=st.integers(0, 10**4), put=st.binary(max_size=3), cut=st.integers(0, 5))
def test_any_altered_text_is_refused_by_name_or_passes(at: int, put: bytes, cut: int) -> None:
    """A good text with bytes put in, changed or taken out."""
    good = json.dumps(spec()).encode()
    at %= len(good)
    text = good[:at] + put + good[at + cut :]
    try:
        read_within_limits(text)
    except (SpecError, BeyondLimitsError) as error:
        assert str(error)  # noqa: PT017 - most inputs raise, some pass


def test_every_limit_is_a_positive_number_with_an_option() -> None:
    """Defaults are usable as they stand, and every field is described."""
    for name, value in asdict(DEFAULT).items():
        assert value > 0
        assert option_of(name).startswith("--limit ")
        assert name in (Limits.__doc__ or "")
