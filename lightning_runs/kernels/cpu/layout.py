"""What code is generated for: sizes, names, and how a vector's lanes are filled."""

from __future__ import annotations

from dataclasses import dataclass

from lightning_runs.kernels.cpu.processor import processor
from lightning_runs.tasks import PARAMETERS

__all__ = ["Layout"]

ROWS = 8  # of a block of one run's X


@dataclass(frozen=True)
class Layout:
    """Sizes and names of a tile.

    Parameters
    ----------
    n, d : int
        Rows of X at each step, coordinates.
    itemsize : int
        8 or 4.
    model, method : str
    vectors : int
        V, vectors of runs in a tile; 0 for one run, whose coordinates fill the lanes.
    """

    n: int
    d: int
    itemsize: int
    model: str
    method: str
    vectors: int = 0

    @property
    def lanes(self) -> int:
        """Numbers of a vector."""
        return processor().lanes(self.itemsize)

    @property
    def parameters(self) -> int:
        """P, the parameters of the model."""
        return len(PARAMETERS[self.model])

    @property
    def width(self) -> int:
        """W, the runs of a tile."""
        return self.vectors * self.lanes

    @property
    def padded(self) -> int:
        """D, the coordinates of one run in whole vectors."""
        return -(-self.d // self.lanes) * self.lanes

    def block(self, rows: int) -> int:
        """Return M, for so many rows: as many as the registers hold, in blocks as even as can be.

        M·V sums, V numbers of the other factor and one broadcast are held at once.
        """
        most = max(1, (processor().registers - 1 - self.vectors) // self.vectors)
        return -(-rows // -(-rows // most))

    @property
    def blocks(self) -> list[int]:
        """Rows of each block of one run: M as long as there are as many, then falling powers of two."""
        most = min(ROWS, self.lanes)
        sizes, left = [most] * (self.n // most), self.n % most
        while left:
            sizes.append(1 << (left.bit_length() - 1))
            left -= sizes[-1]
        return sizes
