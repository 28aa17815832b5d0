"""What a candidate is handed, what it hands back, and what it declares of its arithmetic.

A candidate is a callable found by entry point (group ``momentum_oracle.candidates``)::

    arrays = candidate(problem, method, steps)

It gets the problem as numpy arrays in its dtype, the method and the steps to record, and returns
arrays named like a golden's: each parameter of the model with shape (len(steps), d), optionally
``theta`` (len(steps), d), ``loss`` (len(steps),) and the momentum as ``p_<parameter>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

__all__ = ["Array", "Candidate", "CandidateMethod", "CandidateProblem", "CandidateTask", "Declaration"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Declaration:
    """How a candidate says it computes; its rounding bound follows from this and nothing else.

    Parameters
    ----------
    form : str
        ``velocity`` p ← μp − ηg, β ← β + p · ``position`` β ← β + μ(β − β₋) − ηg ·
        ``buffer`` b ← μb + g, β ← β − ηb (torch).
    dtype : str
        Of every operation, and of the state unless `state` says otherwise: ``float64``, ``float32``,
        ``bfloat16`` or ``float16``.
    accumulate : str
        Of the sums inside a matrix product; empty means `dtype`.
    fma : bool
        Whether multiply-adds may be fused.  Fewer roundings never widen the bound.
    operands : str
        What the operands of a matrix product are rounded to before they are multiplied: ``tfloat32``,
        ``bfloat16`` or ``float16``, as on tensor cores; empty means that they are not.
    state : str
        What parameters and momentum are kept in between steps, where that is narrower than `dtype`: ``bfloat16``
        for mixed precision.  A record holds numbers of this format.  Empty means `dtype`.
    """

    form: str = "velocity"
    dtype: str = "float64"
    accumulate: str = ""
    fma: bool = True
    operands: str = ""
    state: str = ""

    @property
    def kept_in(self) -> str:
        """The format of recorded numbers."""
        return self.state or self.dtype


@dataclass(frozen=True)
class CandidateProblem:
    """The problem as arrays of one dtype.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    y : ndarray, shape (n,)
    loss : str
        ``half_mean_square``, ``mean_square``, ``half_sum_square`` or ``sum_square``.
    model : str
        ``diagonal``, ``hadamard``, ``linear`` or ``scalar_product``.
    init : mapping of parameter name to ndarray, shape (d,)
    dtype : str
        The arithmetic asked for where the arrays' dtype does not tell: ``bfloat16`` numbers travel in
        float32 arrays.  Empty means the arrays' own.
    """

    X: Array
    y: Array
    loss: str
    model: str
    init: Mapping[str, Array]
    dtype: str = ""


@dataclass(frozen=True)
class CandidateMethod:
    """The method with coefficients in the problem's dtype.

    Parameters
    ----------
    name : str
        ``gradient_descent``, ``heavy_ball``, ``nesterov`` or ``nesterov_lookahead``.
    step_size, momentum : numpy scalar
        η and μ.
    p0 : mapping of parameter name to ndarray, shape (d,)
        Initial momentum; empty means zero.
    batches : sequence of sequences of int
        Sample indices, used cyclically; empty means every sample at every step.
    step_sizes : ndarray, shape (L,)
        A schedule: η_k of step k is entry k mod L, in the place of `step_size`; empty means none.
    scales : str
        What the scheduled η_k scales: the ``gradient``, p ← μ p − η_k g, β ← β + p, or as in torch the
        ``update``, b ← μ b + g, β ← β − η_k b (look-ahead: y ← y − η_k (g + μ b)).
    """

    name: str
    step_size: Any
    momentum: Any
    p0: Mapping[str, Array] = field(default_factory=dict)
    batches: Sequence[Sequence[int]] = ()
    step_sizes: Any = ()
    scales: str = "gradient"


@dataclass(frozen=True)
class CandidateTask:
    """One run asked of a candidate: problem, method and the steps to record."""

    problem: CandidateProblem
    method: CandidateMethod
    steps: Sequence[int]


class Candidate(Protocol):
    """The callable behind an entry point.

    Optional attributes, read with ``getattr``:

    ``methods``, ``models``, ``dtypes``
        Frozensets of names it can run; absent means all, and float64 and float32.
    ``schedules``
        Frozenset of what the step sizes of a schedule may scale, ``gradient`` and ``update``; absent means none.
    ``missing() -> str``
        What this machine lacks to run it, with the remedy; empty or absent means nothing.
    ``declare(dtype, method) -> Declaration``
        Absent means the defaults.
    ``together(tasks) -> list of mappings``
        Many runs as one batch.
    ``prepare(tasks, threads) -> run``
        For the race: compiled and packed, each call ``run()`` starts from step 0 and returns what ``together``
        returns, at least the parameters.
    """

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run the method and return the recorded arrays."""
