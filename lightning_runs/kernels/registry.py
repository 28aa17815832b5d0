"""The kernels by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from lightning_runs.kernels.interface import Kernel, KernelError

__all__ = ["KERNELS", "best_kernel", "kernel_named"]

KERNELS = {
    "eager": "lightning_runs.kernels.eager:EagerKernel",
    "autograd": "lightning_runs.kernels.autograd:AutogradKernel",
    "fused": "lightning_runs.kernels.fused:FusedKernel",
    "triton": "lightning_runs.kernels.triton:TritonKernel",
}


def kernel_named(name: str) -> Kernel:
    """Return a kernel.

    Raises
    ------
    KernelError
        If there is none of that name; the message lists those that there are.
    """
    if name not in KERNELS:
        raise KernelError(f"`kernel` is {name!r}; choose one of {', '.join(sorted(KERNELS))}")
    module, _, attribute = KERNELS[name].partition(":")
    kernel: Kernel = getattr(import_module(module), attribute)()
    return kernel


def best_kernel() -> Kernel:
    """Return the fastest kernel of this machine's processor: `fused`, or `eager` where LLVM is missing."""
    return kernel_named("fused" if find_spec("llvmlite") else "eager")
