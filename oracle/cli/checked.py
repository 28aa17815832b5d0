"""A check made on this machine or by a server: the same words, the same JSON, the same reports."""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracle.cli.progress import Advance
from oracle.cli.server_choice import ServerChoice

if TYPE_CHECKING:
    from oracle.report.comparison import Comparison
    from oracle.report.told import Told
    from oracle.spec import Spec

__all__ = ["Checked", "Declared", "check_by_server", "check_here"]


@dataclass(frozen=True)
class Declared:
    """What is said of the candidate's arithmetic; empty where it is left to its default."""

    dtype: str
    form: str
    accumulate: str
    operands: str
    state: str


@dataclass(frozen=True)
class Checked:
    """A check that was made.

    Parameters
    ----------
    comparison : dict
        What `--json` prints.
    told : Told
        The same, as it is told in words.
    html, junit : callable
        Return the report for people, and that for CI.
    """

    comparison: dict[str, Any]
    told: Told
    html: Callable[[], str]
    junit: Callable[[], str]


def check_here(
    spec: Spec, candidate: Path, declared: Declared, store: Path | None, progress: Advance
) -> Checked:
    """Judge the candidate on this machine.

    Raises
    ------
    oracle.candidate_file.CandidateError
        If it cannot be compared.
    """
    from oracle.check import CheckRequest, check
    from oracle.report.html import render_html
    from oracle.report.json_report import comparison_json
    from oracle.report.junit import render_junit
    from oracle.report.told import told_from
    from oracle.store import Store

    request = CheckRequest(spec, candidate, **asdict(declared))
    made = check(request, Store(store), progress)
    comparison = comparison_json(made)
    return Checked(
        comparison,
        told_from(comparison),
        lambda: render_html(_report(made)),
        lambda: render_junit(_report(made)),
    )


def check_by_server(
    server: ServerChoice, spec: Spec, candidate: Path, declared: Declared, progress: Advance
) -> Checked:
    """Have a server judge the candidate.

    Raises
    ------
    oracle.client.errors.ClientError
        If it cannot be asked, or answers what cannot be read.
    """
    from oracle.client.answers import printable
    from oracle.client.errors import ServerAnswerError
    from oracle.report.junit import render_account
    from oracle.report.told import told_from

    client = server.client()
    with client:
        answer = client.check(spec, candidate, asdict(declared), progress=progress)
    comparison = {
        **answer.comparison,
        "candidate": candidate.name,
    }  # the same bytes may have had another name there
    try:
        told = told_from(printable(comparison))
    except (ValueError, RecursionError) as error:
        raise ServerAnswerError(
            f"`{client.url}` answered with a verdict that this version cannot read: {error}; install the version of the "
            "server here, or look at it there: " + answer.report
        ) from error
    judged_by = {"server": client.url, "report": answer.report}

    def html() -> str:
        with client:
            return client.report(answer.id)

    return Checked(
        comparison, told, html, lambda: render_account(f"check of {candidate.name}", told, judged_by)
    )


def _report(made: Comparison) -> Any:
    """Return the report of one comparison."""
    from oracle.report.comparison import Report
    from oracle.versions import versions

    return Report(f"check of {made.candidate}", (made,), (), versions(), made.verdict.seconds)
