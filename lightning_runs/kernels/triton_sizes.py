"""What fits on chip: the tile of a problem and the number formats, chosen here and nowhere else.

A tile is 16 runs, the rows of the tensor core's smallest product; `groups` warps share its coordinates,
`columns` to each, and X is read in `chunks` of 16 rows.  Padded to 16 · chunks rows and groups · columns
columns, n × d of the multiplications are of use: 40 × 100 of 48 × 128, 65 %.

Registers, of 255 a thread: an array of the state has 16 · columns / 32 entries a thread.  Two parameters
and their momenta in float64, with 32 columns, take 4 · 16 · 2 = 128 registers, the gradient's sums 32 and
θ, while it is an operand, 32; with 64 columns they would take 384 and not fit.  In bfloat16 64 columns do.

Shared memory, for n' = 16 · chunks and d' = groups · columns, a the bytes of an operand and b of a sum::

    X  a n' d'      partial sums  b 16 n' groups      r  a 16 n'      y  b n'      μ  16 numbers

For n = 40, d = 100 in float64: 49152 + 24576 + 6144 + 384 + 128 = 80384 bytes, so that two programs share one
multiprocessor's 227 KiB.  A problem that fits no tile is made tile by tile; see `triton_tiled`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["FORMATS", "HOPPER_BYTES", "RUNS", "TF32", "Format", "Tile", "tile_for"]

RUNS = 16
MOST_ROWS = 192
"""Every chunk of 16 rows is written out in the kernel; past 12 of them it takes minutes to compile."""
HOPPER_BYTES = 232448
"""Shared memory that a program may have on a Hopper GPU, 227 KiB."""


@dataclass(frozen=True)
class Format:
    """The formats of one dtype's arithmetic.

    Parameters
    ----------
    state, product, total, update : torch.dtype
        What is held; what the products multiply; what they add in; what the update is computed in.
    adjacent : int
        Neighbouring terms of a sum that one register of an operand holds.
    columns : int
        The most coordinates of a warp whose state fits in its registers.
    precision : str
        Of float32 products: ``ieee`` or ``tf32``.
    """

    state: torch.dtype
    product: torch.dtype
    total: torch.dtype
    update: torch.dtype
    adjacent: int = 1
    columns: int = 32
    precision: str = "ieee"

    @property
    def instruction_rows(self) -> int:
        """Rows of the tensor core's instruction as the installed Triton writes it."""
        return float64_rows() if self.product == torch.float64 else 16


FORMATS = {
    "float64": Format(torch.float64, torch.float64, torch.float64, torch.float64),
    "float32": Format(torch.float32, torch.float64, torch.float64, torch.float32),
    "bfloat16": Format(torch.bfloat16, torch.bfloat16, torch.float32, torch.float32, 2, 64),
}
"""float32 is multiplied in float64: the tensor core's float64 is as fast as float32 without it, and rounds less."""

TF32 = Format(torch.float32, torch.float32, torch.float32, torch.float32, precision="tf32")


@dataclass(frozen=True)
class Tile:
    """How 16 runs are laid out; see the module."""

    groups: int
    columns: int
    chunks: int

    @property
    def n(self) -> int:
        """Rows, padded."""
        return 16 * self.chunks

    @property
    def d(self) -> int:
        """Coordinates, padded."""
        return self.groups * self.columns

    def constants(self, form: Format) -> dict[str, int]:
        """Return what the resident kernel is compiled for."""
        return {
            "groups": self.groups,
            "columns": self.columns,
            "chunks": self.chunks,
            "instruction_rows": form.instruction_rows,
            "adjacent": form.adjacent,
        }

    def shared_bytes(self, form: Format) -> int:
        """Return the shared memory of one program."""
        a, b = form.product.itemsize, form.total.itemsize
        return (
            a * self.n * (self.d + RUNS) + b * self.n * (RUNS * self.groups + 1) + RUNS * form.update.itemsize
        )

    @property
    def multiplications(self) -> int:
        """Multiply-adds of one step of a tile."""
        return 2 * RUNS * self.n * self.d

    def useful(self, n: int, d: int) -> float:
        """Return the part of the multiplications that is no padding."""
        return n * d / (self.n * self.d)


def tile_for(n: int, d: int, form: Format, on_chip_bytes: int = HOPPER_BYTES) -> Tile | None:
    """Return the smallest tile that holds n rows and d coordinates, or None if none fits on chip."""
    if n > MOST_ROWS:
        return None
    for groups, columns in ((4, 16), (4, 32), (8, 32), (8, 64)):
        tile = Tile(groups, columns, -(-n // 16))
        fits = columns <= form.columns and tile.shared_bytes(form) <= on_chip_bytes
        if tile.d >= d and fits:
            return tile
    return None


def float64_rows() -> int:
    """Return 16 where Triton writes m16n8k16 for float64, 8 where it writes m8n8k4, from release 3.8 on."""
    import triton  # noqa: PLC0415 - sizes are known without it

    major, minor = (int(part) for part in triton.__version__.split(".")[:2])
    return 16 if (major, minor) < FIRST_WITH_EIGHT_ROWS else 8


FIRST_WITH_EIGHT_ROWS = (3, 8)
