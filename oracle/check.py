"""Compare a user's recorded arrays with the golden of a spec: one case, one verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oracle.candidate_file import CandidateError, CandidateFile, read_candidate
from oracle.goldens import fetch_or_compute
from oracle.records.candidate import Declaration
from oracle.records.golden import Golden
from oracle.report.comparison import Comparison
from oracle.spec import Spec
from oracle.store import Store
from oracle.verdict import judge

__all__ = ["DTYPES", "FORMS", "CheckRequest", "check", "compare", "refuse_other_wants"]

DTYPES = ("float64", "float32", "bfloat16", "float16")
FORMS = ("velocity", "position", "buffer")


@dataclass(frozen=True)
class CheckRequest:
    """What to compare, and how the candidate says it computed.

    Parameters
    ----------
    spec : Spec
    candidate : Path
        An `.npz`.
    dtype : str
        One of `DTYPES`; empty means the dtype of the arrays.
    form : str
        One of `FORMS`.
    accumulate, operands, state : str
        What else is declared of the arithmetic, see `oracle.records.candidate.Declaration`.
    """

    spec: Spec
    candidate: Path
    dtype: str = ""
    form: str = "velocity"
    accumulate: str = ""
    operands: str = ""
    state: str = ""


def check(
    request: CheckRequest, store: Store, progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """Return the comparison of a file with its golden, which is computed if it is not stored.

    Raises
    ------
    CandidateError
        If the file cannot be read, holds arrays that the golden lacks, or shares no step with it.
    """
    refuse_other_wants(request.spec)
    file = read_candidate(request.candidate)  # before the golden: it is the cheaper to refuse
    declaration = Declaration(
        form=request.form,
        dtype=request.dtype or file.dtype(),
        accumulate=request.accumulate,
        operands=request.operands,
        state=request.state,
    )
    golden, _ = fetch_or_compute(request.spec, store, progress)
    return compare(golden, file, declaration, request.candidate.name)


def compare(
    golden: Golden,
    file: CandidateFile,
    declaration: Declaration,
    name: str,
    *,
    draw_envelope: bool = True,
    diagnose: bool = True,
) -> Comparison:
    """Return the comparison of a file's arrays with a golden.

    Parameters
    ----------
    golden : Golden
        Of iterates.
    file : CandidateFile
    declaration : Declaration
    name : str
        Of the candidate, for people.
    draw_envelope : bool
        Whether the curves are to have an envelope where no verdict depends on it.
    diagnose : bool
        Whether to look for what explains a record that disagrees; no verdict depends on that.

    Raises
    ------
    CandidateError
        If the file holds arrays that the golden lacks, or shares no step with it.
    """
    _check_names(file, golden)
    _check_steps(file, golden)
    verdict = judge(
        golden, file.arrays, declaration, file.steps, draw_envelope=draw_envelope, diagnose=diagnose
    )
    return Comparison(name, golden, file.arrays, file.steps, verdict)


def refuse_other_wants(spec: Spec) -> None:
    """Refuse a spec that asks for anything but iterates.

    Raises
    ------
    CandidateError
        If it does.
    """
    if spec.canonical["want"]["kind"] != "iterates":
        raise CandidateError(
            f"the spec wants `{spec.canonical['want']['kind']}`; a candidate is checked step by step, against "
            "`iterates`. Ask the spec for the steps that the candidate recorded"
        )


def _check_names(file: CandidateFile, golden: Golden) -> None:
    known = {*golden.arrays, *(f"p_{name}" for name in golden.spec["init"])}
    for name in file.arrays:
        if name not in known:
            raise CandidateError(
                f"the candidate holds an array `{name}`, which the golden does not: "
                f"expected some of {', '.join(sorted(known))} and `steps`"
            )


def _check_steps(file: CandidateFile, golden: Golden) -> None:
    """Refuse a record that shares no step with the golden; steps between are welcome to the replay."""
    if set(file.steps).isdisjoint(golden.steps):
        raise CandidateError(
            f"the candidate records {len(file.steps)} steps from {file.steps[0]} to {file.steps[-1]}, none of which "
            f"is among the spec's `want.steps` (from {golden.steps[0]} to {golden.steps[-1]}): "
            "record some of those, or ask the spec for these"
        )
