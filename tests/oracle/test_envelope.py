"""Sparse records: right code is never refused and agrees up to the horizon; faults outside the envelope are caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from oracle import envelope as envelope_module
from oracle.case import case_of
from oracle.envelope import MEMBERS, Envelope, envelope, smallest_share, too_long
from oracle.findings import Finding
from oracle.goldens import compute_golden
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.spec import spec_from
from oracle.tensors import task_of
from oracle.verdict import Outcome, Verdict, judge

EVERY_TENTH, LAST = tuple(range(0, 61, 10)), (200,)
FORMS = ("velocity", "buffer", "position")


def spec_of(dtype: str, steps: Sequence[int], **problem: Any) -> dict[str, Any]:
    """Return a small sparse regression with a biased start, by heavy ball."""
    d = problem.get("d", 9)
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "sparse_regression", "n": 6, "d": 9, "nonzeros": 3, "seed": 5, **problem},
        "model": "diagonal",
        "init": {"u": "0.375", "v": [f"{j % 9 + 3}/32" for j in range(d)]},
        "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
        "inputs_as": dtype,
        "want": {"kind": "iterates", "steps": list(steps)},
        "digits": 40,
    }


@cache
def golden_of(dtype: str, steps: tuple[int, ...], **problem: Any) -> Golden:
    """Return the certified golden, once."""
    return compute_golden(spec_from(spec_of(dtype, steps, **problem)), cross_check=False)


def reversed_dot(left: Array, right: Array) -> Array:
    """Sum products one by one from the last to the first."""
    total = np.zeros(left.shape[0], dtype=left.dtype)
    for j in reversed(range(left.shape[1])):
        total = total + left[:, j] * right[j]
    return total


def pairwise_dot(left: Array, right: Array) -> Array:
    """Sum products by halves."""
    total: Array = np.add.reduce(left * right, axis=1)
    return total


def to_bits(values: Array, bits: int) -> Array:
    """Round to so many significant bits."""
    mantissa, exponent = np.frexp(values)
    rounded: Array = np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits).astype(values.dtype)
    return rounded


@dataclass
class Run:
    """Heavy ball in plain numpy; a fault replaces one of its parts.

    Parameters
    ----------
    golden : Golden
        Says the problem; its digits are not looked at.
    declaration : Declaration
        `form`, `dtype`, and `state`, which rounds what is kept to eight bits.
    dot : callable
        How sums of products are ordered.
    """

    golden: Golden
    declaration: Declaration
    dot: Callable[[Array, Array], Array] = np.matmul

    def __post_init__(self) -> None:
        self.task = task_of(self.golden.spec, self.declaration.dtype, self.golden.steps)
        self.eta, self.mu = self.task.method.step_size, self.task.method.momentum

    def gradient(self, x: Array, p: Array, k: int) -> Array:
        """Return ∇L at u and v, joined; `p` and `k` are for the faults."""
        del p, k
        X, y = self.task.problem.X, self.task.problem.y
        u, v = np.split(x, 2)
        r = self.dot(X, u * u - v * v) - y
        g = self.dot(X.T.copy(), r) / X.dtype.type(len(y))
        return np.concatenate([2 * u * g, -2 * v * g])

    def kept(self, values: Array) -> Array:
        """Return what is kept between steps."""
        return to_bits(values, 8) if self.declaration.state else values

    def kept_momentum(self, values: Array) -> Array:
        """Return what is kept of the momentum."""
        return self.kept(values)

    def arrays(self) -> dict[str, Array]:
        """Return the record at the golden's steps."""
        x = np.concatenate([self.task.problem.init[name] for name in ("u", "v")])
        p, before, rows, form = np.zeros_like(x), x, [], self.declaration.form
        for k in range(max(self.golden.steps) + 1):
            rows.append(x)
            if form == "position":
                x, before = (
                    self.kept(x + self.mu * (x - before) - self.eta * self.gradient(x, x - before, k)),
                    x,
                )
            elif form == "buffer":
                p = self.kept_momentum(self.mu * p + self.gradient(x, -self.eta * p, k))
                x = self.kept(x - self.eta * p)
            else:
                p = self.kept_momentum(self.mu * p - self.eta * self.gradient(x, p, k))
                x = self.kept(x + p)
        u, v = np.split(np.stack([rows[k] for k in self.golden.steps]), 2, axis=1)
        return {"steps": np.array(self.golden.steps), "u": u, "v": v}


def verdict_of(run: Run) -> Verdict:
    """Judge a run as what it says it is."""
    return judge(run.golden, run.arrays(), run.declaration, draw_envelope=False, diagnose=False)


def across(verdict: Verdict) -> Finding:
    """Return the finding about states that were not replayed."""
    return next(finding for finding in verdict.findings if finding.check == "global envelope")


@pytest.mark.parametrize("steps", [EVERY_TENTH, LAST], ids=["every tenth", "last of 200"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dot", [np.matmul, reversed_dot, pairwise_dot])
def test_right_code_agrees(
    dtype: str, form: str, dot: Callable[[Array, Array], Array], steps: tuple[int, ...]
) -> None:
    """A record of few states, in any form and order of sums, AGREES."""
    verdict = verdict_of(Run(golden_of(dtype, steps), Declaration(form=form, dtype=dtype), dot))
    assert verdict.outcome is not Outcome.DISAGREES
    assert across(verdict).outcome is Outcome.AGREES, across(verdict)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "steps", [(0, 2, 4), EVERY_TENTH, LAST], ids=["every other", "every tenth", "last of 200"]
)
def test_right_code_with_a_narrow_state_is_never_refused(form: str, steps: tuple[int, ...]) -> None:
    """float32 with parameters and momentum kept in eight bits: AGREES before the horizon, else UNDECIDED."""
    declaration = Declaration(form=form, dtype="float32", state="bfloat16")
    verdict = verdict_of(Run(golden_of("bfloat16", steps), declaration))
    finding = across(verdict)
    assert finding.outcome is not Outcome.DISAGREES
    bounds = envelope(case_of(golden_of("bfloat16", steps).spec), declaration, list(steps), ["u", "v"])
    if bounds.horizon is None or steps[-1] < bounds.horizon:
        assert finding.outcome is Outcome.AGREES
    else:
        assert f"from step {bounds.horizon} on" in finding.reason


# --- planted faults -----------------------------------------------------------------------------------


class NesterovForHeavyBall(Run):
    """The gradient is taken ahead."""

    def gradient(self, x: Array, p: Array, k: int) -> Array:
        """Ask at β + μp."""
        return super().gradient(x + self.mu * p, p, k)


class StepSizeOff(Run):
    """η is a tenth of a per cent off."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.eta = self.eta * type(self.eta)(1.001)


class NarrowMomentum(Run):
    """The momentum alone is kept in eight bits."""

    def kept_momentum(self, values: Array) -> Array:
        """Round to the significand of bfloat16."""
        return to_bits(values, 8)


class FirstGradientScaled(Run):
    """The first gradient is scaled by 1 − μ."""

    def gradient(self, x: Array, p: Array, k: int) -> Array:
        """Scale at step 0."""
        g = super().gradient(x, p, k)
        return g * (1 - self.mu) if k == 0 else g


FAULTS = [NesterovForHeavyBall, StepSizeOff, NarrowMomentum, FirstGradientScaled]


@pytest.mark.parametrize(
    "steps", [EVERY_TENTH, (60,), LAST], ids=["every tenth", "last of 60", "last of 200"]
)
@pytest.mark.parametrize("form", ["velocity", "buffer"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_refused(fault: type[Run], dtype: str, form: str, steps: tuple[int, ...]) -> None:
    """What usual tolerances pass is outside the envelope, at every tenth step and at the last alone."""
    verdict = verdict_of(fault(golden_of(dtype, steps), Declaration(form=form, dtype=dtype)))
    assert across(verdict).outcome is Outcome.DISAGREES, across(verdict)
    assert "proved" in across(verdict).reason


# --- the bounds themselves ----------------------------------------------------------------------------


def bounds_of(
    monkeypatch: pytest.MonkeyPatch, golden: Golden, declaration: Declaration, *, proved: bool
) -> Envelope:
    """Return the envelope of one kind at the golden's steps."""
    monkeypatch.setattr(envelope_module, "affordable", lambda *_: proved)
    found = envelope(case_of(golden.spec), declaration, golden.steps, ["u", "v", "theta", "loss"])
    assert found.rigorous.all() == proved == found.rigorous.any()
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sketch_is_the_worst_case_and_little_more(
    monkeypatch: pytest.MonkeyPatch, dtype: str, form: str
) -> None:
    """W is no smaller than the proved worst case anywhere, and at most thirty times as large."""
    golden, declaration = golden_of(dtype, EVERY_TENTH), Declaration(form=form, dtype=dtype)
    proved = bounds_of(monkeypatch, golden, declaration, proved=True)
    sampled = bounds_of(monkeypatch, golden, declaration, proved=False)
    for name, exact in proved.worst.items():
        ratio = sampled.worst[name][1:] / exact[1:]
        assert ratio.min() >= 1
        assert ratio.max() < 30


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("proved", [True, False])
def test_what_is_moved_past_the_worst_case_is_refused(
    monkeypatch: pytest.MonkeyPatch, dtype: str, proved: bool
) -> None:
    """1.01 of the worst case from the golden, in one number alone, DISAGREES; 0.99 does not."""
    golden, declaration = golden_of(dtype, (60,)), Declaration(dtype=dtype)
    bounds = bounds_of(monkeypatch, golden, declaration, proved=proved)
    run = Run(golden, declaration)
    exact = {
        name: np.array([[x / 10**row.places for x in row.integers] for row in golden.arrays[name].rows])
        for name in "uv"
    }
    for share, refused in ((1.01, True), (0.99, False)):
        arrays = run.arrays()
        room = share * bounds.worst["u"][0, 4]
        arrays["u"][0, 4] = exact["u"][0, 4] + room + (1 if refused else -1) * np.spacing(arrays["u"][0, 4])
        outcome = across(judge(golden, arrays, declaration, draw_envelope=False, diagnose=False)).outcome
        expected = Outcome.DISAGREES if refused else Outcome.AGREES if proved else Outcome.UNDECIDED
        assert outcome is expected


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_larger_problem_is_judged_by_samples(
    monkeypatch: pytest.MonkeyPatch, fault: type[Run] | None, dtype: str
) -> None:
    """n = 12, d = 24: the statistical envelope lets right code through and no fault."""
    monkeypatch.setattr(envelope_module, "affordable", lambda *_: False)
    golden = golden_of(dtype, EVERY_TENTH, n=12, d=24)
    finding = across(verdict_of((fault or Run)(golden, Declaration(dtype=dtype))))
    assert finding.outcome is (Outcome.DISAGREES if fault else Outcome.AGREES), finding
    assert "none judged by a proved bound" in finding.reason


@pytest.mark.parametrize("proved", [True, False])
def test_past_the_horizon_nothing_is_decided(monkeypatch: pytest.MonkeyPatch, proved: bool) -> None:
    """All in bfloat16: the horizon comes early, bounds are infinite from there, and zeros do not pass."""
    monkeypatch.setattr(envelope_module, "affordable", lambda *_: proved)
    golden, declaration = (
        golden_of("bfloat16", EVERY_TENTH),
        Declaration(dtype="bfloat16", accumulate="float32"),
    )
    found = envelope(case_of(golden.spec), declaration, golden.steps, ["u", "v"])
    assert found.horizon is not None
    assert 2 < found.horizon < 40
    past = np.array(golden.steps) >= found.horizon
    for bounds in (found.typical, found.worst):
        assert all(
            np.isinf(width[past]).all() and np.isfinite(width[~past]).all() for width in bounds.values()
        )
    arrays = Run(golden, Declaration(dtype="float32", state="bfloat16")).arrays()
    arrays["u"][-1], arrays["v"][-1] = 0, 0
    verdict = judge(golden, arrays, declaration, draw_envelope=False, diagnose=False)
    assert across(verdict).outcome is not Outcome.AGREES


def test_schedule_of_step_sizes_has_an_envelope() -> None:
    """With η halved every other step there is one, proved, and not that of the constant η."""
    spec = spec_of("float32", EVERY_TENTH)
    spec["method"]["schedule"] = ["1", "0.5"]
    case = case_of(spec_from(spec).canonical)
    found = envelope(case, Declaration(dtype="float32"), list(EVERY_TENTH), ["u", "v"])
    constant = envelope(
        case_of(golden_of("float32", EVERY_TENTH).spec),
        Declaration(dtype="float32"),
        list(EVERY_TENTH),
        ["u", "v"],
    )
    assert found.rigorous.all()
    assert found.horizon is None
    assert not np.allclose(found.worst["u"][1:], constant.worst["u"][1:], rtol=1e-3, atol=0)


def test_too_long_says_what_to_do() -> None:
    """An envelope that would take too long is refused with the remedy."""
    case = case_of(golden_of("float32", LAST).spec)
    assert too_long(case, 200) == ""
    assert "record successive steps" in too_long(case, 10**6)


@pytest.mark.parametrize("probability", [1e-3, 1e-12])
def test_smallest_share_solves_its_equation(probability: float) -> None:
    """(x e^{1−x})^{m/2} is the probability asked for."""
    x = smallest_share(MEMBERS, probability)
    assert (x * np.exp(1 - x)) ** (MEMBERS / 2) == pytest.approx(probability, rel=1e-6)
    assert Fraction(x) < 1
