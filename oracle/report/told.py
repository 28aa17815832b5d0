"""A comparison as its JSON tells it: everything that is said of it in words, without its golden and its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from oracle.diagnosis.diagnosis import Diagnosis
from oracle.findings import Finding, Outcome
from oracle.localisation import Localisation
from oracle.records.candidate import Declaration
from oracle.report.facts import Facts, FinalError
from oracle.verdict import Verdict

__all__ = ["Told", "told_from"]


@dataclass(frozen=True)
class Told:
    """What is told of one comparison.

    Parameters
    ----------
    candidate, method, dtype : str
    golden : str
        Digest.
    grade : str
        Of the golden; may be empty.
    verdict : Verdict
        Without curves.
    facts : Facts
    run_seconds : float or None
    """

    candidate: str
    method: str
    dtype: str
    golden: str
    grade: str
    verdict: Verdict
    facts: Facts
    run_seconds: float | None

    @property
    def title(self) -> str:
        """Candidate, method and dtype in one line."""
        return f"{self.candidate} · {self.method} · {self.dtype}"


def told_from(told: Mapping[str, Any]) -> Told:
    """Return what the JSON of a comparison tells.

    Parameters
    ----------
    told : mapping
        As `oracle.report.json_report.comparison_json` gives it; fields that are not known are passed over.

    Raises
    ------
    ValueError
        If it is no such JSON.
    """
    try:
        return Told(
            candidate=str(told["candidate"]),
            method=str(told["method"]),
            dtype=str(told["dtype"]),
            golden=str(told["golden"]),
            grade=str(told.get("grade", "")),
            verdict=_verdict(told),
            facts=_facts(told),
            run_seconds=told["seconds"]["run"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the comparison cannot be read ({type(error).__name__}: {error})") from error


def _verdict(told: Mapping[str, Any]) -> Verdict:
    return Verdict(
        outcome=Outcome(told["verdict"]),
        findings=tuple(_finding(entry) for entry in told["findings"]),
        declaration=_filled(Declaration, told["declaration"]),
        curves=None,
        seconds=float(told["seconds"]["check"]),
        localisation=_filled(Localisation, told.get("localisation")),
        diagnosis=_diagnosis(told.get("diagnosis")),
    )


def _finding(told: Mapping[str, Any]) -> Finding:
    figures = {name: _number(told.get(name)) for name in ("bound", "excess")}
    return _filled(Finding, {**told, **figures, "outcome": Outcome(told["outcome"])})  # type: ignore[no-any-return]


def _diagnosis(told: Mapping[str, Any] | None) -> Diagnosis | None:
    if told is None:
        return None
    figures = {name: _number(told[name]) for name in ("largest_ratio", "runner_up_ratio")}
    return _filled(Diagnosis, {**told, **figures, "names": tuple(told["names"])})  # type: ignore[no-any-return]


def _facts(told: Mapping[str, Any]) -> Facts:
    largest = told["largest_local_error"]
    errors = tuple(
        FinalError(entry["observable"], float(entry["absolute"]), _number(entry["relative"]))
        for entry in told["final_errors"]
    )
    return Facts(_number(largest["in_bounds"]), largest["step"], told.get("final_step"), errors)


def _filled(kind: type[Any], told: Mapping[str, Any] | None) -> Any:
    """Return a dataclass of the fields told that it has; None for nothing."""
    if told is None:
        return None
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in told.items() if name in known})


def _number(told: Any) -> float | None:
    """Return a figure; infinities and NaN are told as text."""
    return None if told is None else float(told)
