"""A spec's run as arrays of one dtype: every exact number rounded to it once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.candidate_file import CandidateError
from oracle.case import case_of
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask
from reference.case import Method, Regression
from reference.exact import round_to_format

__all__ = ["CONTAINERS", "close_by_torch", "task_of"]

# numpy has no bfloat16: its values travel exactly in float32
CONTAINERS = {"float64": np.float64, "float32": np.float32, "bfloat16": np.float32, "float16": np.float16}


def task_of(canonical: Mapping[str, Any], dtype: str, steps: Sequence[int]) -> CandidateTask:
    """Return the spec as arrays of one dtype: every exact number rounded to it, ties to even.

    Parameters
    ----------
    canonical : mapping
        A spec's canonical form.
    dtype : str
        ``float64``, ``float32``, ``bfloat16`` (held in float32) or ``float16``.
    steps : sequence of int
        To be recorded.

    Raises
    ------
    CandidateError
        If the dtype is unknown, or the problem has no data to hand over (`polynomial`).
    reference.exact.ExactNumberError
        If a number overflows the dtype.
    """
    if dtype not in CONTAINERS:
        raise CandidateError(f"dtype `{dtype}` is unknown: expected one of {', '.join(CONTAINERS)}")
    case = case_of(canonical)
    if not isinstance(case.problem, Regression):
        raise CandidateError(
            f"a `{canonical['problem']['kind']}` problem has no X and y to hand to a candidate: "
            "compare it from a file with `oracle check`"
        )
    return CandidateTask(
        _problem(case.problem, case.model, case.init, dtype), _method(case.method, dtype), tuple(steps)
    )


def close_by_torch(actual: Array, expected: Array, dtype: str) -> bool | None:
    """Return whether `torch.testing.assert_close` passes two arrays of a dtype with its defaults.

    Parameters
    ----------
    actual, expected : ndarray, equal shapes
    dtype : str
        What the numbers are numbers of; torch's tolerances follow from it.

    Returns
    -------
    bool or None
        None where torch is not installed.
    """
    try:
        import torch  # noqa: PLC0415 - seconds to import, and needed here alone
    except ModuleNotFoundError:
        return None
    kind = getattr(torch, dtype)
    pair = [torch.from_numpy(np.array(array)).to(kind) for array in (actual, expected)]
    try:
        torch.testing.assert_close(*pair)
    except AssertionError:
        return False
    return True


def _problem(
    problem: Regression, model: str, init: Mapping[str, Sequence[Fraction]], dtype: str
) -> CandidateProblem:
    return CandidateProblem(
        X=np.stack([_array(row, dtype) for row in problem.X]),
        y=_array(problem.y, dtype),
        loss=problem.loss,
        model=model,
        init={name: _array(values, dtype) for name, values in init.items()},
        dtype=dtype,
    )


def _method(method: Method, dtype: str) -> CandidateMethod:
    return CandidateMethod(
        name=method.name,
        step_size=_array([method.step_size], dtype)[0],
        momentum=_array([method.momentum], dtype)[0],
        p0={name: _array(values, dtype) for name, values in method.p0.items()},
        batches=method.batches,
        step_sizes=_array(method.step_sizes, dtype),
        scales=method.scales,
    )


def _array(values: Sequence[Fraction], dtype: str) -> Array:
    """Return the rationals rounded once to the dtype; the float in between holds each exactly."""
    return np.array([float(round_to_format(value, dtype)) for value in values], dtype=CONTAINERS[dtype])
