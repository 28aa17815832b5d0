"""Planted faults are named; what is right, or unknown, is not given a name.

The faults are written in numpy, apart from the recurrences that the diagnosis replays.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from oracle.diagnosis.catalogue import FAMILIES, VARIANTS
from oracle.diagnosis.diagnose import diagnose
from oracle.diagnosis.evidence import misses_of
from oracle.diagnosis.variant import Subject
from oracle.records.candidate import Array, CandidateTask, Declaration
from reference.exact import round_to_format

if TYPE_CHECKING:
    from tests.oracle.diagnosis.conftest import Run, State, Traced
else:  # test modules are no package: the fixtures' file is loaded by its path
    _spec = importlib.util.spec_from_file_location("diagnosed_runs", Path(__file__).with_name("conftest.py"))
    _module = importlib.util.module_from_spec(_spec)
    sys.modules["diagnosed_runs"] = _module
    _spec.loader.exec_module(_module)
    Run, State, Traced = _module.Run, _module.State, Any

BATCHES = [[0, 1, 2], [3, 4], [5, 0, 2, 1]]
BOTH = ("float64", "float32")


class OtherMethod(Run):
    """Another method than asked for."""

    other = ""

    def __post_init__(self) -> None:
        """Take the other one."""
        super().__post_init__()
        self.method = self.other


class Gd(OtherMethod):
    """No momentum."""

    def __post_init__(self) -> None:
        """Forget μ."""
        super().__post_init__()
        self.method, self.mu = "heavy_ball", self.mu * 0


class Hb(OtherMethod):
    """Heavy ball."""

    other = "heavy_ball"


class Nag(OtherMethod):
    """Nesterov."""

    other = "nesterov"


class Lookahead(OtherMethod):
    """Look-ahead."""

    other = "nesterov_lookahead"


def scaled(factor: Any) -> type[Run]:
    """Return a run whose gradient is multiplied by factor(run, k)."""

    class Scaled(Run):
        """The gradient is scaled."""

        def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
            """Scale it."""
            a, b = super().gradient(u, v, k)
            c = a.dtype.type(factor(self, k))
            return c * a, c * b

    return Scaled


def with_coefficients(eta: Any = None, mu: Any = None) -> type[Run]:
    """Return a run with η, μ of the task passed through functions."""

    class Other(Run):
        """Other coefficients."""

        def __post_init__(self) -> None:
            """Exchange them."""
            super().__post_init__()
            kind = self.X.dtype.type
            self.eta = kind(eta(self.eta)) if eta else self.eta
            self.mu = kind(mu(self.mu)) if mu else self.mu

    return Other


class Dampened(Run):
    """torch's dampening = μ."""

    def descents(self, state: State, k: int) -> tuple[Array, Array]:
        """Scale all but the first."""
        a, b = super().descents(state, k)
        share = a.dtype.type(1) if k == 0 else a.dtype.type(1) - self.mu
        return share * a, share * b


class BufferLost(Run):
    """Momentum zero after the first step."""

    lost: tuple[int, ...] = (1,)

    def update(self, state: State, k: int) -> State:
        """Zero it at the start of some steps."""
        if k in self.lost:
            state = (*state[:2], 0 * state[2], 0 * state[3])
        return super().update(state, k)


class BufferLostAgain(BufferLost):
    """Momentum lost every ten steps."""

    lost = (10, 20, 30)


class Stale(Run):
    """The gradient of the state before."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Return what was computed one call ago."""
        fresh = super().gradient(u, v, k)
        old = self.kept.get("old", fresh)
        self.kept["old"] = fresh
        return old  # type: ignore[no-any-return]  # a dict of anything


class PositionFirst(Run):
    """β moves by the old p."""

    def update(self, state: State, k: int) -> State:
        """Move, then update p."""
        u, v, p, q = state
        a, b = self.descents(state, k)
        return u + p, v + q, self.mu * p - a, self.mu * q - b


class InPlace(Run):
    """v's gradient sees the new u."""

    def update(self, state: State, k: int) -> State:
        """Update one after the other."""
        u, v, p, q = state
        p = self.mu * p - self.eta * self.gradient(u, v, k)[0]
        u = u + p
        q = self.mu * q - self.eta * self.gradient(u, v, k)[1]
        return u, v + q, p, q


class InPlaceReversed(Run):
    """u's gradient sees the new v."""

    def update(self, state: State, k: int) -> State:
        """Update one after the other."""
        u, v, p, q = state
        q = self.mu * q - self.eta * self.gradient(u, v, k)[1]
        v = v + q
        p = self.mu * p - self.eta * self.gradient(u, v, k)[0]
        return u + p, v, p, q


class Swapped(Run):
    """Each parameter gets the other's gradient."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Swap them."""
        a, b = super().gradient(u, v, k)
        return b, a


class OneBuffer(Run):
    """u and v share a buffer."""

    def update(self, state: State, k: int) -> State:
        """Add both gradients to one buffer, one after the other."""
        u, v, _, shared = state
        a, b = self.descents(state, k)
        first = self.mu * shared - a
        second = self.mu * first - b
        return u + first, v + second, first, second


class SecondSign(Run):
    """∇_v L with the wrong sign."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Flip it."""
        a, b = super().gradient(u, v, k)
        return a, -b


class TargetSign(Run):
    """y with the wrong sign."""

    def __post_init__(self) -> None:
        """Flip it."""
        super().__post_init__()
        self.y = -self.y


class Decay(Run):
    """λ = 0.01 added to the gradient."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Add it."""
        a, b = super().gradient(u, v, k)
        small = a.dtype.type(0.01)
        return a + small * u, b + small * v


class DecoupledDecay(Run):
    """β ← (1 − ηλ)β before the step."""

    def update(self, state: State, k: int) -> State:
        """Shrink what is added to, not what the gradient sees."""
        u, v, p, q = super().update(state, k)
        shrink = self.eta * u.dtype.type(0.01)
        return u - shrink * state[0], v - shrink * state[1], p, q


class FullMomentum(Run):
    """Nesterov's gradient at β + p."""

    def descents(self, state: State, k: int) -> tuple[Array, Array]:
        """Look too far ahead."""
        u, v, p, q = state
        a, b = self.gradient(u + p, v + q, k)
        return self.eta * a, self.eta * b


class FewerRows(Run):
    """Sample 2 is left out of the sums."""

    def __post_init__(self) -> None:
        """Empty it."""
        super().__post_init__()
        self.X, self.y = self.X.copy(), self.y.copy()
        self.X[2], self.y[2] = 0, 0


class FewerColumns(Run):
    """The last column is left out of Xθ."""

    def product(self, left: Array, right: Array) -> Array:
        """Cut a tile off."""
        return left[:, :-1] @ right[:-1] if len(right) == 9 else left @ right


class OtherBatches(Run):
    """Batches in another order."""

    def rows(self, k: int) -> list[int]:
        """Take them backwards."""
        return super().rows(-k - 1)


class NextBatch(Run):
    """One batch ahead."""

    def rows(self, k: int) -> list[int]:
        """Take the next."""
        return super().rows(k + 1)


class FirstBatch(Run):
    """Always the first batch."""

    def rows(self, k: int) -> list[int]:
        """Take the first."""
        return super().rows(0)


class AllSamples(Run):
    """No batches."""

    def rows(self, k: int) -> list[int]:
        """Take all."""
        return list(range(len(self.y)))


class Late(Run):
    """States recorded a step too late."""

    def states(self) -> list[State]:
        """Record the start twice."""
        states = super().states()
        return [states[0], *states[:-1]]


class Early(Run):
    """States recorded a step too early."""

    def states(self) -> list[State]:
        """Leave the start out."""
        return super().states()[1:]


def narrow(values: Array, fmt: str) -> Array:
    """Round each number by exact rational arithmetic."""
    from fractions import Fraction  # noqa: PLC0415 - of this helper alone

    flat = [float(round_to_format(Fraction(float(x)), fmt)) for x in values.ravel()]
    return np.array(flat, dtype=values.dtype).reshape(values.shape)


def narrowed(fmt: str, parts: tuple[int, ...]) -> type[Run]:
    """Return a run that keeps some parts of its state in a narrower format."""

    class Narrowed(Run):
        """The state is rounded after every step."""

        def update(self, state: State, k: int) -> State:
            """Round it."""
            after = list(super().update(state, k))
            if 0 not in parts:  # the position takes the rounded momentum over
                after[2:] = [narrow(p, fmt) for p in after[2:]]
                return state[0] + after[2], state[1] + after[3], after[2], after[3]
            return tuple(narrow(x, fmt) if i in parts else x for i, x in enumerate(after))  # type: ignore[return-value]

    return Narrowed


def narrow_products(fmt: str) -> type[Run]:
    """Return a run whose products have rounded operands."""

    class Products(Run):
        """Both operands are rounded."""

        def product(self, left: Array, right: Array) -> Array:
            """Multiply what a tensor core sees."""
            return narrow(left, fmt) @ narrow(right, fmt)

    return Products


def narrow_data(fmt: str) -> type[Run]:
    """Return a run whose X and y are rounded."""

    class Data(Run):
        """X and y are rounded."""

        def __post_init__(self) -> None:
            """Round them."""
            super().__post_init__()
            self.X, self.y = narrow(self.X, fmt), narrow(self.y, fmt)

    return Data


class Frozen(Run):
    """The update is not written back."""

    def update(self, state: State, k: int) -> State:
        """Do nothing."""
        return state


class Skipped(Run):
    """u[4] is never moved."""

    def update(self, state: State, k: int) -> State:
        """Leave it."""
        after = super().update(state, k)
        after[0][4], after[2][4] = state[0][4], state[2][4]
        return after


class SkippedOnce(Run):
    """u[4] is not moved at step 20."""

    def update(self, state: State, k: int) -> State:
        """Leave it once."""
        after = super().update(state, k)
        if k == 20:
            after[0][4] = state[0][4]
        return after


class Tail(Run):
    """The last coordinate of u and v is never moved: 9 is no multiple of 4."""

    def update(self, state: State, k: int) -> State:
        """Leave what is beyond the last whole tile."""
        after = super().update(state, k)
        for new, old in zip(after, state, strict=True):
            new[8:] = old[8:]
        return after


class Uninitialised(Run):
    """The tail of v starts from something else."""

    def start(self) -> State:
        """Fill too little."""
        u, v, p, q = super().start()
        v[8:] = 0.75
        return u, v, p, q


class NoStart(Run):
    """p0 is not used."""

    def start(self) -> State:
        """Forget it."""
        u, v, p, q = super().start()
        return u, v, 0 * p, 0 * q


class NegativeStart(Run):
    """p0 has the wrong sign."""

    def start(self) -> State:
        """Flip it."""
        u, v, p, q = super().start()
        return u, v, -p, -q


class Outside(Run):
    """torch's form: the scheduled step size multiplies the whole update."""

    def update(self, state: State, k: int) -> State:
        """Keep gradients in the buffer."""
        u, v, b, c = state
        a, d = self.gradient(u, v, k)
        eta = self.task.method.step_sizes[k % len(self.task.method.step_sizes)]
        b, c = self.mu * b + a, self.mu * c + d
        if self.method == "nesterov_lookahead":
            return u - eta * (a + self.mu * b), v - eta * (d + self.mu * c), b, c
        return u - eta * b, v - eta * c, b, c


SCHEDULE = {"schedule": ["1", "1/2", "1/10", "3/4"]}
OUTSIDE = {**SCHEDULE, "schedule_scales": "update"}
HALF, TWICE = (lambda _r, _k: 0.5), (lambda _r, _k: 2)
P0 = {"p0": {"u": ["1/16"] * 9, "v": ["-1/32"] * 9}}
IN_BATCHES = {"batches": BATCHES}
FAULTS: list[tuple[str, type[Run], str, dict[str, Any]]] = [
    ("runs_gradient_descent", Gd, "heavy_ball", {}),
    ("runs_heavy_ball", Hb, "nesterov", {}),
    ("runs_heavy_ball", Hb, "nesterov_lookahead", {}),
    ("runs_nesterov", Nag, "heavy_ball", {}),
    ("runs_nesterov", Nag, "nesterov_lookahead", {}),
    ("runs_nesterov_lookahead", Lookahead, "nesterov", {}),
    ("runs_nesterov_lookahead", Lookahead, "heavy_ball", {}),
    ("dampening", Dampened, "heavy_ball", {}),
    ("dampening", Dampened, "nesterov", {}),
    ("gradient_averaged", scaled(lambda run, _k: 1 - run.mu), "heavy_ball", {}),
    ("first_gradient_scaled", scaled(lambda run, k: 1 if k else 1 - run.mu), "heavy_ball", {}),
    ("first_gradient_scaled", scaled(lambda run, k: 1 if k else 1 - run.mu), "nesterov_lookahead", {}),
    ("first_buffer_dropped", BufferLost, "heavy_ball", {}),
    ("first_buffer_dropped", BufferLost, "nesterov", {}),
    ("first_buffer_doubled", scaled(lambda _run, k: 1 if k else 2), "heavy_ball", {}),
    ("stale_gradient", Stale, "gradient_descent", {}),
    ("stale_gradient", Stale, "heavy_ball", {}),
    ("stale_gradient", Stale, "nesterov_lookahead", {}),
    ("position_before_momentum", PositionFirst, "heavy_ball", {}),
    ("in_place_order", InPlace, "heavy_ball", {}),
    ("in_place_order_reversed", InPlaceReversed, "heavy_ball", {}),
    ("loss_doubled", scaled(TWICE), "heavy_ball", {}),
    ("loss_halved", scaled(HALF), "nesterov", {}),
    ("missing_factor_two", scaled(HALF), "heavy_ball", {}),
    ("loss_summed", scaled(lambda _r, _k: 6), "heavy_ball", {"step_size": "0.005"}),
    ("loss_averaged_twice", scaled(lambda _r, _k: 1 / 6), "heavy_ball", {}),
    ("parameters_swapped", Swapped, "heavy_ball", {"step_size": "0.003"}),
    ("shared_buffer", OneBuffer, "heavy_ball", {}),
    ("momentum_reset", BufferLostAgain, "heavy_ball", {}),
    ("momentum_reset", BufferLostAgain, "nesterov_lookahead", {}),
    ("gradient_ascent", with_coefficients(eta=lambda eta: -eta), "heavy_ball", {"step_size": "0.001"}),
    ("second_gradient_sign", SecondSign, "heavy_ball", {}),
    ("target_sign", TargetSign, "heavy_ball", {"step_size": "0.005"}),
    ("weight_decay", Decay, "heavy_ball", {}),
    ("weight_decay", Decay, "nesterov", {}),
    ("weight_decay", Decay, "nesterov_lookahead", {}),
    ("decoupled_weight_decay", DecoupledDecay, "heavy_ball", {}),
    ("momentum_complement", with_coefficients(mu=lambda mu: 1 - mu), "heavy_ball", {}),
    ("momentum_squared", with_coefficients(mu=lambda mu: mu * mu), "heavy_ball", {}),
    ("step_size_squared", with_coefficients(eta=lambda eta: eta * eta), "heavy_ball", {}),
    (
        "step_size_over_complement",
        with_coefficients(eta=lambda eta: eta * 10),
        "heavy_ball",
        {"step_size": "0.003"},
    ),
    ("step_size_differs", with_coefficients(eta=lambda eta: eta * 1.001), "heavy_ball", {}),
    ("step_size_differs", with_coefficients(eta=lambda eta: eta * 1.001), "nesterov", {}),
    ("step_size_differs", with_coefficients(eta=lambda eta: eta * 1.001), "nesterov_lookahead", {}),
    ("momentum_differs", with_coefficients(mu=lambda mu: mu * 0.999), "heavy_ball", {}),
    ("gradient_at_full_momentum", FullMomentum, "nesterov", {}),
    ("initial_momentum_ignored", NoStart, "heavy_ball", P0),
    ("initial_momentum_negated", NegativeStart, "nesterov", P0),
    ("batches_reversed", OtherBatches, "heavy_ball", IN_BATCHES),
    ("batches_shifted", NextBatch, "heavy_ball", IN_BATCHES),
    ("batches_ignored", AllSamples, "heavy_ball", IN_BATCHES),
    ("first_batch_only", FirstBatch, "heavy_ball", IN_BATCHES),
    ("batches_averaged_over_all", scaled(lambda run, k: len(run.rows(k)) / 6), "heavy_ball", IN_BATCHES),
    ("recorded_late", Late, "heavy_ball", {}),
    ("recorded_early", Early, "heavy_ball", {}),
    ("state_float16", narrowed("float16", (0, 1, 2, 3)), "heavy_ball", {}),
    ("state_bfloat16", narrowed("bfloat16", (0, 1, 2, 3)), "nesterov", {}),
    ("momentum_bfloat16", narrowed("bfloat16", (2, 3)), "heavy_ball", {}),
    ("momentum_float16", narrowed("float16", (2, 3)), "heavy_ball", {}),
    ("products_tfloat32", narrow_products("tfloat32"), "heavy_ball", {}),
    ("products_bfloat16", narrow_products("bfloat16"), "heavy_ball", {}),
    (
        "step_size_bfloat16",
        with_coefficients(eta=lambda eta: narrow(np.array([eta]), "bfloat16")[0]),
        "heavy_ball",
        {},
    ),
    (
        "momentum_coefficient_bfloat16",
        with_coefficients(mu=lambda mu: narrow(np.array([mu]), "bfloat16")[0]),
        "heavy_ball",
        {},
    ),
    ("data_bfloat16", narrow_data("bfloat16"), "heavy_ball", {}),
    ("nothing_updated", Frozen, "heavy_ball", {}),
    ("coordinate_skipped", Skipped, "heavy_ball", {}),
    ("coordinate_skipped", SkippedOnce, "nesterov", {}),
    ("row_skipped", FewerRows, "heavy_ball", {}),
    ("last_tile_skipped", Tail, "heavy_ball", {}),
    ("last_column_skipped", FewerColumns, "heavy_ball", {}),
    ("uninitialised_tail", Uninitialised, "heavy_ball", {}),
    ("step_size_outside_buffer", Outside, "heavy_ball", SCHEDULE),
    ("step_size_outside_buffer", Outside, "nesterov_lookahead", SCHEDULE),
    ("step_size_inside_buffer", Run, "heavy_ball", OUTSIDE),
    ("step_size_inside_buffer", Run, "nesterov_lookahead", OUTSIDE),
    ("stale_gradient", Stale, "heavy_ball", SCHEDULE),
    ("loss_doubled", scaled(TWICE), "nesterov", SCHEDULE),
    ("weight_decay", Decay, "heavy_ball", SCHEDULE),
    ("momentum_bfloat16", narrowed("bfloat16", (2, 3)), "heavy_ball", SCHEDULE),
]


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize(("name", "fault", "method", "more"), FAULTS)
def test_planted_fault_is_named(
    traced: Traced, name: str, fault: type[Run], method: str, more: dict[str, Any], dtype: str
) -> None:
    """The planted fault is among the names, and at most two others cannot be told from it."""
    found = diagnose(*traced(fault, method, dtype, **more))
    assert name in found.names, found.text
    assert len(found.names) <= 3, found.names


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov", "nesterov_lookahead"])
@pytest.mark.parametrize(
    "name", ["runs_gradient_descent", "stale_gradient", "loss_doubled", "momentum_bfloat16"]
)
def test_recorded_momenta_change_no_name(traced: Traced, name: str, method: str) -> None:
    """A record that holds its momenta as well gets the same diagnosis."""
    fault = next(kind for known, kind, *_ in FAULTS if known == name)
    if name == "momentum_bfloat16" and method == "nesterov_lookahead":
        fault = narrowed("bfloat16", (0, 1, 2, 3))
        name = "state_bfloat16"
    without, with_momenta = (traced(fault, method, "float32", momenta) for momenta in (False, True))
    assert name in diagnose(*without).names
    assert name in diagnose(*with_momenta).names


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize(
    ("right", "method", "more"),
    [
        (Run, "heavy_ball", {}),
        (Run, "heavy_ball", SCHEDULE),
        (Run, "nesterov", SCHEDULE),
        (Run, "nesterov_lookahead", SCHEDULE),
        (Outside, "heavy_ball", OUTSIDE),
        (Outside, "nesterov_lookahead", OUTSIDE),
    ],
)
def test_right_run_needs_no_name(
    traced: Traced, right: type[Run], method: str, more: dict[str, Any], dtype: str
) -> None:
    """Nothing is diagnosed where no step is wrong, under a schedule of either kind neither."""
    subject = Subject(*traced(right, method, dtype, **more))
    misses = misses_of(subject)
    assert not misses.failed.any()
    assert misses.ratio.max() > 0.01  # a hundred times the rounding would be seen
    assert diagnose(subject.case, subject.declaration, subject.trace).names == ()


class Kicked(Run):
    """u[2] is off by 64 units in the last place, once."""

    def update(self, state: State, k: int) -> State:
        """Kick it."""
        after = super().update(state, k)
        if k == 20:
            after[0][2] += 64 * np.spacing(after[0][2])
        return after


class Cubed(Run):
    """The gradient of another loss."""

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Add something that no catalogue knows."""
        a, b = super().gradient(u, v, k)
        return a + u**3 / 16, b


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("fault", [Kicked, Cubed])
def test_unknown_fault_gets_no_name(traced: Traced, fault: type[Run], dtype: str) -> None:
    """What no known misimplementation explains is said to be unknown, with the nearest beside."""
    found = diagnose(*traced(fault, "heavy_ball", dtype))
    assert found.names == (), found.text
    assert found.runner_up in VARIANTS


def test_every_name_is_planted_somewhere() -> None:
    """No misimplementation is in the catalogue without a fault that is planted for it."""
    planted = {name for name, *_ in FAULTS}
    formats = {f"{what}_{fmt}" for what in ("arithmetic", "data", "momentum", "products", "state", "step_size",
               "momentum_coefficient") for fmt in ("float32", "float16", "bfloat16")}  # fmt: skip
    known = {*VARIANTS, *(family.name for family in FAMILIES)}
    assert known - planted <= formats
    assert planted <= known


@pytest.mark.parametrize("fmt", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    "what", ["state", "momentum", "products", "data", "step_size", "momentum_coefficient"]
)
def test_every_narrow_format_is_named(traced: Traced, what: str, fmt: str) -> None:
    """In float64 each narrower format is told from the others, products in TF32 and float16 apart: both have 11 bits."""
    made: dict[str, type[Run]] = {
        "state": narrowed(fmt, (0, 1, 2, 3)),
        "momentum": narrowed(fmt, (2, 3)),
        "products": narrow_products(fmt),
        "data": narrow_data(fmt),
        "step_size": with_coefficients(eta=lambda eta: narrow(np.array([eta]), fmt)[0]),
        "momentum_coefficient": with_coefficients(mu=lambda mu: narrow(np.array([mu]), fmt)[0]),
    }
    if (what, fmt) == ("data", "float32"):
        pytest.skip("the problem's data are exact in float32")
    found = diagnose(*traced(made[what], "heavy_ball", "float64"))
    allowed = {f"{what}_{fmt}"} | ({"products_tfloat32"} if (what, fmt) == ("products", "float16") else set())
    assert f"{what}_{fmt}" in found.names, found.text
    assert set(found.names) <= allowed | {f"arithmetic_{fmt}"}, found.names


class AllIn(Run):
    """All arithmetic in a narrower type, recorded in the wide one."""

    def __init__(self, task: CandidateTask) -> None:
        super().__init__(task)

    def states(self) -> list[State]:
        """Cast on the way in and out."""
        self.X, self.y = self.X.astype(np.float32), self.y.astype(np.float32)
        self.eta, self.mu = np.float32(self.eta), np.float32(self.mu)
        start = super().start
        narrow_start: Any = lambda: tuple(x.astype(np.float32) for x in start())  # noqa: E731 - of this run alone
        self.start = narrow_start  # type: ignore[method-assign]  # likewise
        wide = [tuple(x.astype(np.float64) for x in state) for state in super().states()]
        return wide  # type: ignore[return-value]


def test_narrow_arithmetic_is_named(traced: Traced) -> None:
    """A float32 run handed over as float64 is found to be one."""
    found = diagnose(*traced(AllIn, "heavy_ball", "float64", step_size="1/16", momentum="7/8"))
    assert "arithmetic_float32" in found.names


def test_declared_narrow_state_is_no_fault(traced: Traced) -> None:
    """Mixed precision that is declared needs no diagnosis, and a fault in it is named all the same."""
    declaration = Declaration(dtype="float32", state="bfloat16")
    mixed = narrowed("bfloat16", (0, 1, 2, 3))

    class Doubled(mixed):  # type: ignore[misc,valid-type]  # a class made above
        """Twice the loss, in mixed precision."""

        def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
            """Double it."""
            a, b = super().gradient(u, v, k)
            return 2 * a, 2 * b

    more: dict[str, Any] = {"declaration": declaration, "momenta": True}
    assert diagnose(*traced(mixed, "heavy_ball", "float32", **more)).names == ()
    assert "loss_doubled" in diagnose(*traced(Doubled, "heavy_ball", "float32", **more)).names
