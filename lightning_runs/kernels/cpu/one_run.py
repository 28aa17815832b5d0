"""The loop of one run: a vector holds as many coordinates of it as it has lanes.

One pass over X a step.  Rows go through in blocks of M; a block is read for its residuals and, still at
hand, again for its share of the gradient::

    r_i = s · (Σ_j X_ij θ_j − y_i)    M sums side by side, folded to one vector in log₂ M rounds
    g_j = g_j + Σ_i X_ij r_i

and the last block's g meets the update before it is stored.  Coordinates are padded with columns of zeros to
whole vectors, which stay zero and touch nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from lightning_runs.kernels.cpu.emitter import Emitter, Vector
from lightning_runs.kernels.cpu.layout import Layout
from lightning_runs.kernels.cpu.processor import MachineCode, compiled
from lightning_runs.kernels.cpu.steps import INTEGERS, every_step
from lightning_runs.kernels.update import NETWORKS, asked_at, stepped

__all__ = ["POINTERS", "one_run"]

POINTERS = ("state", "coefficients", "rows", "targets", "factors", "theta", "gradient", "wanted", "record")


def one_run(layout: Layout) -> MachineCode:
    """Return the code of `POINTERS` and `INTEGERS`: makes the steps from `first` to `stop` of one run.

    Arrays, with D the padded number of coordinates::

        state (2P, D)     coefficients (2,): η · constant, μ      theta (D,), gradient (D,): scratch
        rows, targets: one address a batch, of X (n, D) and y (n,)
        factors (cycle,): 2f of each batch      wanted: ascending steps, then one never reached
        record (wanted, 2P, D)
    """
    return compiled(_Writer(layout).module(), "one_run", len(POINTERS) + len(INTEGERS))


class _Writer:
    """Writes the function of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.network = layout, NETWORKS[layout.model]
        self.parameters = layout.parameters
        self.code = Emitter("one_run", (POINTERS, INTEGERS), layout.itemsize, layout.lanes)
        self.at = self.code.arguments
        self.scale, self.mu = (self.code.broadcast(self.at["coefficients"], which) for which in (0, 1))

    def module(self) -> Any:
        self._each_vector(lambda j: self._store_theta(j, *self._loaded(j)))
        every_step(self.code, self._step, 2 * self.parameters * self.layout.padded)
        return self.code.finish()

    def _step(self, batch: Any) -> None:
        code, at = self.code, self.at
        X, y = code.pointer(at["rows"], batch), code.pointer(at["targets"], batch)
        scale = self.scale * code.broadcast(at["factors"], batch)
        for first, stop, size in self._passes():
            ends = first == 0, stop == self.layout.n

            def block(row: Any, size: int = size, ends: tuple[bool, bool] = ends) -> None:
                residuals = self._residuals(X, y, row, size, scale)
                self._each_vector(lambda j: self._share(j, X, row, residuals, ends))

            code.each(first, stop, block, size)

    def _passes(self) -> list[tuple[int, int, int]]:
        """Return (first row, stop, rows of a block): the first and the last block by themselves."""
        sizes = self.layout.blocks
        ends = [0]
        for size in sizes:
            ends.append(ends[-1] + size)
        alone = [(first, stop, stop - first) for first, stop in pairwise(ends)]
        middle = [part for part in alone[1:-1] if part[2] == sizes[0]]
        if not middle:
            return alone
        return [alone[0], (middle[0][0], middle[-1][1], sizes[0]), *alone[1 + len(middle) :]]

    def _residuals(self, X: Any, y: Any, row: Any, size: int, scale: Vector) -> list[Vector]:
        """Return s · (X θ − y) of `size` rows, each in every lane."""
        code, width = self.code, self.layout.padded

        def term(j: Any, sums: list[Any]) -> list[Any]:
            theta = code.load(self.at["theta"], j)
            return [
                code.fma(code.load(X, code.add(code.times(code.add(row, m), width), j)), theta, sums[m])
                for m in range(size)
            ]

        sums = code.loop(0, width, term, [code.zero()] * size, step=code.lanes)
        folded, wide = folded_sums(sums), code.lanes // size
        return [
            scale * (code.lane(folded, m * wide) - code.broadcast(y, code.add(row, m))) for m in range(size)
        ]

    def _share(self, j: Any, X: Any, row: Any, residuals: Sequence[Vector], ends: tuple[bool, bool]) -> None:
        """Add a block's share to g; after the last block make the step."""
        code, (opening, last) = self.code, ends
        g = code.zero() if opening else code.load(self.at["gradient"], j)
        for m, residual in enumerate(residuals):
            place = code.add(code.times(code.add(row, m), self.layout.padded), j)
            g = code.fma(code.load(X, place), residual, g)
        if last:
            self._update(j, g)
        else:
            code.store(g, self.at["gradient"], j)

    def _update(self, j: Any, s: Vector) -> None:
        """Move a vector of coordinates, and form its θ for the next step."""
        method, (w, p) = self.layout.method, self._loaded(j)
        descents = self.network.descents(asked_at(method, w, p, self.mu), s)
        w, p = stepped(method, w, p, self.mu, descents)
        for which, value in enumerate((*w, *p)):
            self.code.store(value, self.at["state"], self.code.add(j, which * self.layout.padded))
        self._store_theta(j, w, p)

    def _store_theta(self, j: Any, w: Any, p: Any) -> None:
        self.code.store(self.network.theta(asked_at(self.layout.method, w, p, self.mu)), self.at["theta"], j)

    def _loaded(self, j: Any) -> tuple[list[Vector], list[Vector]]:
        places = (self.code.add(j, which * self.layout.padded) for which in range(2 * self.parameters))
        state = [self.code.load(self.at["state"], place) for place in places]
        return state[: self.parameters], state[self.parameters :]

    def _each_vector(self, body: Any) -> None:
        self.code.each(0, self.layout.padded, body, self.code.lanes)


def folded_sums(vectors: Sequence[Vector]) -> Vector:
    """Return a vector that holds the sum of all lanes of each of the given vectors, a power of two of them.

    Each round pairs vector k with vector k + half of them and adds, in every block of lanes, its lower to
    its upper half: a's sums go to the lower half of the block, b's to the upper one.  In the end sum m
    fills block m, which is folded onto itself.
    """
    vectors, lanes = list(vectors), vectors[0].emitter.lanes
    block = lanes
    while len(vectors) > 1:
        half = len(vectors) // 2
        pairs = zip(vectors[:half], vectors[half:], strict=True)
        vectors = [_gathered(a, b, block, 0) + _gathered(a, b, block, block // 2) for a, b in pairs]
        block //= 2
    total = vectors[0]
    while block > 1:
        block //= 2
        total = total + total.shuffled(total, [lane ^ block for lane in range(lanes)])
    return total


def _gathered(a: Vector, b: Vector, block: int, offset: int) -> Vector:
    """Return, block by block, the half of a's lanes at `offset`, then that of b's."""
    lanes, half = a.emitter.lanes, block // 2
    chosen = []
    for lane in range(lanes):
        base, within = lane - lane % block, lane % block
        chosen.append(base + offset + within if within < half else lanes + base + offset + within - half)
    return a.shuffled(b, chosen)
