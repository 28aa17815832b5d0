"""The tiled kernels: two launches a step, the state in global memory, for what does not fit on chip.

::

    residuals   r = (X θ − y) · 2 f η, a block of rows at a time, θ made anew from the parameters
    updates     g = Xᵀ r for a block of coordinates, which then move

Each program reads its blocks of X from the second-level cache or beyond.  A step's arithmetic is the
resident kernel's, with sums in another order.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# a kernel's arguments are many, and pointers and constants of Triton's own types:
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917

from __future__ import annotations

import triton
import triton.language as tl

from lightning_runs.kernels.triton_language import dot, rounded
from lightning_runs.kernels.triton_models import downs_of, moved, point_of, pushed, theta_of

__all__ = ["add_updates", "find_residuals"]


@triton.jit(do_not_specialize=("step",))
def find_residuals(
    state, residuals, X, y, factors, eta, mu, first_rows, cycle_lengths, step, plane, n, d,
    model: tl.constexpr, method: tl.constexpr, runs: tl.constexpr, rows: tl.constexpr, columns: tl.constexpr,
    product: tl.constexpr, total: tl.constexpr, update: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Store r of one tile of runs and one block of rows, shape (tiles, runs, n).

    Parameters
    ----------
    state, X, y, factors, eta, mu, first_rows, cycle_lengths, plane
        As for `triton_resident.make_steps`, with n and d multiples of `rows` and `columns`.
    residuals : pointer, shape (tiles, runs, n)
    step : int
        Steps made so far.
    """
    tile, plane = tl.program_id(0).to(tl.int64), plane.to(tl.int64)
    run, row = tl.arange(0, runs), tl.program_id(1) * rows + tl.arange(0, rows)
    data = tl.load(first_rows + tile).to(tl.int64) + step % tl.load(cycle_lengths + tile)
    m = tl.load(mu + tile * runs + run)[:, None]
    sums = tl.zeros([runs, rows], total)
    for start in range(0, d, columns):
        column = start + tl.arange(0, columns)
        at = state + (tile * runs + run)[:, None] * d + column[None, :]
        w0, p0 = tl.load(at), tl.load(at + plane)
        w1, p1 = w0, p0
        if model != "linear":
            w1, p0, p1 = p0, tl.load(at + 2 * plane), tl.load(at + 3 * plane)
        theta = theta_of(point_of(w0, p0, m, method, update), point_of(w1, p1, m, method, update), model)
        x = tl.load(X + (data * n + row)[None, :] * d + column[:, None])
        sums = dot(rounded(theta, product), x, sums, precision)
    scale = (tl.load(eta + tile * runs + run) * tl.load(factors + data))[:, None]
    r = (sums - tl.load(y + data * n + row)[None, :]) * scale
    tl.store(residuals + (tile * runs + run)[:, None] * n + row[None, :], rounded(r, product))


@triton.jit(do_not_specialize=("step",))
def add_updates(
    state, residuals, X, mu, first_rows, cycle_lengths, step, plane, n, d,
    model: tl.constexpr, method: tl.constexpr, runs: tl.constexpr, rows: tl.constexpr, columns: tl.constexpr,
    product: tl.constexpr, total: tl.constexpr, update: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Move one tile of runs in one block of coordinates; parameters as for `find_residuals`."""
    tile, plane = tl.program_id(0).to(tl.int64), plane.to(tl.int64)
    run, column = tl.arange(0, runs), tl.program_id(1) * columns + tl.arange(0, columns)
    data = tl.load(first_rows + tile).to(tl.int64) + step % tl.load(cycle_lengths + tile)
    g = tl.zeros([runs, columns], total)
    for start in range(0, n, rows):
        row = start + tl.arange(0, rows)
        r = tl.load(residuals + (tile * runs + run)[:, None] * n + row[None, :])
        x = tl.load(X + (data * n + row)[:, None] * d + column[None, :])
        g = dot(r, x, g, precision)
    m = tl.load(mu + tile * runs + run)[:, None]
    at = state + (tile * runs + run)[:, None] * d + column[None, :]
    w0, p0 = tl.load(at), tl.load(at + plane)
    w1, p1 = w0, p0
    if model != "linear":
        w1, p0, p1 = p0, tl.load(at + 2 * plane), tl.load(at + 3 * plane)
    at0, at1 = point_of(w0, p0, m, method, update), point_of(w1, p1, m, method, update)
    down0, down1 = downs_of(at0, at1, g.to(update), model)
    held = state.dtype.element_ty
    p0, p1 = rounded(pushed(p0, down0, m), held), rounded(pushed(p1, down1, m), held)
    tl.store(at, rounded(moved(w0, p0, down0, m, method), held))
    if model == "linear":
        tl.store(at + plane, p0)
    else:
        tl.store(at + plane, rounded(moved(w1, p1, down1, m, method), held))
        tl.store(at + 2 * plane, p0)
        tl.store(at + 3 * plane, p1)
