"""Which kernel makes a sweep."""

from __future__ import annotations

from lightning_runs.kernels.interface import Kernel, KernelError
from lightning_runs.kernels.registry import kernel_named
from lightning_runs.sweeps.grid import Grid

__all__ = ["PREFERRED", "chosen_kernel"]

PREFERRED = ("fused", "eager")  # the first that runs here


def chosen_kernel(name: str | None, grid: Grid) -> Kernel:
    """Return the kernel of a name, or without one the first preferred that runs the grid here.

    Raises
    ------
    KernelError
        If the one asked for does not.
    """
    for candidate in (name,) if name else PREFERRED:
        try:
            kernel = kernel_named(candidate)
        except ModuleNotFoundError as error:
            reason = f"its module needs `{error.name}`, which is not installed"
        else:
            reason = kernel.missing() or _not_run(kernel, grid)
            if not reason:
                return kernel
    raise KernelError(f"the kernel `{candidate}` cannot make this sweep: {reason}")


def _not_run(kernel: Kernel, grid: Grid) -> str:
    """Return what of a grid a kernel does not run; empty for nothing."""
    asked = (
        ("dtype", {grid.dtype}, kernel.dtypes),
        ("model", {grid.model}, kernel.models),
        ("method", set(grid.methods), kernel.methods),
    )
    lacks = [f"no {what} {', '.join(sorted(want - has))}" for what, want, has in asked if want - has]
    return f"it runs {' and '.join(lacks)}" if lacks else ""
