"""Momentum kernels in plain numpy, each with one fault, and a problem on which they are shrunk.

One file of more than 300 lines: a table of faults, which test files can share in no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from oracle.minimise.shrink import Counterexample, minimise
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, Declaration
from oracle.spec import spec_from

FACTORS = {"half_mean_square": 1.0, "mean_square": 2.0, "half_sum_square": 1.0, "sum_square": 2.0}
BATCHES = [[0, 1, 2], [3, 4], [5, 0]]
N, D, STEPS = 6, 10, 20


class Kernel:
    """Heavy ball in the velocity form on a diagonal network; each fault below replaces one part."""

    lookahead = 0.0  # times μ: where the gradient is taken

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Record u and v at the steps asked for."""
        self.problem, self.method = problem, method
        self.eta, self.mu = method.step_size, method.momentum
        self.old: Array | None = None
        state = np.stack([problem.init[name] for name in ("u", "v")])
        p = np.stack([method.p0.get(name, np.zeros_like(state[0])) for name in ("u", "v")])
        rows = []
        for k in range(max(steps) + 1):
            rows.append(state)
            state, p = self.step(state, p, k)
        return {name: np.stack([rows[k][i] for k in steps]) for i, name in enumerate(("u", "v"))}

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Return the next state and momentum."""
        ahead = state + state.dtype.type(self.lookahead) * self.mu * p
        p = self.mu * p - self.step_size(k) * self.gradient(ahead, k)
        return state + p, p

    def step_size(self, k: int) -> Any:
        """Return η of a step."""
        return (
            self.method.step_sizes[k % len(self.method.step_sizes)]
            if len(self.method.step_sizes)
            else self.eta
        )

    def gradient(self, state: Array, k: int) -> Array:
        """Return ∇L, shape (2, d)."""
        u, v = state
        g = self.correlation(u * u - v * v, k)
        return np.stack([2 * u * g, -2 * v * g])

    def correlation(self, theta: Array, k: int) -> Array:
        """Return ∇_θ L of the batch of a step."""
        batches = self.method.batches
        rows = list(batches[self.batch(k) % len(batches)]) if batches else list(range(len(self.problem.y)))
        X, loss = self.problem.X[rows], self.problem.loss
        scale = FACTORS[loss] / (len(rows) if "mean" in loss or batches else 1)
        g: Array = X.T @ (X @ theta - self.problem.y[rows]) * X.dtype.type(scale)
        return g

    def batch(self, k: int) -> int:
        """Return which batch a step takes."""
        return k


class NesterovForHeavyBall(Kernel):
    """The gradient is taken ahead."""

    lookahead = 1.0


class StaleGradient(Kernel):
    """The gradient of the state one step earlier."""

    def gradient(self, state: Array, k: int) -> Array:
        """Return what was computed one call ago."""
        fresh = super().gradient(state, k)
        old, self.old = self.old, fresh
        return fresh if old is None else old


class FirstGradientScaled(Kernel):
    """The first gradient is scaled by 1 − μ."""

    def gradient(self, state: Array, k: int) -> Array:
        """Scale at step 0."""
        fresh = super().gradient(state, k)
        return fresh * (1 - self.mu) if k == 0 else fresh


class CoordinateSkipped(Kernel):
    """Coordinate 5 is never updated."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Leave u_5 and v_5 as they were."""
        after, p = super().step(state, p, k)
        after[:, 5:6] = state[:, 5:6]
        return after, p


class LastTileSkipped(Kernel):
    """Coordinates beyond the last multiple of four are never updated."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Update whole tiles alone."""
        after, p = super().step(state, p, k)
        whole = state.shape[1] // 4 * 4
        after[:, whole:] = state[:, whole:]
        return after, p


class SecondTileSkipped(LastTileSkipped):
    """As the last tile skipped, but a problem of one tile is refused."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Raise below one tile."""
        if state.shape[1] < 4:
            raise ValueError("this kernel takes four coordinates or more")
        return super().step(state, p, k)


class BatchesReversed(Kernel):
    """Batches are taken from the last to the first."""

    def batch(self, k: int) -> int:
        """Count from the end."""
        return -k - 1


class HalfState(Kernel):
    """The state is kept in float16."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Round after the step."""
        after, p = super().step(state, p, k)
        return after.astype(np.float16).astype(after.dtype), p


class FactorMissing(Kernel):
    """The 2 of the square is left out."""

    def gradient(self, state: Array, k: int) -> Array:
        """Return half the gradient."""
        return super().gradient(state, k) / 2


class WrongSign(Kernel):
    """∇_v L has the sign of ∇_u L."""

    def gradient(self, state: Array, k: int) -> Array:
        """Flip v's gradient."""
        a, b = super().gradient(state, k)
        return np.stack([a, -b])


class MomentumReset(Kernel):
    """The momentum is forgotten at step 7."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Zero p once."""
        return super().step(state, p * (k != 7), k)


class NarrowStepSize(Kernel):
    """η is cut to the eight bits of bfloat16."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Cut η first."""
        mantissa, exponent = np.frexp(self.eta)
        self.eta = np.ldexp(np.round(mantissa * 256) / 256, exponent).astype(state.dtype)
        return super().step(state, p, k)


class InPlaceOrder(Kernel):
    """The gradient of v sees u already updated."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Update u, then v."""
        p_u = self.mu * p[0] - self.step_size(k) * self.gradient(state, k)[0]
        u = state[0] + p_u
        p_v = self.mu * p[1] - self.step_size(k) * self.gradient(np.stack([u, state[1]]), k)[1]
        return np.stack([u, state[1] + p_v]), np.stack([p_u, p_v])


class ScheduleIgnored(Kernel):
    """η stays what it was at the first step."""

    def step_size(self, k: int) -> Any:
        """Return η_0."""
        return super().step_size(0)


class OverflowingTail(Kernel):
    """The last coordinate turns NaN at step 3."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Spoil it."""
        after, p = super().step(state, p, k)
        after[:, -1] *= np.nan if k == 2 else 1
        return after, p


class Clipped(Kernel):
    """The state is clipped to at most ½, which it reaches late."""

    def step(self, state: Array, p: Array, k: int) -> tuple[Array, Array]:
        """Clip after the step."""
        after, p = super().step(state, p, k)
        return np.minimum(after, after.dtype.type(0.5)), p


class Misstarted(Kernel):
    """Coordinate 2 of the start is off by its last bit."""

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Move u_2."""
        u = problem.init["u"].copy()
        u[2:3] = np.nextafter(u[2:3], 2)
        return super().__call__(replace(problem, init={**problem.init, "u": u}), method, steps)


class FaultBesideAnother(FactorMissing):
    """The start is off as well where there is one coordinate."""

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Move the start of small problems."""
        small = problem.X.shape[1] == 1
        init = {name: values + small for name, values in problem.init.items()}
        return super().__call__(replace(problem, init=init), method, steps)


class Overestimated(Kernel):
    """Records a loss twice its own."""

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Add the loss."""
        arrays = dict(super().__call__(problem, method, steps))
        theta = arrays["u"] * arrays["u"] - arrays["v"] * arrays["v"]
        r = theta @ problem.X.T - problem.y
        return {**arrays, "loss": (r * r).mean(axis=1)}


class Flaky(Kernel):
    """Half the gradient on the first eleven runs, the whole from then on."""

    def __init__(self) -> None:
        self.runs = 0

    def gradient(self, state: Array, k: int) -> Array:
        """Halve it for a while."""
        self.runs += k == 0
        fresh = super().gradient(state, k)
        return fresh / 2 if self.runs < 12 else fresh


KERNELS: dict[str, type[Kernel]] = {Kernel.__name__: Kernel}


def _register(kernel: type[Kernel]) -> None:
    for fault in kernel.__subclasses__():
        KERNELS[fault.__name__] = fault
        _register(fault)


_register(Kernel)


def spec(dtype: str = "float32", **more: Any) -> dict[str, Any]:
    """Return the canonical spec of a generated problem with a biased start and batches."""
    problem = {"kind": "sparse_regression", "n": N, "d": D, "nonzeros": 3, "seed": 5}
    method = {"name": "heavy_ball", "step_size": "0.03", "momentum": "0.9", "batches": BATCHES}
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": problem,
            "model": "diagonal",
            "init": {"u": "0.375", "v": [f"{j + 3}/32" for j in range(D)]},
            "method": {**method, **more},
            "inputs_as": dtype,
            "want": {"kind": "iterates", "steps": list(range(STEPS + 1))},
            "digits": 40,
        }
    ).canonical


@pytest.fixture(scope="session")
def kernels() -> Mapping[str, type[Kernel]]:
    """Return every kernel by the name of its class; `Kernel` is the correct one."""
    return KERNELS


@pytest.fixture(scope="session")
def spec_of() -> Callable[..., dict[str, Any]]:
    """Return what makes the canonical spec of the problem: by dtype, with fields of the method replaced."""
    return spec


@pytest.fixture(scope="session")
def shrunk() -> Callable[..., Counterexample]:
    """Return what shrinks a kernel by name and dtype, once."""

    @cache
    def found(name: str, dtype: str = "float32") -> Counterexample:
        return minimise(KERNELS[name](), spec(dtype), Declaration(dtype=dtype))

    return found
