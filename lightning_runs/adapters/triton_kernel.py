"""Put a Triton or CUDA kernel before the oracle.

Copy this file, change the kernel, then run ``oracle conformance my_adapter:heavy_ball``.  Without a GPU,
``TRITON_INTERPRET=1`` set before Python starts runs the same source slowly on the CPU.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator, no-untyped-call"
# ruff: noqa: ANN001, PLR0913, PLR0917 - a kernel's arguments are many, and of Triton's own types

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import triton
import triton.language as tl

from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, Declaration

__all__ = ["HeavyBall", "heavy_ball"]


@triton.jit
def descend(
    X, y, u, v, p, q, coefficients, u_out, v_out, n, d, last,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
) -> None:  # fmt: skip
    """Make all steps of heavy ball on θ = u⊙u − v⊙v in one program, X and the state on chip."""
    i, j = tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    inside = (i < n)[:, None] & (j < d)[None, :]  # the tile is padded to powers of two: mask every access
    x = tl.load(X + i[:, None] * d + j[None, :], mask=inside, other=0)
    target = tl.load(y + i, mask=i < n, other=0)
    b, c = tl.load(u + j, mask=j < d, other=0), tl.load(v + j, mask=j < d, other=0)
    pb, pc = tl.load(p + j, mask=j < d, other=0), tl.load(q + j, mask=j < d, other=0)
    eta, mu, factor = tl.load(coefficients), tl.load(coefficients + 1), tl.load(coefficients + 2)
    for k in range(last + 1):
        tl.store(u_out + k * d + j, b, mask=j < d)
        tl.store(v_out + k * d + j, c, mask=j < d)
        r = (tl.sum(x * (b * b - c * c)[None, :], axis=1) - target) * factor
        g = 2 * tl.sum(x * r[:, None], axis=0)
        pb, pc = mu * pb - eta * (b * g), mu * pc + eta * (c * g)
        b, c = b + pb, c + pc


class HeavyBall:
    """A candidate; what it does not list here it is not asked for."""

    methods = frozenset({"heavy_ball"})
    models = frozenset({"diagonal"})
    dtypes = frozenset({"float64", "float32"})

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Launch the kernel once and return the steps asked for, shape (len(steps), d)."""
        if method.batches:
            raise NotImplementedError("mini-batches")  # reported as not asked, not as a failure
        device = "cuda" if torch.cuda.is_available() else "cpu"
        (n, d), last = problem.X.shape, max(steps)
        zero = np.zeros_like(problem.init["u"])
        start = [problem.init["u"], problem.init["v"], method.p0.get("u", zero), method.p0.get("v", zero)]
        # the loss is Σ r² · factor / 2
        factor = (1 if problem.loss.startswith("half") else 2) / (
            1 if problem.loss.endswith("sum_square") else n
        )
        # in a tensor of the problem's dtype: Triton passes a Python float as float32, whatever the rest is
        coefficients = np.array([method.step_size, method.momentum, factor], problem.X.dtype)
        given = [torch.tensor(a, device=device) for a in (problem.X, problem.y, *start, coefficients)]
        u, v = (torch.empty((last + 1, d), dtype=given[0].dtype, device=device) for _ in "uv")
        tile = [max(2, triton.next_power_of_2(size)) for size in (n, d)]
        descend[1,](*given, u, v, n, d, last, ROWS=tile[0], COLUMNS=tile[1])
        return {"u": u.cpu().numpy()[list(steps)], "v": v.cpu().numpy()[list(steps)]}

    def missing(self) -> str:
        """Say what this machine lacks."""
        if torch.cuda.is_available() or os.environ.get("TRITON_INTERPRET") == "1":
            return ""
        return "there is no GPU: set `TRITON_INTERPRET=1` before Python starts"

    def declare(self, dtype: str, method: str) -> Declaration:
        """Say how the update is written: p ← μp − ηg, β ← β + p, every operation in the dtype."""
        return Declaration(form="velocity", dtype=dtype)


heavy_ball = HeavyBall()
