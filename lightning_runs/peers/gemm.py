"""The two matrix products of a step and nothing else, by torch: what no update loop can beat."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

__all__ = ["TorchGemm", "torch_gemm", "torch_gemm_runs_last"]

if find_spec("torch") is None:
    raise ModuleNotFoundError(
        "the GEMM rate of torch needs `torch`, which is not installed; on Python 3.11 run "
        "`pip install 'momentum-oracle[lightning]'`",
        name="torch",
    )


class TorchGemm:
    """Not a racer but a roofline: X (n x d) times d x runs, and Xᵀ times n x runs.

    Parameters
    ----------
    runs_last : bool
        Whether the runs are the last axis, X Θ and Xᵀ R, or the first, Θ Xᵀ and R X: no library is
        equally fast at both.

    Attributes
    ----------
    roofline : bool
        Tells the race what this is.
    """

    roofline = True

    def __init__(self, runs_last: bool) -> None:
        self.runs_last = runs_last

    def __call__(self, shape: tuple[int, int, int], dtype: str, threads: int = 1) -> Callable[[int], None]:
        """Return ``multiply(times)``, which makes both products so many times.

        Parameters
        ----------
        shape : (n, d, runs)
        dtype : str
            ``float64`` or ``float32``.
        threads : int
        """
        import torch  # noqa: PLC0415 - on use

        from lightning_runs.plain_torch import plain_torch  # noqa: PLC0415 - on use

        n, d, runs = shape
        kind = {"float64": torch.float64, "float32": torch.float32}[dtype]
        source = torch.Generator().manual_seed(0)

        def matrix(rows: int, columns: int) -> torch.Tensor:
            size = (rows, columns) if self.runs_last else (columns, rows)
            return torch.randn(size, generator=source, dtype=kind)

        X = torch.randn((n, d), generator=source, dtype=kind)
        theta, residual, forward, back = matrix(d, runs), matrix(n, runs), matrix(n, runs), matrix(d, runs)
        if self.runs_last:
            products = ((X, theta, forward), (X.T, residual, back))
        else:
            products = ((theta, X.T, forward), (residual, X, back))

        def multiply(times: int) -> None:
            with plain_torch(threads), torch.no_grad():
                for _ in range(times):
                    for left, right, out in products:
                        torch.mm(left, right, out=out)

        return multiply


torch_gemm, torch_gemm_runs_last = TorchGemm(runs_last=False), TorchGemm(runs_last=True)
