"""One failure, one code: what is told over HTTP is what the command line would have left with."""

from __future__ import annotations

from itertools import chain

import click
import pytest

from oracle.cli.errors import exit_of
from oracle.goldens import UnstoredGoldenError
from oracle.service.job_book import DamagedBookError
from oracle.service.problems import ANNOUNCED, KINDS, Problem, ProblemError, document, problem_of

EXCEPTIONS = (*chain.from_iterable(types for types, _ in ANNOUNCED), UnstoredGoldenError, DamagedBookError)
STATUS = {  # as the description of the interface has them
    "malformed-request": 400, "unauthorised": 401, "forbidden": 403, "not-found": 404, "method-not-allowed": 405,
    "too-slow": 408, "job-finished": 409, "cancelled": 409, "too-large": 413, "unsupported-media-type": 415,
    "bad-spec": 422, "bad-candidate": 422, "cannot-be-computed": 422, "beyond-limits": 422, "too-many-jobs": 429,
    "worker-lost": 500, "damaged-record": 500, "missing-record": 500, "certificate-violated": 500,
    "internal-error": 500, "overloaded": 503, "timed-out": 504, "store-unusable": 507,
}  # fmt: skip


@pytest.mark.parametrize("kind", [*EXCEPTIONS, ZeroDivisionError], ids=lambda kind: kind.__name__)
def test_exit_code_is_that_of_the_command_line(
    kind: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    """For every exception that is announced, and for one that is not."""
    error = kind.__new__(kind, "planted")
    left_with = exit_of(error)
    assert isinstance(left_with, click.exceptions.Exit)
    assert problem_of(error).kind.exit_code == left_with.exit_code
    assert "planted" in capsys.readouterr().err or kind is ZeroDivisionError


def test_every_problem_has_the_status_of_the_description() -> None:
    """One table, held against the words of the interface."""
    assert {name: kind.status for name, kind in KINDS.items()} == STATUS


def test_advice_for_what_is_forbidden_tells_every_cause() -> None:
    """A scope, another's job, another site's page, and a name that is not the server's."""
    advice = KINDS["forbidden"].advice
    assert [
        word
        for word in ("scope", "another token", "another site", "`Host`", "--allow-host NAME")
        if word not in advice
    ] == []


def test_fault_keeps_its_words_to_itself() -> None:
    """What an unexpected exception says may hold anything; it is for the log."""
    found = problem_of(RuntimeError("the password is swordfish"))
    assert (found.name, "swordfish" in found.detail) == ("internal-error", False)


def test_memory_error_is_the_tasks_own() -> None:
    """Not a fault of the program."""
    assert problem_of(MemoryError()).name == "worker-lost"


def test_problem_error_carries_its_headers() -> None:
    """On its way through exceptions nothing is lost."""
    error = ProblemError("overloaded", "later", {"Retry-After": "5"})
    assert problem_of(error) == Problem("overloaded", "later", {"Retry-After": "5"})


def test_document_has_the_fields_of_rfc_9457() -> None:
    """And the exit code beside them."""
    assert document(Problem("bad-spec", "why"), "/requests/1") == {
        "type": "/problems/bad-spec",
        "title": "The spec is not valid",
        "status": 422,
        "detail": "why",
        "instance": "/requests/1",
        "exit_code": 2,
    }
