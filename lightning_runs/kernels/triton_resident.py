"""The resident kernel: X in shared memory, the state of 16 runs in registers, many steps to a launch.

A program has 16 runs that share a data set, and one warp for each group of coordinates.  A step::

    partial  each warp: θ of its coordinates times its columns of X            tensor core, to shared memory
    r        = (Σ partial − y) · 2 f η, each entry by one thread              barrier before and after
    g        each warp: r times its columns of X                              tensor core
    update   each warp its own coordinates, every run its own η and μ         registers

A launch is cut into segments at the wanted steps; the state goes to memory between segments and nowhere
else.  The count of steps is no constant of the compiled code, so a step is the same instructions wherever
a call begins or ends.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator, assignment"
# a kernel's arguments are many, and pointers and constants of Triton's own types; its phases are one function:
# ruff: noqa: ANN001, ANN201, ANN202, PLR0913, PLR0915, PLR0917

from __future__ import annotations

import triton.language as tl

from lightning_runs.kernels import triton_models
from lightning_runs.kernels.triton_language import gl, in_gluon, jit, multiply_add, rounded
from lightning_runs.kernels.triton_layouts import (
    accumulator,
    by_lane,
    exchanged,
    line_stored,
    loaded,
    operand,
    reduced,
    renumbered,
    residuals_stored,
    rows_by_lane,
    rows_stored,
    sums_stored,
)

__all__ = ["make_steps"]

downs_of, moved = in_gluon(triton_models.downs_of), in_gluon(triton_models.moved)
point_of, pushed = in_gluon(triton_models.point_of), in_gluon(triton_models.pushed)
theta_of = in_gluon(triton_models.theta_of)
rounded_to = in_gluon(rounded)


@jit
def right_operand(
    x,
    sums: tl.constexpr,
    groups: tl.constexpr,
    columns: tl.constexpr,
    chunk: tl.constexpr,
    adjacent: tl.constexpr,
):
    """Return a chunk of X, its columns as the terms of a sum, as right operand of the first product."""
    turned = x.permute([0, 2, 1])
    layout: tl.constexpr = operand(1, sums, adjacent)
    if adjacent == 1:
        rows = turned.load(renumbered(groups, columns, chunk))
        return gl.convert_layout(rows_by_lane(rows, groups, columns, chunk), layout, assert_trivial=True)
    return turned.load(layout)


@jit
def keep_rows(
    xs, ys, X, y, chunks: tl.constexpr, groups: tl.constexpr, columns: tl.constexpr, chunk: tl.constexpr
):
    """Copy the rows of one data set to shared memory."""
    layout: tl.constexpr = loaded(groups)
    sums: tl.constexpr = reduced(groups)
    group = gl.arange(0, groups, gl.SliceLayout(1, gl.SliceLayout(2, layout)))[:, None, None]
    row = gl.arange(0, chunk, gl.SliceLayout(0, gl.SliceLayout(2, layout)))[None, :, None]
    column = gl.arange(0, columns, gl.SliceLayout(0, gl.SliceLayout(1, layout)))[None, None, :]
    entry = gl.arange(0, chunk, gl.SliceLayout(0, gl.SliceLayout(0, sums)))
    for j in gl.static_range(chunks):
        xs.index(j).store(gl.load(X + (j * chunk + row) * (groups * columns) + group * columns + column))
        ys.index(j).store(gl.load(y + j * chunk + entry))


@jit(do_not_specialize=("first", "segments"))
def make_steps(
    state,
    records,
    ends,
    X,
    y,
    factors,
    eta,
    mu,
    first_rows,
    cycle_lengths,
    first,
    segments,
    plane,
    model: tl.constexpr,
    method: tl.constexpr,
    fixed: tl.constexpr,
    groups: tl.constexpr,
    columns: tl.constexpr,
    chunks: tl.constexpr,
    instruction_rows: tl.constexpr,
    adjacent: tl.constexpr,
    product: tl.constexpr,
    total: tl.constexpr,
    update: tl.constexpr,
    precision: tl.constexpr,
):
    """Make the steps of one tile of 16 runs.

    Parameters
    ----------
    state : pointer, shape (2 parameters, tiles, 16, d)
        Parameters, then momenta; d = groups × columns, zeros behind the model's own coordinates.
    records : pointer, shape (segments, 2 parameters, tiles, 16, d)
        The state at the end of each segment.
    ends : pointer to int32, shape (segments,)
    X, y, factors : pointers, shapes (sets, n, d), (sets, n), (sets,)
        Every set of rows; 2 f and the model's constant.
    eta, mu : pointers, shape (tiles, 16)
    first_rows, cycle_lengths : pointers to int32, shape (tiles,)
        Step k of a tile is made with rows ``first_rows + k % cycle_lengths``.
    first, segments : int
        Steps made so far, and the number of segments to make.
    plane : int
        Entries of one array of the state, tiles × 16 × d.
    model, method : str
    fixed : bool
        Every cycle has length 1: X is read once.
    groups, columns, chunks, instruction_rows, adjacent : int
        See `triton_sizes.Tile`.
    product, total, update : dtypes
        Of the products' operands, of their sums, and of the update.
    precision : str
        Of float32 products.
    """
    runs: tl.constexpr = 16
    chunk: tl.constexpr = 16
    d: tl.constexpr = groups * columns
    sums: tl.constexpr = accumulator(groups, instruction_rows)
    left: tl.constexpr = operand(0, sums, adjacent)
    right: tl.constexpr = operand(1, sums, adjacent)
    pieces: tl.constexpr = reduced(groups)
    held = state.dtype.element_ty

    tile, plane = gl.program_id(0).to(gl.int64), plane.to(gl.int64)
    group = gl.arange(0, groups, gl.SliceLayout(1, gl.SliceLayout(2, sums)))[:, None, None]
    of_run: tl.constexpr = gl.SliceLayout(0, gl.SliceLayout(2, sums))
    run = gl.arange(0, runs, of_run)
    column = gl.arange(0, columns, gl.SliceLayout(0, gl.SliceLayout(1, sums)))[None, None, :]
    at = group * columns + run[None, :, None] * d + column
    first_row = gl.load(first_rows + tile).to(gl.int64)
    length = gl.load(cycle_lengths + tile)

    xs = gl.allocate_shared_memory(
        product, [chunks, groups, chunk, columns], rows_stored(product, groups, columns)
    )
    ys = gl.allocate_shared_memory(total, [chunks, chunk], line_stored())
    ms = gl.allocate_shared_memory(update, [runs], line_stored())
    ps, rs = (), ()  # an array a chunk: between the chunks of one array the compiler would put barriers
    for j in gl.static_range(chunks):  # noqa: B007 - `_` is no name that Triton forgets
        ps += (gl.allocate_shared_memory(total, [groups, runs, chunk], sums_stored(total)),)
        rs += (gl.allocate_shared_memory(product, [runs, chunk], residuals_stored(product)),)

    source = state + tile * (runs * d)
    w0 = gl.load(source + at)
    p0 = gl.load(source + plane + at)
    w1, p1 = w0, p0
    if model != "linear":
        w1 = p0
        p0 = gl.load(source + 2 * plane + at)
        p1 = gl.load(source + 3 * plane + at)
    ms.store(gl.load(mu + tile * runs + run))
    own_eta = gl.load(eta + tile * runs + gl.arange(0, runs, gl.SliceLayout(1, gl.SliceLayout(0, pieces))))
    scale = (own_eta * gl.load(factors + first_row))[:, None]
    if fixed:
        keep_rows(
            xs,
            ys,
            X + first_row * (chunks * chunk * d),
            y + first_row * (chunks * chunk),
            chunks,
            groups,
            columns,
            chunk,
        )

    step = first
    target = records + tile * (runs * d)
    for s in range(segments):
        end = gl.load(ends + s)
        for k in range(step, end):
            if not fixed:
                rows = first_row + k % length
                keep_rows(
                    xs,
                    ys,
                    X + rows * (chunks * chunk * d),
                    y + rows * (chunks * chunk),
                    chunks,
                    groups,
                    columns,
                    chunk,
                )
                scale = (own_eta * gl.load(factors + rows))[:, None]

            m = ms.load(of_run)[None, :, None]
            theta = theta_of(point_of(w0, p0, m, method, update), point_of(w1, p1, m, method, update), model)
            theta = rounded_to(theta, product)
            if adjacent == 1:
                theta = by_lane(theta, groups, runs, columns)
            theta = gl.convert_layout(theta, left)
            for j in gl.static_range(chunks):
                x = right_operand(xs.index(j), sums, groups, columns, chunk, adjacent)
                zero = gl.zeros([groups, runs, chunk], total, sums)
                ps[j].store(multiply_add(theta, x, zero, input_precision=precision))

            for j in gl.static_range(chunks):
                r = gl.sum(ps[j].load(pieces), 0)
                r = (r - ys.index(j).load(gl.SliceLayout(0, gl.SliceLayout(0, pieces)))[None, :]) * scale
                rs[j].store(rounded_to(r, product))

            g = gl.zeros([groups, runs, columns], total, sums)
            for j in gl.static_range(chunks):
                r = gl.expand_dims(rs[j].load(exchanged(left)), 0)
                r, _ = gl.broadcast(r, gl.zeros([groups, runs, chunk], product, left))
                g = multiply_add(r, xs.index(j).load(right), g, input_precision=precision)

            m = ms.load(of_run)[None, :, None]  # read again, or the compiler keeps the points, and spills
            at0, at1 = point_of(w0, p0, m, method, update), point_of(w1, p1, m, method, update)
            down0, down1 = downs_of(at0, at1, g.to(update), model)
            p0, p1 = rounded_to(pushed(p0, down0, m), held), rounded_to(pushed(p1, down1, m), held)
            w0 = rounded_to(moved(w0, p0, down0, m, method), held)
            w1 = rounded_to(moved(w1, p1, down1, m, method), held)
        step = end
        gl.store(target + at, w0)
        gl.store(target + plane + at, p0 if model == "linear" else w1)
        if model != "linear":
            gl.store(target + 2 * plane + at, p0)
            gl.store(target + 3 * plane + at, p1)
            target += 2 * plane
        target += 2 * plane
