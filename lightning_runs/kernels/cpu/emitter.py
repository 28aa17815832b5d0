"""Write machine code as formulas: vectors with + − *, loads, stores and loops with carried values.

What a `Vector` computes is emitted where it is written.  Products and sums are marked `contract`, so that
LLVM may fuse them; nothing else about their rounding or order is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

__all__ = ["INDEX", "Emitter", "Vector"]

INDEX = ir.IntType(64)
POINTER = ir.PointerType()
INT32 = ir.IntType(32)
CONTRACT = ("contract",)
FLOATS = {4: ir.FloatType(), 8: ir.DoubleType()}


class Vector:
    """A vector of floating-point numbers in a register, or a scalar where it has one lane."""

    def __init__(self, emitter: Emitter, value: Any) -> None:
        self.emitter, self.value = emitter, value

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.emitter, self.emitter.builder.fadd(self.value, other.value, flags=CONTRACT))

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.emitter, self.emitter.builder.fsub(self.value, other.value, flags=CONTRACT))

    def __mul__(self, other: Vector) -> Vector:
        return Vector(self.emitter, self.emitter.builder.fmul(self.value, other.value, flags=CONTRACT))

    def __neg__(self) -> Vector:
        return Vector(self.emitter, self.emitter.builder.fneg(self.value))

    def shuffled(self, other: Vector, lanes: Sequence[int]) -> Vector:
        """Return chosen lanes of self (from 0) and of another one (from the width on)."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
        return Vector(self.emitter, self.emitter.builder.shuffle_vector(self.value, other.value, mask))


class Emitter:
    """A function under construction.

    Parameters
    ----------
    name : str
    arguments : two sequences of str
        Addresses of arrays that do not overlap, then 64-bit integers.
    itemsize, lanes : int
        Bytes of a number, numbers of a vector.
    """

    def __init__(
        self, name: str, arguments: tuple[Sequence[str], Sequence[str]], itemsize: int, lanes: int
    ) -> None:
        pointers, integers = arguments
        self.module = ir.Module(name)
        kinds = [POINTER] * len(pointers) + [INDEX] * len(integers)
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        for argument in function.args[: len(pointers)]:
            argument.add_attribute("noalias")
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.arguments = dict(zip([*pointers, *integers], function.args, strict=True))
        self.itemsize, self.lanes = itemsize, lanes
        self.number = FLOATS[itemsize]
        self.vector = ir.VectorType(self.number, lanes)

    def index(self, value: int) -> Any:
        """Return a constant integer."""
        return ir.Constant(INDEX, value)

    def zero(self) -> Vector:
        """Return a vector of zeros."""
        return Vector(self, ir.Constant(self.vector, None))

    def add(self, left: Any, right: Any) -> Any:
        """Return the sum of two integers, either of which may be Python's."""
        return self.builder.add(self._integer(left), self._integer(right))

    def times(self, left: Any, right: Any) -> Any:
        """Return the product of two integers."""
        return self.builder.mul(self._integer(left), self._integer(right))

    def fma(self, left: Vector, right: Vector, addend: Vector) -> Vector:
        """Return left · right + addend, fused where the processor can."""
        return left * right + addend

    def load(self, base: Any, offset: Any, lanes: int | None = None) -> Vector:
        """Load a vector from `offset` numbers behind `base`, aligned to its size."""
        kind = self.vector if lanes is None else ir.VectorType(self.number, lanes)
        value = self.builder.load(self._at(base, offset), align=self.itemsize * kind.count, typ=kind)
        return Vector(self, value)

    def store(self, value: Vector, base: Any, offset: Any) -> None:
        """Store a vector, aligned to its size."""
        align = self.itemsize * value.value.type.count
        self.builder.store(value.value, self._at(base, offset), align=align)

    def broadcast(self, base: Any, offset: Any) -> Vector:
        """Load one number into every lane."""
        number = self.builder.load(self._at(base, offset), align=self.itemsize, typ=self.number)
        return self._splat(number)

    def prefetch(self, base: Any, offset: Any) -> None:
        """Ask for the cache line of a place that will be read."""
        kinds = [POINTER, INT32, INT32, INT32]
        fetch = self.module.declare_intrinsic(
            "llvm.prefetch", [POINTER], ir.FunctionType(ir.VoidType(), kinds)
        )
        read, keep, data = (ir.Constant(INT32, value) for value in (0, 3, 1))
        self.builder.call(fetch, [self._at(base, offset), read, keep, data])

    def lane(self, value: Vector, lane: int) -> Vector:
        """Return one lane in every lane."""
        return value.shuffled(value, [lane] * self.lanes)

    def integer(self, base: Any, offset: Any) -> Any:
        """Load a 64-bit integer."""
        place = self.builder.gep(base, [self._integer(offset)], source_etype=INDEX)
        return self.builder.load(place, align=8, typ=INDEX)

    def pointer(self, base: Any, offset: Any) -> Any:
        """Load an address from an array of addresses."""
        return self.builder.inttoptr(self.integer(base, offset), POINTER)

    def loop(
        self,
        first: Any,
        stop: Any,
        body: Callable[[Any, list[Any]], Sequence[Any]],
        carried: Sequence[Any] = (),
        step: int = 1,
    ) -> list[Any]:
        """Run `body` for first, first + step, … below `stop`, at least once.

        Parameters
        ----------
        first, stop : int or integer value
        body : callable
            Gets the index and the carried values, returns their successors.
        carried : sequence of Vector or integer value
        """
        builder = self.builder
        before, block = builder.block, builder.append_basic_block()
        builder.branch(block)
        builder.position_at_end(block)
        index = builder.phi(INDEX)
        index.add_incoming(self._integer(first), before)
        phis = [self._phi(value, before) for value in carried]
        after = body(index, [self._like(value, phi) for value, phi in zip(carried, phis, strict=True)])
        successor = self.add(index, step)
        index.add_incoming(successor, builder.block)
        for phi, value in zip(phis, after, strict=True):
            phi.add_incoming(_raw(value), builder.block)
        done = builder.append_basic_block()
        builder.cbranch(builder.icmp_signed("<", successor, self._integer(stop)), block, done)
        builder.position_at_end(done)
        return list(after)

    def each(self, first: Any, stop: Any, body: Callable[[Any], None], step: int = 1) -> None:
        """Run `body` for first, first + step, … below `stop`, at least once; nothing is carried."""

        def alone(index: Any, _: list[Any]) -> list[Any]:
            body(index)
            return []

        self.loop(first, stop, alone, step=step)

    def when(self, condition: Any, body: Callable[[], None]) -> None:
        """Run `body` where a condition holds."""
        with self.builder.if_then(condition, likely=False):
            body()

    def finish(self) -> ir.Module:
        """Return the module of the finished function."""
        self.builder.ret_void()
        return self.module

    def _splat(self, number: Any) -> Vector:
        start = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), number, self.index(0))
        return self.lane(Vector(self, start), 0)

    def _at(self, base: Any, offset: Any) -> Any:
        return self.builder.gep(base, [self._integer(offset)], source_etype=self.number)

    def _integer(self, value: Any) -> Any:
        return self.index(value) if isinstance(value, int) else value

    def _phi(self, value: Any, before: Any) -> Any:
        phi = self.builder.phi(_raw(value).type)
        phi.add_incoming(_raw(value), before)
        return phi

    def _like(self, value: Any, phi: Any) -> Any:
        return Vector(self, phi) if isinstance(value, Vector) else phi


def _raw(value: Any) -> Any:
    return value.value if isinstance(value, Vector) else value
