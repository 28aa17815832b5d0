"""The judge's power and its restraint: planted faults are refused, correct code never is.

Every run below is written out in numpy, independent of the recurrences that the judge replays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.goldens import compute_golden
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.spec import spec_from
from oracle.verdict import Outcome, Verdict, judge

DTYPES = ("float64", "float32")
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
STEPS = 60
BATCHES = [[0, 1, 2], [3, 4], [5, 0, 2]]
FACTORS = {"half_mean_square": 1.0, "mean_square": 2.0, "half_sum_square": 1.0, "sum_square": 2.0}


def spec_of(method: str, dtype: str, *, steps: list[int] | None = None, **more: Any) -> dict[str, Any]:
    """Return a small sparse regression with a biased start; `more` replaces fields and sets batches."""
    coefficients: dict[str, Any] = {"name": method, "step_size": more.pop("step_size", "0.05")}
    if method != "gradient_descent":
        coefficients["momentum"] = "0.9"
    if "batches" in more:
        coefficients["batches"] = more.pop("batches")
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": {
            "kind": "sparse_regression",
            "n": 6,
            "d": 9,
            "nonzeros": 3,
            "seed": 5,
            "loss": more.pop("loss", "half_mean_square"),
        },
        "model": "diagonal",
        "init": {"u": "0.375", "v": [f"{j + 3}/32" for j in range(9)]},
        "method": coefficients,
        "inputs_as": dtype,
        "want": {"kind": "iterates", "steps": steps or list(range(STEPS + 1))},
        "digits": 40,
        **more,
    }


@cache
def golden_of(method: str, dtype: str, loss: str = "half_mean_square", batched: bool = False) -> Golden:
    """Return the certified golden, once."""
    more: dict[str, Any] = {"batches": BATCHES} if batched else {}
    if loss == "sum_square":
        more["step_size"] = "0.005"
    return compute_golden(spec_from(spec_of(method, dtype, loss=loss, **more)), cross_check=False)


@dataclass
class Run:
    """A momentum method in plain numpy, one dtype throughout; a fault replaces one of its parts.

    Parameters
    ----------
    golden : Golden
        Says the problem; its digits are not looked at.
    dtype : str
    form : str
        ``velocity``, ``position`` or ``buffer``.
    dot : callable
        How sums of products are ordered.
    """

    golden: Golden
    dtype: str
    form: str = "velocity"
    dot: Callable[[Array, Array], Array] = np.matmul
    data: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from oracle.tensors import task_of  # noqa: PLC0415  # numpy alone, but late for its entry points

        self.task = task_of(self.golden.spec, self.dtype, self.golden.steps)
        self.method = self.task.method.name
        self.eta, self.mu = self.task.method.step_size, self.task.method.momentum
        self.X, self.y = self.task.problem.X, self.task.problem.y

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Return ∇_u L and ∇_v L of the batch of step k."""
        batches = self.task.method.batches
        rows = list(batches[k % len(batches)]) if batches else list(range(len(self.y)))
        X, loss = self.X[rows], self.task.problem.loss
        r = self.dot(X, u * u - v * v) - self.y[rows]
        scale = FACTORS[loss] / (len(rows) if "mean" in loss or batches else 1)
        g = self.dot(X.T.copy(), r) * X.dtype.type(scale)
        return 2 * u * g, -2 * v * g

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Return the next parameters and momenta (buffers, in the buffer form)."""
        eta, mu = self.eta, self.mu
        if self.method == "nesterov":
            ahead = -(eta * mu) if self.form == "buffer" else mu
            a, b = self.gradient(u + ahead * p, v + ahead * q, k)
        else:
            a, b = self.gradient(u, v, k)
        if self.form == "buffer":
            p, q = mu * p + a, mu * q + b
            if self.method == "nesterov_lookahead":
                return u - eta * (a + mu * p), v - eta * (b + mu * q), p, q
            return u - eta * p, v - eta * q, p, q
        p, q = mu * p - eta * a, mu * q - eta * b
        if self.method == "nesterov_lookahead":
            return u + mu * p - eta * a, v + mu * q - eta * b, p, q
        return u + p, v + q, p, q

    def arrays(self) -> dict[str, Array]:
        """Return the record of every step."""
        u, v = self.task.problem.init["u"].copy(), self.task.problem.init["v"].copy()
        p, q, rows = np.zeros_like(u), np.zeros_like(v), []
        before = (u, v)
        for k in range(max(self.golden.steps) + 1):
            rows.append((u, v))
            if self.form == "position":
                a, b = self.gradient(u, v, k)
                now = (u, v)
                u = u + self.mu * (u - before[0]) - self.eta * a
                v = v + self.mu * (v - before[1]) - self.eta * b
                before = now
            else:
                u, v, p, q = self.update(u, v, p, q, k)
        kept = [rows[k] for k in self.golden.steps]
        u_rows, v_rows = (np.stack([row[i] for row in kept]) for i in range(2))
        return {"steps": np.array(self.golden.steps), "u": u_rows, "v": v_rows}


def verdict_of(run: Run, arrays: Mapping[str, Array] | None = None) -> Verdict:
    """Judge a run as what it says it is."""
    declaration = Declaration(form=run.form, dtype=run.dtype)
    return judge(run.golden, arrays or run.arrays(), declaration, draw_envelope=False)


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


FORMS = [(method, form) for method in METHODS for form in ("velocity", "buffer")]
FORMS += [("gradient_descent", "position"), ("heavy_ball", "position")]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("method", "form"), FORMS)
@pytest.mark.parametrize("dot", [np.matmul, reversed_dot, pairwise_dot])
def test_correct_code_agrees(
    dtype: str, method: str, form: str, dot: Callable[[Array, Array], Array]
) -> None:
    """Whatever the order of its sums and the form of its update, as long as it declares the form."""
    verdict = verdict_of(Run(golden_of(method, dtype), dtype, form, dot))
    assert verdict.outcome is Outcome.AGREES, verdict.findings
    assert verdict.curves is not None
    assert np.nanmax(verdict.curves.replay_ratio) > 0.01  # a hundred times the rounding would be seen


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", FACTORS)
@pytest.mark.parametrize("batched", [False, True])
def test_correct_code_agrees_for_every_loss_and_with_batches(dtype: str, loss: str, batched: bool) -> None:
    """Batches are used cyclically, with the mean form of the loss."""
    verdict = verdict_of(Run(golden_of("heavy_ball", dtype, loss, batched), dtype))
    assert verdict.outcome is Outcome.AGREES, verdict.findings


# --- planted faults: each is a change of one part of the run above -----------------------------------


class HeavyBallForNesterov(Run):
    """The gradient is taken where the run stands, not ahead."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Do heavy ball whatever was asked."""
        self.method = "heavy_ball"
        return super().update(u, v, p, q, k)


class NesterovForHeavyBall(Run):
    """The gradient is taken ahead."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Do Nesterov whatever was asked."""
        self.method = "nesterov"
        return super().update(u, v, p, q, k)


class LookaheadForHeavyBall(Run):
    """torch's nesterov=True where heavy ball was asked."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Do the look-ahead sequence."""
        self.method = "nesterov_lookahead"
        return super().update(u, v, p, q, k)


class StaleGradient(Run):
    """The gradient of the step before is used, from step 5 on."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Return what was computed one call ago."""
        fresh = super().gradient(u, v, k)
        old = self.data.get("old")
        self.data["old"] = np.stack(fresh)
        return fresh if old is None or k < 5 else (old[0], old[1])


class MissingFactor(Run):
    """The chain rule's factor 2 of the square is left out."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Return half the gradient."""
        a, b = super().gradient(u, v, k)
        return a / 2, b / 2


class WrongSign(Run):
    """∇_v L with the sign of ∇_u L."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Flip v's gradient."""
        a, b = super().gradient(u, v, k)
        return a, -b


class DampenedFirstGradient(Run):
    """The first gradient is scaled by 1 − μ."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Scale at step 0."""
        a, b = super().gradient(u, v, k)
        share = a.dtype.type(1) - self.mu if k == 0 else a.dtype.type(1)
        return share * a, share * b


class SkippedCoordinate(Run):
    """One coordinate is not updated at step 30."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Leave u_4 as it was."""
        after = super().update(u, v, p, q, k)
        if k == 30:
            after[0][4] = u[4]
        return after


class LateKick(Run):
    """One coordinate is off by 2^-17 of its size (float32) or 2^-46 (float64) at step 50."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Add 64 units in the last place."""
        after = super().update(u, v, p, q, k)
        if k == 50:
            after[0][2] += 64 * np.spacing(after[0][2])
        return after


class NarrowState(Run):
    """The state passes through the next narrower format at every step."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Round every array of the state."""
        narrow = np.float32 if u.dtype == np.float64 else np.float16
        after = super().update(u, v, p, q, k)
        return tuple(x.astype(narrow).astype(x.dtype) for x in after)  # type: ignore[return-value]  # four


class NarrowMomentum(Run):
    """Only the momentum is kept narrow: 8 significant bits, as in bfloat16."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Round the momenta to 8 bits."""
        u, v, p, q = super().update(u, v, p, q, k)
        return u, v, _eight_bits(p), _eight_bits(q)


class WrongBatchOrder(Run):
    """Batches are taken in reverse."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Use the batch of another step."""
        return super().gradient(u, v, -k - 1)


class RoundedStepSize(Run):
    """η is one part in 4000 off, as bfloat16's would be."""

    def update(self, u: Array, v: Array, p: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
        """Use a slightly larger η."""
        self.eta = self.task.method.step_size * self.X.dtype.type(1 + 2.0**-12)
        return super().update(u, v, p, q, k)


def _eight_bits(values: Array) -> Array:
    """Round to 8 significant bits."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 256) / 256, exponent).astype(values.dtype)


FAULTS: list[tuple[type[Run], str, int]] = [
    (HeavyBallForNesterov, "nesterov", 2),
    (NesterovForHeavyBall, "heavy_ball", 2),
    (LookaheadForHeavyBall, "heavy_ball", 1),
    (StaleGradient, "heavy_ball", 6),
    (StaleGradient, "gradient_descent", 6),
    (StaleGradient, "nesterov_lookahead", 6),
    (MissingFactor, "gradient_descent", 1),
    (MissingFactor, "nesterov", 1),
    (WrongSign, "heavy_ball", 1),
    (DampenedFirstGradient, "heavy_ball", 1),
    (SkippedCoordinate, "heavy_ball", 31),
    (SkippedCoordinate, "nesterov", 31),
    (LateKick, "heavy_ball", 51),
    (LateKick, "gradient_descent", 51),
    (NarrowState, "heavy_ball", 1),
    (NarrowState, "gradient_descent", 1),
    (NarrowMomentum, "heavy_ball", 2),
    (NarrowMomentum, "nesterov_lookahead", 2),
    (RoundedStepSize, "heavy_ball", 1),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("fault", "method", "first"), FAULTS, ids=lambda x: getattr(x, "__name__", x))
def test_planted_fault_is_refused_at_its_first_step(
    fault: type[Run], method: str, first: int, dtype: str
) -> None:
    """DISAGREES, with the step at which the fault first moves a state, and a size above the bound."""
    verdict = verdict_of(fault(golden_of(method, dtype), dtype))
    assert verdict.outcome is Outcome.DISAGREES
    finding = verdict.findings[0]
    assert finding.step == first
    assert finding.observable in ("u", "v")
    assert finding.coordinate is not None
    assert finding.excess is None or finding.excess > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_wrong_batch_order_is_refused(dtype: str) -> None:
    """The same batches in another order are another method."""
    run = WrongBatchOrder(golden_of("heavy_ball", dtype, batched=True), dtype)
    assert verdict_of(run).outcome is Outcome.DISAGREES


def shifted(arrays: dict[str, Array]) -> dict[str, Array]:
    """Record every state one step late."""
    return {**arrays, **{name: np.concatenate([arrays[name][:1], arrays[name][:-1]]) for name in ("u", "v")}}


def early(arrays: dict[str, Array]) -> dict[str, Array]:
    """Record every state one step early."""
    return {**arrays, **{name: np.concatenate([arrays[name][1:], arrays[name][-1:]]) for name in ("u", "v")}}


def swapped(arrays: dict[str, Array]) -> dict[str, Array]:
    """Exchange u and v."""
    return {**arrays, "u": arrays["v"], "v": arrays["u"]}


def with_nan(arrays: dict[str, Array]) -> dict[str, Array]:
    """Put a NaN into step 7."""
    u = arrays["u"].copy()
    u[7, 3] = np.nan
    return {**arrays, "u": u}


def with_infinity(arrays: dict[str, Array]) -> dict[str, Array]:
    """Put an infinity into step 7."""
    u = arrays["u"].copy()
    u[7, 3] = np.inf
    return {**arrays, "u": u}


def zeros(arrays: dict[str, Array]) -> dict[str, Array]:
    """Return nothing but zeros."""
    return {**arrays, "u": np.zeros_like(arrays["u"]), "v": np.zeros_like(arrays["v"])}


def constant(arrays: dict[str, Array]) -> dict[str, Array]:
    """Return the start at every step."""
    return {**arrays, **{name: np.repeat(arrays[name][:1], len(arrays[name]), axis=0) for name in ("u", "v")}}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", ["heavy_ball", "gradient_descent"])
@pytest.mark.parametrize("spoil", [shifted, early, swapped, with_nan, with_infinity, zeros, constant])
def test_spoiled_record_is_refused(
    dtype: str, method: str, spoil: Callable[[dict[str, Array]], dict[str, Array]]
) -> None:
    """A right run recorded wrongly is a wrong record."""
    run = Run(golden_of(method, dtype), dtype)
    verdict = verdict_of(run, spoil(run.arrays()))
    assert verdict.outcome is Outcome.DISAGREES
    if spoil in (with_nan, with_infinity):
        assert (verdict.findings[0].step, verdict.findings[0].observable) == (7, "u")
        assert verdict.findings[0].coordinate == 3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
def test_golden_handed_back_is_refused(dtype: str, method: str) -> None:
    """The correctly rounded golden at every step is no computation in that dtype."""
    golden = golden_of(method, dtype)
    arrays = {
        name: np.array(
            [[integer / 10**row.places for integer in row.integers] for row in golden.arrays[name].rows]
        ).astype(dtype)
        for name in ("u", "v")
    }
    verdict = judge(golden, {"steps": np.array(golden.steps), **arrays}, Declaration(dtype=dtype))
    assert verdict.outcome is Outcome.DISAGREES
    assert "golden" in verdict.findings[0].reason


def test_wrong_form_declared_is_told_apart_where_rounding_allows_it() -> None:
    """What a verdict rests on is the declaration, and the verdict carries it."""
    run = Run(golden_of("heavy_ball", "float32"), "float32", "buffer")
    verdict = verdict_of(run)
    assert verdict.declaration == Declaration(form="buffer", dtype="float32")


@pytest.mark.parametrize("dtype", DTYPES)
def test_sparse_steps_are_decided_by_the_envelope(dtype: str) -> None:
    """States with gaps: a correct run AGREES, a missing factor DISAGREES."""
    spec = spec_of("heavy_ball", dtype, steps=[0, 10, 25, 60])
    golden = compute_golden(spec_from(spec), cross_check=False)
    assert verdict_of(Run(golden, dtype)).outcome is Outcome.AGREES
    wrong = verdict_of(MissingFactor(golden, dtype))
    assert wrong.outcome is Outcome.DISAGREES
    assert wrong.findings[0].check == "global envelope"


def test_missing_steps_leave_the_verdict_open() -> None:
    """A record that stops half way agrees as far as it goes, and that is not a pass."""
    run = Run(golden_of("heavy_ball", "float64"), "float64")
    arrays = {name: array[:31] for name, array in run.arrays().items()}
    verdict = verdict_of(run, arrays)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "not recorded" in verdict.findings[0].reason


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a: {k: x for k, x in a.items() if k != "v"}, "`v`"),
        (lambda a: {**a, "u": a["u"][:, :5]}, "shape"),
        (lambda a: {**a, "u": a["u"].astype(np.float32)}, "float32"),
        (lambda a: {**a, "u": a["u"].astype(int)}, "dtype"),
        (lambda a: {**a, "steps": a["steps"][::-1]}, "ascending"),
        (lambda a: {**a, "w": a["u"]}, "`w`"),
    ],
)
def test_misuse_is_an_error_and_not_a_verdict(
    spoil: Callable[[dict[str, Array]], dict[str, Array]], message: str
) -> None:
    """Wrong names, shapes, dtypes and steps are named with what was expected."""
    run = Run(golden_of("heavy_ball", "float64"), "float64")
    with pytest.raises(CandidateError, match=message):
        verdict_of(run, spoil(run.arrays()))


def test_recorded_momentum_sharpens_the_check() -> None:
    """A momentum that is not the one the positions moved by is refused, though the positions are right."""
    run = Run(golden_of("heavy_ball", "float64"), "float64")
    arrays = run.arrays()
    momenta = {f"p_{n}": np.diff(arrays[n], axis=0, prepend=arrays[n][:1]) for n in ("u", "v")}
    wrong = {**momenta, "p_u": momenta["p_u"] * 1.001}
    assert verdict_of(run, {**arrays, **wrong}).outcome is Outcome.DISAGREES


def test_paper_problem_is_judged_in_full() -> None:
    """n = 40, d = 100 and 200 steps in float32: right code agrees, one kicked coordinate does not."""
    spec = spec_of("heavy_ball", "float32", steps=list(range(201)))
    spec["problem"] = {"kind": "sparse_regression", "n": 40, "d": 100, "nonzeros": 5, "seed": 0}
    spec["init"] = {"u": "9/256", "v": "9/256"}
    golden = compute_golden(spec_from(replace_step(spec, "0.03")), cross_check=False)
    assert verdict_of(Run(golden, "float32")).outcome is Outcome.AGREES
    kicked = verdict_of(LateKick(golden, "float32"))
    assert (kicked.outcome, kicked.findings[0].step) == (Outcome.DISAGREES, 51)
    assert (kicked.findings[0].observable, kicked.findings[0].coordinate) == ("u", 2)


def replace_step(spec: dict[str, Any], step_size: str) -> dict[str, Any]:
    """Return the spec with another η."""
    return {**spec, "method": {**spec["method"], "step_size": step_size}}
