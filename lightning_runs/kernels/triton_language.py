"""The words the resident kernel is written in: Gluon on a GPU, the same words over Triton's interpreter without.

Gluon says which thread holds what and puts X in shared memory by name; a layout never changes a value.
So the interpreter, which has no threads, runs the very source of the kernel with every layout left out:
an array in shared memory is its value, a conversion of layouts is nothing, and `multiply_add` is
`tl.dot`.  What the interpreter cannot show, layouts that the compiler refuses, spills, the instructions
chosen, is what `triton.compile` shows without a GPU.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# arguments of what is compiled are of Triton's own types:
# ruff: noqa: ANN001, ANN202

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import triton
import triton.language as tl
from triton import knobs
from triton.experimental import gluon
from triton.experimental.gluon import language as gluon_language
from triton.experimental.gluon.language.nvidia.ampere import mma_v2

__all__ = ["INTERPRETED", "constexpr_function", "dot", "gl", "in_gluon", "jit", "multiply_add", "rounded"]

INTERPRETED = bool(knobs.runtime.interpret) and not isinstance(tl.sum, triton.JITFunction)
"""Whether ``TRITON_INTERPRET=1`` held when Triton was imported, and now: too late for one is too late for all."""


class Shared:
    """An array in shared memory, to the interpreter: its value, or one value for each leading index."""

    def __init__(self, values: list[Any], at: int | None = None) -> None:
        self.values, self.at = values, at

    def index(self, at: Any) -> Shared:
        """Return one part."""
        return Shared(self.values, int(at))

    def store(self, value: Any) -> None:
        """Keep a value."""
        self.values[self.at or 0] = value

    def load(self, layout: Any) -> Any:
        """Return the value; every thread sees what it needs of it."""
        return self.values[self.at or 0]

    def permute(self, order: Sequence[int]) -> Shared:
        """Return a view with its axes in another order."""
        return Shared([tl.permute(self.load(None), tuple(order))])


class WithoutLayouts:
    """Gluon's words as Triton's own, for the interpreter; whatever has the same name and meaning is Triton's."""

    constexpr = tl.constexpr

    def __getattr__(self, name: str) -> Any:
        return _no_layout if name.endswith("Layout") else getattr(tl, name)

    def arange(self, start: int, end: int, layout: Any) -> Any:
        """Return the integers from `start` to below `end`."""
        return tl.arange(start, end)

    def zeros(self, shape: Sequence[int], dtype: Any, layout: Any) -> Any:
        """Return zeros."""
        return tl.zeros(shape, dtype)

    def convert_layout(self, value: Any, layout: Any, assert_trivial: bool = False) -> Any:
        """Return the value, moved nowhere."""
        return value

    def allocate_shared_memory(self, dtype: Any, shape: Sequence[int], layout: Any) -> Shared:
        """Return room for as many values as the leading axis has places."""
        return Shared([None] * int(shape[0]))


def _no_layout(*parts: Any, **named: Any) -> None:
    """Stand for any layout."""


def _own(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of constants as it is."""
    return function


gl: Any = WithoutLayouts() if INTERPRETED else gluon_language
jit: Any = triton.jit if INTERPRETED else gluon.jit
constexpr_function: Any = _own if INTERPRETED else gluon.constexpr_function


def in_gluon(function: Any) -> Any:
    """Return a Triton function that calls no other, for a kernel written in `gl`."""
    return function if INTERPRETED else gluon.jit(function.fn)


@triton.jit
def _to(x, dtype: tl.constexpr):
    """Return x in another dtype, to nearest."""
    return x.to(dtype)


@triton.jit
def _to_by_bits(x, dtype: tl.constexpr):
    """Return x in another dtype, to nearest even: by itself the interpreter cuts bfloat16 off."""
    if dtype == tl.bfloat16:
        bits = x.to(tl.float32).to(tl.uint32, bitcast=True)
        x = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).to(tl.float32, bitcast=True)
    return x.to(dtype)


rounded: Any = _to_by_bits if INTERPRETED else _to
"""Rounding to nearest, for Triton's kernels; `in_gluon(rounded)` for Gluon's."""


@triton.jit
def _dot(a, b, sums, input_precision: tl.constexpr):
    """Return sums + a b."""
    return tl.dot(a, b, sums, input_precision=input_precision, out_dtype=sums.dtype)


@triton.jit
def _dot_of_wide(a, b, sums, input_precision: tl.constexpr):
    """Return sums + a b: by itself the interpreter multiplies the bits of bfloat16 as if they were integers."""
    return tl.dot(a.to(sums.dtype), b.to(sums.dtype), sums, input_precision="ieee", out_dtype=sums.dtype)


dot: Any = _dot_of_wide if INTERPRETED else _dot
"""A product added to sums, for Triton's kernels; `multiply_add` for Gluon's, in the layouts given."""

multiply_add: Any = _dot_of_wide if INTERPRETED else mma_v2
