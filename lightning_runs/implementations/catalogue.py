"""The implementations of this package, as entry points name them; naming one imports nothing but numpy.

=================  ========  =====================================================  ====================
name               form      sums                                                   dtypes
=================  ========  =====================================================  ====================
numpy_matmul       velocity  numpy's `@`                                            float64, float32
numpy_reversed     buffer    from the last term to the first                        float64, float32
numpy_halves       position  by halves                                              float64, float32
numpy_bfloat16     velocity  numpy's `@` in float32, all else rounded to bfloat16   bfloat16
numpy_mixed        velocity  `dot` by rows in float32, the state kept in bfloat16   bfloat16
plain_python       buffer    from the first term to the last                        float64
numba_loops        velocity  from −y on, one term after the other                   float64, float32
torch_einsum       velocity  torch's einsum                                         float64, float32
torch_chunks       position  chunks of three columns; gradients by `torch.func`     float64, float32
torch_reversed     buffer    cumulative, turned round                               float64, float32
torch_mixed        buffer    autograd in float32, the state kept in bfloat16        bfloat16
jax_scanned        velocity  XLA's in a scan; gradients by `jax.grad`               float64, float32
optax_steps        buffer    XLA's; gradients by `jax.value_and_grad`, `optax.sgd`  float64, float32
mpmath_rounded     velocity  one term after the other, each rounded correctly       float64, float32, bfloat16
=================  ========  =====================================================  ====================
"""

from __future__ import annotations

from lightning_runs.implementations.implementation import Implementation, in_own_dtype
from lightning_runs.tasks import METHODS
from oracle.records.candidate import Declaration

__all__ = [
    "jax_scanned",
    "mpmath_rounded",
    "numba_loops",
    "numpy_bfloat16",
    "numpy_halves",
    "numpy_matmul",
    "numpy_mixed",
    "numpy_reversed",
    "optax_steps",
    "plain_python",
    "torch_chunks",
    "torch_einsum",
    "torch_mixed",
    "torch_reversed",
]


def _mixed(form: str) -> dict[str, Declaration]:
    return {"bfloat16": Declaration(form, "float32", "float32", state="bfloat16")}


numpy_matmul = Implementation("numpy_matmul", in_own_dtype("velocity"))
numpy_reversed = Implementation("numpy_reversed", in_own_dtype("buffer"))
numpy_halves = Implementation("numpy_halves", in_own_dtype("position"))
numpy_bfloat16 = Implementation(
    "numpy_bfloat16", {"bfloat16": Declaration("velocity", "bfloat16", "float32")}
)
numpy_mixed = Implementation("numpy_mixed", _mixed("velocity"))
plain_python = Implementation("plain_python", in_own_dtype("buffer", "float64"))
numba_loops = Implementation("numba_loops", in_own_dtype("velocity"), needs="numba")
torch_einsum = Implementation("torch_einsum", in_own_dtype("velocity"), needs="torch")
torch_chunks = Implementation("torch_chunks", in_own_dtype("position"), needs="torch")
torch_reversed = Implementation("torch_reversed", in_own_dtype("buffer"), needs="torch")
torch_mixed = Implementation("torch_mixed", _mixed("buffer"), needs="torch")
jax_scanned = Implementation("jax_scanned", in_own_dtype("velocity"), needs="jax")
optax_steps = Implementation(
    "optax_steps", in_own_dtype("buffer"), needs="optax", methods=frozenset(METHODS) - {"nesterov"}
)
mpmath_rounded = Implementation(
    "mpmath_rounded", in_own_dtype("velocity", "float64", "float32", "bfloat16"), needs="mpmath"
)
