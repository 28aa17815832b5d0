"""Verdicts made here, on the same bytes, by the judge alone: what the service's are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from oracle.candidate_file import CandidateError, read_candidate_bytes
from oracle.goldens import compute_golden
from oracle.records.candidate import Declaration
from oracle.records.golden import Golden
from oracle.spec import parse_spec
from oracle.verdict import judge

__all__ = ["REFUSED", "local_verdict"]

REFUSED = "refused"


def local_verdict(spec: bytes, candidate: bytes, declared: Mapping[str, str], most_bytes: int) -> str:
    """Return the verdict on a candidate's bytes, `REFUSED` where they cannot be compared.

    The golden is computed here, not taken from the service's store; neither envelope nor diagnosis is made, for no
    verdict depends on the drawing of one or on the other.
    """
    golden = _golden(spec)
    try:
        file = read_candidate_bytes(candidate, "candidate", most_bytes)
        kept: dict[str, Any] = {name: value for name, value in declared.items() if value}
        declaration = replace(Declaration(dtype=kept.pop("dtype", "") or file.dtype()), **kept)
        known = {*golden.arrays, *(f"p_{name}" for name in golden.spec["init"])}
        if not set(file.arrays) <= known or set(file.steps).isdisjoint(golden.steps):
            return REFUSED
        found = judge(golden, file.arrays, declaration, file.steps, draw_envelope=False, diagnose=False)
    except CandidateError:
        return REFUSED
    return str(found.outcome)


@lru_cache(maxsize=64)
def _golden(spec: bytes) -> Golden:
    return compute_golden(parse_spec(spec))
