"""The loop of many runs: a vector holds one coordinate of as many runs as it has lanes.

A tile of V vectors of runs goes through all steps by itself; nothing is shared between tiles but X.  A step is
two products with X, blocked in registers, M rows (or coordinates) by V vectors of runs at a time::

    r_i = s · (Σ_j X_ij θ_j − y_i)       s = 2f η · constant, of each run
    g_j = Σ_i X_ij r_i                   then, before g leaves the registers, the update of coordinate j

One number of X, broadcast, meets V vectors; one vector of θ or r meets M numbers of X: M + V loads for M·V
products.  Each sum runs in the order of its index, whatever M and V are, so the bits of a run do not
depend on the tile that it lies in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lightning_runs.kernels.cpu.emitter import Emitter, Vector
from lightning_runs.kernels.cpu.layout import Layout
from lightning_runs.kernels.cpu.processor import MachineCode, compiled
from lightning_runs.kernels.cpu.steps import INTEGERS, every_step
from lightning_runs.kernels.update import NETWORKS, asked_at, stepped

__all__ = ["POINTERS", "many_runs"]

POINTERS = (
    "state", "coefficients", "by_sample", "by_coordinate", "targets", "factors", "theta", "residual", "wanted", "record",
)  # fmt: skip
LINE = 64  # bytes that the caches exchange


def many_runs(layout: Layout) -> MachineCode:
    """Return the code of `POINTERS` and `INTEGERS`: makes the steps from `first` to `stop` of one tile.

    Arrays, in numbers of the tile's width W::

        state (d, 2P, W)   coefficients (2, W): η · constant, μ      theta (d, W), residual (n, W): scratch
        by_sample, by_coordinate, targets: one address a batch, of X packed for the two products, and y
        factors (cycle,): 2f of each batch       wanted: ascending steps, then one never reached
        record (wanted, d, 2P, W)
    """
    writer = _Writer(layout)
    return compiled(writer.module(), "many_runs", len(POINTERS) + len(INTEGERS))


@dataclass(frozen=True)
class Factors:
    """A packed matrix of `rows` by `terms`, and the panel of `terms` rows of vectors it multiplies.

    `fetch`, where there is one, is called at every term with the block's first row and size.
    """

    packed: Any
    rows: int
    panel: Any
    terms: int
    fetch: Callable[[Any, int, Any], None] | None = None


class _Writer:
    """Writes the function of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.network = layout, NETWORKS[layout.model]
        self.parameters = layout.parameters
        self.code = Emitter("many_runs", (POINTERS, INTEGERS), layout.itemsize, layout.lanes)
        self.at = self.code.arguments

    def module(self) -> Any:
        self.code.each(0, self.layout.d, self._first_theta)
        every_step(self.code, self._step, 2 * self.parameters * self.layout.d * self.layout.width)
        return self.code.finish()

    def _first_theta(self, j: Any) -> None:
        for v in range(self.layout.vectors):
            self._store_theta(j, v, *self._loaded(j, v))

    def _step(self, batch: Any) -> None:
        code, at, (n, d) = self.code, self.at, (self.layout.n, self.layout.d)
        targets, factor = code.pointer(at["targets"], batch), code.broadcast(at["factors"], batch)
        scales = [self._coefficient(0, v) * factor for v in range(self.layout.vectors)]

        def targets_of(i: Any) -> list[Vector]:
            return [-code.broadcast(targets, i)] * self.layout.vectors

        def residual(i: Any, sums: list[Vector]) -> None:
            for v, (scale, sum_) in enumerate(zip(scales, sums, strict=True)):
                code.store(scale * sum_, at["residual"], self._panel(i, v))

        def zeros(_: Any) -> list[Vector]:
            return [code.zero()] * self.layout.vectors

        by_sample, by_coordinate = (code.pointer(at[name], batch) for name in ("by_sample", "by_coordinate"))
        self._product(Factors(by_sample, n, at["theta"], d), targets_of, residual)
        self._product(Factors(by_coordinate, d, at["residual"], n, self._fetch), zeros, self._update)

    def _product(
        self,
        factors: Factors,
        start: Callable[[Any], list[Vector]],
        finish: Callable[[Any, list[Vector]], None],
    ) -> None:
        """Multiply block by block; `start` and `finish` take a row and its sums."""
        code, size = self.code, self.layout.block(factors.rows)
        whole = factors.rows - factors.rows % size

        def block(first: Any, size: int) -> None:
            rows = [code.add(first, m) for m in range(size)]
            for row, sums in zip(
                rows, self._block(factors, first, [start(row) for row in rows]), strict=True
            ):
                finish(row, sums)

        if whole:
            code.each(0, whole, lambda first: block(first, size), size)
        if factors.rows > whole:
            block(code.index(whole), factors.rows - whole)

    def _block(self, factors: Factors, first: Any, sums: list[list[Vector]]) -> list[list[Vector]]:
        """Return the sums of one block of rows after all terms."""
        code, size, vectors = self.code, len(sums), self.layout.vectors
        base = code.times(first, factors.terms)

        def term(k: Any, flat: list[Any]) -> list[Any]:
            row = [code.load(factors.panel, self._panel(k, v)) for v in range(vectors)]
            if factors.fetch is not None:
                factors.fetch(first, size, k)
            after = []
            for m in range(size):
                number = code.broadcast(factors.packed, code.add(base, code.add(code.times(k, size), m)))
                after += [code.fma(number, row[v], flat[m * vectors + v]) for v in range(vectors)]
            return after

        flat = code.loop(0, factors.terms, term, [value for row in sums for value in row])
        return [flat[m * vectors : (m + 1) * vectors] for m in range(size)]

    def _fetch(self, first: Any, size: int, k: Any) -> None:
        """Ask for a part of the state that the block's update will read, a few lines at every term.

        A tile's state lies in the second-level cache; asked for at once, its lines would hold up X and r.
        """
        numbers, line = 2 * self.parameters * self.layout.width, LINE // self.layout.itemsize
        each = -(-size * numbers // (line * self.layout.n))
        begin = self.code.add(self.code.times(first, numbers), self.code.times(k, each * line))
        for i in range(each):
            self.code.prefetch(self.at["state"], self.code.add(begin, i * line))

    def _update(self, j: Any, sums: list[Vector]) -> None:
        """Move coordinate j of every run, and form its θ for the next step."""
        method = self.layout.method
        for v, s in enumerate(sums):
            w, p, mu = self._loaded(j, v)
            descents = self.network.descents(asked_at(method, w, p, mu), s)
            w, p = stepped(method, w, p, mu, descents)
            for which, value in enumerate((*w, *p)):
                self.code.store(value, self.at["state"], self._place(which, j, v))
            self._store_theta(j, v, w, p, mu)

    def _loaded(self, j: Any, v: int) -> tuple[list[Vector], list[Vector], Vector]:
        state = [
            self.code.load(self.at["state"], self._place(which, j, v)) for which in range(2 * self.parameters)
        ]
        return state[: self.parameters], state[self.parameters :], self._coefficient(1, v)

    def _coefficient(self, which: int, v: int) -> Vector:
        return self.code.load(self.at["coefficients"], which * self.layout.width + v * self.code.lanes)

    def _place(self, which: int, j: Any, v: int) -> Any:
        row = self.code.times(j, 2 * self.parameters * self.layout.width)
        return self.code.add(row, which * self.layout.width + v * self.code.lanes)

    def _panel(self, row: Any, v: int) -> Any:
        return self.code.add(self.code.times(row, self.layout.width), v * self.code.lanes)

    def _store_theta(self, j: Any, v: int, w: Any, p: Any, mu: Vector) -> None:
        theta = self.network.theta(asked_at(self.layout.method, w, p, mu))
        self.code.store(theta, self.at["theta"], self._panel(j, v))
