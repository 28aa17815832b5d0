"""A schedule of step sizes in a spec: its text, what it refuses, how it is rounded, handed over and computed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.goldens import compute_golden
from oracle.spec import SpecError, spec_from
from oracle.tensors import task_of

HEAVY_BALL = {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"}
LOOKAHEAD = {**HEAVY_BALL, "name": "nesterov_lookahead"}
DESCENT = {"name": "gradient_descent", "step_size": "0.05"}
SCHEDULE = ["1", "2/4", "0x1p-3"]
# computed before specs had schedules, by the command sha256sum on the canonical text
OLDER: list[tuple[dict[str, Any], str]] = [
    (HEAVY_BALL, "83fcb40a13773fffced93fece233a070cfe89e3f7e0a7a00afa697dfc3812a16"),
    (
        {"name": "gradient_descent", "step_size": "1/3", "batches": [[0], [1]]},
        "6580974fce13f0f484af09cb313e5de29390e259c889534bbbd2a4ddedb51f9c",
    ),
    (
        {"name": "nesterov", "step_size": "0.1", "momentum": "1/2", "p0": {"u": "1"}},
        "e6738f97969f090927e60ccf82aee547fa326808d2e6feb895d0851b9cef57c5",
    ),
    (
        {"name": "nesterov_lookahead", "step_size": "0.1", "momentum": "1/2"},
        "74190325d625e186681423d2bf6d73968776804f8c9126d8861d8ff9b6716989",
    ),
]


def spec_with(method: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the contract's example with another method; a field set to `...` is left out."""
    value = {
        "schema": "momentum-oracle/spec/1",
        "problem": {
            "kind": "regression",
            "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]],
            "y": ["1", "-0.5"],
        },
        "model": "diagonal",
        "init": {"u": "0.25", "v": "0.25"},
        "method": method,
        "want": {"kind": "iterates", "steps": [0, 1, 2, 100]},
        "digits": 40,
        **changes,
    }
    return {name: item for name, item in value.items() if item is not ...}


def message_of(value: dict[str, Any]) -> str:
    """Return the message with which a spec is refused."""
    with pytest.raises(SpecError) as caught:
        spec_from(value)
    return str(caught.value)


# Text and digest


@pytest.mark.parametrize(("method", "digest"), OLDER, ids=[method["name"] for method, _ in OLDER])
def test_spec_without_schedule_keeps_its_digest(method: dict[str, Any], digest: str) -> None:
    """Every golden of a spec older than schedules is still found."""
    assert spec_from(spec_with(method)).digest == f"sha256:{digest}"


def test_scheduled_spec_writes_both_fields_out() -> None:
    """Factors in their one spelling, and what they scale where that is the update."""
    method = spec_from(
        spec_with({**HEAVY_BALL, "schedule": SCHEDULE, "schedule_scales": "update"})
    ).canonical["method"]
    assert (method["schedule"], method["schedule_scales"]) == (["1", "0.5", "0.125"], "update")


@pytest.mark.parametrize(
    ("spoken", "silent"),
    [
        ({**HEAVY_BALL, "schedule_scales": "gradient"}, HEAVY_BALL),
        (
            {**HEAVY_BALL, "schedule": SCHEDULE, "schedule_scales": "gradient"},
            {**HEAVY_BALL, "schedule": SCHEDULE},
        ),
        (
            {**DESCENT, "schedule": SCHEDULE, "schedule_scales": "update"},
            {**DESCENT, "schedule": SCHEDULE},
        ),
    ],
    ids=["default without schedule", "default with one", "gradient descent scales either"],
)
def test_what_says_nothing_is_left_out(spoken: dict[str, Any], silent: dict[str, Any]) -> None:
    """One computation, one text."""
    assert spec_from(spec_with(spoken)) == spec_from(spec_with(silent))


def test_digest_moves_with_the_schedule() -> None:
    """The planted fault: a digest that forgets the factors, their order, or what they scale."""
    methods: list[dict[str, Any]] = [
        HEAVY_BALL,
        {**HEAVY_BALL, "schedule": ["1", "1/2"]},
        {**HEAVY_BALL, "schedule": ["1/2", "1"]},
        {**HEAVY_BALL, "schedule": ["1", "1/2"], "schedule_scales": "update"},
    ]
    assert len({spec_from(spec_with(method)).digest for method in methods}) == 4


def test_canonical_form_of_a_scheduled_spec_is_its_own() -> None:
    """Reading the canonical form again gives it back."""
    spec = spec_from(spec_with({**LOOKAHEAD, "schedule": SCHEDULE, "schedule_scales": "update"}))
    assert spec_from(spec.canonical) == spec


# Refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": []}, "`method.schedule` is an empty list; expected a non-empty list of factors"),
        ({"schedule": "1"}, '`method.schedule` is "1"; expected a non-empty list of factors'),
        ({"schedule": None}, "`method.schedule` is null; expected a non-empty list of factors"),
        ({"schedule": ["1", "0"]}, '`method.schedule[1]` is "0"; expected a factor greater than 0'),
        ({"schedule": ["-1/2"]}, '`method.schedule[0]` is "-1/2"; expected a factor greater than 0'),
        ({"schedule": [0.5]}, "`method.schedule[0]` is 0.5; expected a factor greater than 0"),
        (
            {"schedule": ["1"], "schedule_scales": "momentum"},
            '`method.schedule_scales` is "momentum"; expected one of `gradient`, `update`',
        ),
        (
            {"schedule_scales": "update"},
            "`method.schedule_scales` is `update` without a `schedule`; expected a `method.schedule` beside it",
        ),
        (
            {"name": "nesterov", "schedule": ["1"], "schedule_scales": "update"},
            "`method.schedule_scales` is `update`; expected `gradient` for `nesterov`",
        ),
        (
            {"schedule": ["1"], "schedule_scales": "update", "p0": {"v": ["0", "0", "1"]}},
            "`method.p0.v` is not zero; expected 0 or nothing where the schedule scales the `update`",
        ),
    ],
)
def test_each_mistake_in_a_schedule_is_named(change: dict[str, Any], message: str) -> None:
    """The field, what arrived and what was expected."""
    assert message in message_of(spec_with({**HEAVY_BALL, **change}))


def test_initial_momentum_goes_with_a_schedule_of_the_gradient() -> None:
    """There p is a move whatever the step size, and zero is nothing in either."""
    spec_from(spec_with({**HEAVY_BALL, "schedule": ["1"], "p0": {"v": "1"}}))
    spec_from(spec_with({**HEAVY_BALL, "schedule": ["1"], "schedule_scales": "update", "p0": {"v": "0"}}))


@pytest.mark.parametrize(
    "want",
    [
        {"kind": "limit"},
        {"kind": "integrals", "steps": [1]},
        {"kind": "integrals", "to": "limit"},
        {"kind": "kkt", "xi": 1},
    ],
    ids=["limit", "integrals", "to the limit", "kkt"],
)
def test_other_wants_than_iterates_refuse_a_schedule(want: dict[str, Any]) -> None:
    """Their theory is of one step size; a constant one is never taken in silence."""
    message = message_of(spec_with({**HEAVY_BALL, "schedule": ["1", "1/2"]}, want=want))
    assert (
        f"`method.schedule` is a list of 2 for a want of kind `{want['kind']}`; expected a schedule for"
        in message
    )


def test_flow_has_no_schedule() -> None:
    """The field belongs to discrete methods."""
    method = {"name": "gd_flow", "step_size": "0.1", "order": 1, "schedule": ["1"]}
    message = message_of(spec_with(method, want={"kind": "flow", "times": [1]}))
    assert "`method.schedule` is not a field here" in message


# The step sizes of the case


def test_case_has_no_schedule_unless_asked() -> None:
    """A spec without one gives the case of before."""
    method = case_of(spec_from(spec_with(HEAVY_BALL)).canonical).method
    assert (method.step_sizes, method.scales) == ((), "gradient")


def test_step_sizes_are_exact_products() -> None:
    """η_k = 1/20 times 1, 1/2 and 1/8 where nothing is rounded."""
    value = spec_with({**HEAVY_BALL, "schedule": SCHEDULE, "schedule_scales": "update"})
    method = case_of(spec_from(value).canonical).method
    assert method.step_sizes == (Fraction(1, 20), Fraction(1, 40), Fraction(1, 160))
    assert (method.step_size, method.scales) == (Fraction(1, 20), "update")


def test_step_sizes_are_rounded_once() -> None:
    """0.03 times 3 is the float32 nearest to 0.09, and not three times the float32 nearest to 0.03."""
    value = spec_with({**HEAVY_BALL, "step_size": "0.03", "schedule": ["3", "1"]}, inputs_as="float32")
    method = case_of(spec_from(value).canonical).method
    assert method.step_sizes == (Fraction(float(np.float32(0.09))), Fraction(float(np.float32(0.03))))
    assert np.float32(3) * np.float32(0.03) != np.float32(0.09)  # or this would not tell the two apart


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (
            "1e-60",
            r'`method.schedule[1]` is "0\.0.*1", whose product .* `float32` rounds to 0; expected a product',
        ),
        ("1e60", r"`method.schedule[1]` does not fit `inputs_as`: .* overflows float32"),
    ],
)
def test_step_size_that_rounding_spoils_is_refused(factor: str, message: str) -> None:
    """Zero and overflow are named with the factor."""
    canonical = spec_from(spec_with({**HEAVY_BALL, "schedule": ["1", factor]}, inputs_as="float32")).canonical
    with pytest.raises(SpecError, match=message.replace("[1]", re.escape("[1]"))):
        case_of(canonical)


# Handed over and computed


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_task_holds_the_step_sizes_in_its_dtype(dtype: str) -> None:
    """Each η_k rounded once to the candidate's numbers, and what they scale."""
    value = spec_with({**LOOKAHEAD, "schedule": SCHEDULE, "schedule_scales": "update"})
    method = task_of(spec_from(value).canonical, dtype, [1]).method
    assert method.step_sizes.dtype == dtype
    assert method.step_sizes.tolist() == [float(np.dtype(dtype).type(x)) for x in (0.05, 0.025, 0.00625)]
    assert method.scales == "update"


def test_task_without_schedule_has_no_step_sizes() -> None:
    """An empty array, and the convention of before."""
    method = task_of(spec_from(spec_with(HEAVY_BALL)).canonical, "float64", [1]).method
    assert (len(method.step_sizes), method.scales) == (0, "gradient")


@pytest.mark.parametrize("scales", ["gradient", "update"])
def test_golden_of_a_schedule_encloses_the_exact_run(scales: str) -> None:
    """Three steps of β ← β + p on ½(β − 1)² by hand, p ← μp − η_k(β − 1) or its update; the other one is missed."""
    etas, mu = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 20)), Fraction(9, 10)
    paths = {}
    for name, (within, outer) in {"gradient": (1, 0), "update": (0, 1)}.items():
        beta, p = Fraction(1, 4), Fraction(0)
        for eta in etas:
            p = mu * p - (eta if within else 1) * (beta - 1)
            beta += (eta if outer else 1) * p
        paths[name] = beta
    value = spec_with(
        {**HEAVY_BALL, "step_size": "0.1", "schedule": ["1", "0.1", "0.5"], "schedule_scales": scales},
        problem={"kind": "regression", "X": [["1"]], "y": ["1"]},
        model="linear",
        init={"beta": "1/4"},
        want={"kind": "iterates", "steps": [3]},
    )
    row = compute_golden(spec_from(value)).arrays["beta"].rows[0]
    published, half = Fraction(row.integers[0], 10**row.places), Fraction(1, 2 * 10**row.places)
    assert {name: abs(published - path) <= half for name, path in paths.items()} == {
        "gradient": scales == "gradient",
        "update": scales == "update",
    }
