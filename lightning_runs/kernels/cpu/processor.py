"""The processor at hand: how wide its vectors are, how many it holds, and how to make code for it."""

from __future__ import annotations

import ctypes
import platform
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

__all__ = ["MachineCode", "Processor", "compiled", "processor"]


@dataclass(frozen=True)
class Processor:
    """What a kernel is laid out for.

    Parameters
    ----------
    vector_bytes : int
        64 with AVX-512, 32 with AVX2, else 16 (SSE2, NEON).
    registers : int
        Vector registers: 32 with AVX-512 and on Arm, else 16.
    """

    vector_bytes: int
    registers: int

    def lanes(self, itemsize: int) -> int:
        """Return how many numbers of a size fit a vector."""
        return self.vector_bytes // itemsize


@dataclass(frozen=True, eq=False)
class MachineCode:
    """A compiled function; calling it releases Python's lock.

    Parameters
    ----------
    call : callable
        Takes integers: addresses and counts.
    assembly : str
        For people and tests.
    engine : object
        Keeps the code alive.
    """

    call: Any
    assembly: str
    engine: Any


@cache
def processor() -> Processor:
    """Return the processor of this machine, as LLVM sees it."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return Processor(64, 32)
    if features.get("avx2"):
        return Processor(32, 16)
    arm = platform.machine().lower() in ("arm64", "aarch64")
    return Processor(16, 32 if arm else 16)


def compiled(module: ir.Module, name: str, arguments: int) -> MachineCode:
    """Return a module's function as code for this machine.

    Parameters
    ----------
    module : llvmlite.ir.Module
    name : str
        Of a function that takes `arguments` 64-bit integers or addresses and returns nothing.
    """
    target = _target_machine()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    builder = llvm.create_pass_builder(target, _tuning())
    builder.getModulePassManager().run(parsed, builder)
    assembly = target.emit_assembly(parsed)
    engine = llvm.create_mcjit_compiler(parsed, target)
    engine.finalize_object()
    signature = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * arguments)
    return MachineCode(signature(engine.get_function_address(name)), assembly, engine)


def _target_machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


def _tuning() -> Any:
    """Return LLVM's third level, without its vectorisers: the code comes in vectors already."""
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = False
    tuning.slp_vectorization = False
    return tuning
