"""Which thread holds what: the layouts of the resident kernel, as functions of its constants.

The coordinates of a tile of 16 runs are cut into one group a warp, `columns` to a group, so an array of
shape (groups, 16, columns) has a warp's own coordinates in its own registers.  The tensor core's sums hold
columns 2t and 2t + 1 in lane t of four, but its left operand wants t, t + 4, t + 8, …  Sums become an
operand without leaving their registers when columns are renumbered within each eight, `by_lane`: what is
called k by the product is the column 2 (k mod 4) + k div 4.  The product does not mind, as long as the
rows of its right operand, read from shared memory in `renumbered`, are called by the same names.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# arguments of what is compiled are of Triton's own types:
# ruff: noqa: ANN001, ANN201

from __future__ import annotations

from typing import Any

import triton.language as tl

from lightning_runs.kernels.triton_language import constexpr_function, gl, jit

__all__ = [
    "accumulator",
    "by_lane",
    "exchanged",
    "line_stored",
    "loaded",
    "operand",
    "reduced",
    "renumbered",
    "residuals_stored",
    "rows_by_lane",
    "rows_stored",
    "sums_stored",
]


@constexpr_function
def accumulator(groups: int, instruction_rows: int) -> Any:
    """Return the layout of a product's sums: a group of coordinates to a warp."""
    return gl.NVMMADistributedLayout(
        version=[2, 0], warps_per_cta=[groups, 1, 1], instr_shape=[1, instruction_rows, 8]
    )


@constexpr_function
def operand(index: int, sums: Any, adjacent: int) -> Any:
    """Return the layout of a product's left (0) or right (1) operand, `adjacent` terms to a register."""
    return gl.DotOperandLayout(index, sums, adjacent)


@constexpr_function
def renumbered(groups: int, columns: int, chunk: int) -> Any:
    """Return the right operand's layout, shape (groups, columns, chunk), before columns are renumbered."""
    registers = [[0, 1, 0]] + [[0, 2**bit, 0] for bit in range(3, 12) if 2**bit < columns]
    registers += [[0, 0, 2**bit] for bit in range(3, 12) if 2**bit < chunk]
    lanes = [[0, 2, 0], [0, 4, 0], [0, 0, 1], [0, 0, 2], [0, 0, 4]]
    warps = [[2**bit, 0, 0] for bit in range(6) if 2**bit < groups]
    return gl.DistributedLinearLayout(
        reg_bases=registers,
        lane_bases=lanes,
        warp_bases=warps,
        block_bases=[],
        shape=[groups, columns, chunk],
    )


@constexpr_function
def loaded(groups: int) -> Any:
    """Return the layout in which X comes from global memory: 16 adjacent pairs of a row."""
    return gl.BlockedLayout([1, 1, 2], [1, 4, 8], [groups, 1, 1], [2, 1, 0])


@constexpr_function
def reduced(groups: int) -> Any:
    """Return the layout in which the groups' partial sums are read: every group's in one thread."""
    return gl.BlockedLayout([groups, 1, 2], [1, 4, 8], [1, groups, 1], [2, 1, 0])


@constexpr_function
def rows_stored(dtype: Any, groups: int, columns: int) -> Any:
    """Return the order in shared memory of a chunk of X, shape (groups, 16, columns).

    In float64 the first product reads 16 bytes a lane, two rows at a time, and the second 8 bytes, four
    rows.  Neither meets a bank twice when row i is shifted by 8 columns (i odd) and 4 (i div 2 odd), which
    is no swizzle of Triton's.
    """
    if dtype.primitive_bitwidth == 64:
        bases = [[0, 0, 2**bit] for bit in range(12) if 2**bit < columns] + [[0, 1, 8], [0, 2, 4]]
        bases += [[0, 4, 0], [0, 8, 0]] + [[2**bit, 0, 0] for bit in range(6) if 2**bit < groups]
        return gl.SharedLinearLayout(bases)
    per_phase = 1 if dtype.primitive_bitwidth == 32 else 2
    return gl.SwizzledSharedLayout(8, per_phase, 4, [2, 1, 0])


@constexpr_function
def sums_stored(dtype: Any) -> Any:
    """Return the order in shared memory of partial sums, shape (groups, 16, 16): no bank is met twice."""
    return gl.SwizzledSharedLayout(8, 64 // dtype.primitive_bitwidth, 2, [2, 1, 0])


@constexpr_function
def residuals_stored(dtype: Any) -> Any:
    """Return the order in shared memory of a chunk of r, shape (16, 16): no bank is met twice."""
    vector, per_phase, phases = {64: (4, 1, 4), 32: (4, 2, 4), 16: (8, 4, 2)}[dtype.primitive_bitwidth]
    return gl.SwizzledSharedLayout(vector, per_phase, phases, [1, 0])


@constexpr_function
def line_stored() -> Any:
    """Return the order in shared memory of an array with one axis."""
    return gl.SwizzledSharedLayout(1, 1, 1, [0])


@constexpr_function
def exchanged(layout: Any) -> Any:
    """Return the layout of one group's array that every warp holds."""
    return gl.SliceLayout(0, layout)


@jit
def by_lane(values, groups: tl.constexpr, rows: tl.constexpr, columns: tl.constexpr):
    """Return values, shape (groups, rows, columns), with the columns of each eight renumbered."""
    pairs = gl.reshape(values, [groups, rows, columns // 8, 4, 2])
    return gl.reshape(gl.permute(pairs, [0, 1, 2, 4, 3]), [groups, rows, columns])


@jit
def rows_by_lane(values, groups: tl.constexpr, rows: tl.constexpr, columns: tl.constexpr):
    """Return values, shape (groups, rows, columns), with the rows of each eight renumbered."""
    pairs = gl.reshape(values, [groups, rows // 8, 4, 2, columns])
    return gl.reshape(gl.permute(pairs, [0, 1, 3, 2, 4]), [groups, rows, columns])
