"""What a test asks: of which spec, in what declared arithmetic, against which golden."""

# ruff: noqa: PLC0415 - pydantic is needed where a spec is parsed, and nowhere else

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from typing import Any, TypedDict

from oracle.candidate_file import CandidateError
from oracle.pytest_plugin.goldens_at_hand import AtHand, Goldens, golden_given
from oracle.records.candidate import Declaration
from oracle.records.golden import Golden, canonical_text, sha256_name

__all__ = ["Asked", "Posed", "Question", "canonical_of", "posed", "question_of"]

INPUTS = ("float64", "float32", "bfloat16")  # formats in which a spec may say that its inputs are seen


class Asked(TypedDict, total=False):
    """What may be said beside candidate and spec, all by keyword.

    Parameters
    ----------
    dtype : str
        ``float64``, ``float32``, ``bfloat16`` or ``float16``.  A callable is run in it, by default in float32;
        arrays are by default taken in their own.
    form : str
        ``velocity``, ``position`` or ``buffer``.  Empty: what the candidate declares, else velocity.
    accumulate, operands, state : str
        As in `oracle.records.candidate.Declaration`.  Empty: what the candidate declares.
    declaration : Declaration
        In place of all of these.
    golden : Golden or path of an `.npz`
        In place of the one that the spec leads to; the spec may then be left out.
    steps : sequence of int
        To be recorded, or recorded in the rows of the arrays, in place of those that the spec wants.
    report : bool
        False for a run that belongs in no report and no summary, as a fault that was planted on purpose.
    """

    dtype: str
    form: str
    accumulate: str
    operands: str
    state: str
    declaration: Declaration | None
    golden: Golden | str | PathLike[str] | None
    steps: Sequence[int] | None
    report: bool


@dataclass(frozen=True)
class Question:
    """`Asked`, with what was left out filled in."""

    dtype: str = ""
    form: str = ""
    accumulate: str = ""
    operands: str = ""
    state: str = ""
    declaration: Declaration | None = None
    golden: Golden | str | PathLike[str] | None = None
    steps: Sequence[int] | None = None
    report: bool = True

    def declared(self, otherwise: Declaration) -> Declaration:
        """Return the declaration: the one given, else `otherwise` with every word said here in its place.

        The dtype is no such word: it is what a candidate is asked for, and it may declare that it computes wider.
        """
        if self.declaration is not None:
            return self.declaration
        words = ("form", "accumulate", "operands", "state")
        said = {word: value for word in words if (value := getattr(self, word))}
        return replace(otherwise, **said)


@dataclass(frozen=True)
class Posed:
    """A spec's canonical form and the golden to judge it by."""

    canonical: Mapping[str, Any]
    golden: AtHand


def question_of(asked: Mapping[str, Any]) -> Question:
    """Return the question.

    Raises
    ------
    TypeError
        If a keyword is unknown; the message lists those there are.
    """
    __tracebackhide__ = True
    known = Asked.__annotations__
    unknown = sorted(asked.keys() - known.keys())
    if unknown:
        raise TypeError(f"the oracle was asked with `{unknown[0]}=`; expected some of {', '.join(known)}")
    return Question(**asked)


def canonical_of(spec: Any) -> Mapping[str, Any]:
    """Return the canonical form of a spec: parsed, as JSON has it, or in a file.

    Raises
    ------
    oracle.spec_error.SpecError
        If it is none, or cannot be read.
    CandidateError
        If it is nothing of the kind.
    """
    from oracle.spec import Spec, load_spec, spec_from

    match spec:
        case Spec():
            return spec.canonical
        case Mapping():
            return spec_from(dict(spec)).canonical
        case str() | PathLike():
            return load_spec(spec).canonical  # type: ignore[arg-type]  # PathLike of str
    raise CandidateError(
        f"the spec is a `{type(spec).__name__}`; expected what `oracle.spec(...)` returns, a mapping as in a spec's "
        "JSON, the path of one, or with `golden=` nothing"
    )


def posed(spec: Any, question: Question, goldens: Goldens, handed_in: str = "") -> Posed:
    """Return the canonical spec and its golden.

    Parameters
    ----------
    spec : Spec, mapping, path or None
    question : Question
    goldens : Goldens
    handed_in : str
        The dtype in which we hand the numbers to a candidate.  A spec that leaves `inputs_as` exact is then judged
        on those very numbers; for arrays that come from elsewhere nobody knows how the inputs were seen.

    Raises
    ------
    CandidateError
        If spec and golden do not belong together.

    Notes
    -----
    And what `canonical_of`, `golden_given` and `Goldens.of` raise.
    """
    if question.golden is not None:
        golden = golden_given(question.golden)
        if spec is not None and sha256_name(_text(canonical_of(spec))) != golden.golden.spec_digest:
            raise CandidateError(
                "`golden` answers another spec than the one given: leave the spec out, or take `oracle.golden(spec)`"
            )
        return Posed(golden.golden.spec, golden)
    canonical = canonical_of(spec)
    if question.steps is not None:
        canonical = {**canonical, "want": {"kind": "iterates", "steps": _ascending(question.steps)}}
    if handed_in in INPUTS and canonical["inputs_as"] == "exact":
        canonical = {**canonical, "inputs_as": handed_in}
    return Posed(canonical, goldens.of(canonical, sha256_name(_text(canonical))))


def _ascending(steps: Sequence[int]) -> list[int]:
    found = [int(step) for step in steps]
    if not found or found[0] < 0 or any(b <= a for a, b in pairwise(found)):
        raise CandidateError(f"`steps` is {found!r:.80}; expected strictly ascending integers from 0 on")
    return found


def _text(canonical: Mapping[str, Any]) -> bytes:
    return canonical_text(dict(canonical)).encode()
