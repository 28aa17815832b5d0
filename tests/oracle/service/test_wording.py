"""Words on pages are right, short, and escaped."""

from __future__ import annotations

import json

import pytest

from oracle.service import wording
from oracle.service.job import Job, JobKind, JobState
from oracle.spec import parse_spec
from oracle.spec_fields import Methods, Problems


def test_every_method_and_problem_of_a_spec_has_words() -> None:
    """What the spec takes and what the search offers are the same names."""

    def names(union: object, field: str) -> set[str]:
        classes = union.__args__  # type: ignore[attr-defined] # a union of classes
        return {name for one in classes for name in one.model_fields[field].annotation.__args__}

    assert names(Methods, "name") == set(wording.METHODS)
    assert names(Problems, "kind") == set(wording.PROBLEMS)


@pytest.mark.parametrize(
    ("want", "words"),
    [
        ({"kind": "iterates", "steps": [0, 5]}, "2 iterates of heavy ball on regression, 30 digits"),
        ({"kind": "iterates", "steps": [5]}, "iterates of heavy ball on regression, 30 digits"),
        ({"kind": "limit"}, "limit of heavy ball on regression, 30 digits"),
    ],
)
def test_spec_is_told_in_a_line(want: dict[str, object], words: str) -> None:
    """What is wanted, of which method, on which problem, how precisely."""
    spec = {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": [["1"]], "y": ["1"]},
        "model": "linear",
        "init": {"beta": "0"},
        "method": {"name": "heavy_ball", "step_size": "0.1", "momentum": "0.9"},
        "want": want,
        "digits": 30,
    }
    text = parse_spec(json.dumps(spec)).canonical_json
    assert wording.spec_words(text) == words
    job = Job("0" * 32, JobKind.CHECK, "", {"spec": text, "name": "run.npz"})
    assert wording.job_title(job) == f"Check of run.npz: {words}"


def test_large_spec_is_not_read_for_a_line_about_it() -> None:
    """A list of fifty jobs must not parse fifty large texts."""
    assert wording.spec_words("not JSON " * 20_000) == "a large spec"


@pytest.mark.parametrize(
    ("kind", "title"), [(JobKind.GOLDEN, "Golden"), (JobKind.CHECK, "Check of a candidate")]
)
def test_job_whose_long_spec_was_forgotten_has_a_title(kind: JobKind, title: str) -> None:
    """The book drops a long payload once the job is finished."""
    assert wording.job_title(Job("", kind, "", {}, state=JobState.DONE)) == title


def test_every_state_has_words() -> None:
    """And no two the same."""
    said = {wording.job_words(Job("", JobKind.CLAIMS, "", {}, state=state)) for state in JobState}
    assert len(said) == len(JobState)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12 kB"), (3_400_000, "3.4 MB")],
)
def test_sizes_are_short(count: int, words: str) -> None:
    """Two digits and a unit."""
    assert wording.size(count) == words


def test_moments_are_in_utc_whatever_they_came_as() -> None:
    """Seconds since 1970 and ISO 8601 with or without a fraction."""
    assert wording.moment(0.0 + 86_400 * 365) == "1 Jan 1971, 00:00 UTC"
    assert wording.moment("2026-11-21T18:05:59+00:00") == "21 Nov 2026, 18:05 UTC"


def test_page_of_a_result_is_its_address_without_the_version() -> None:
    """Both interfaces name things alike."""
    assert wording.page_of("/v1/checks/ab") == "/checks/ab"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (43_200, "12 hours"),
        (3_600, "1 hour"),
        (5_400, "90 minutes"),
        (60, "1 minute"),
        (3_601, "3601 seconds"),
        (1, "1 second"),
    ],
)
def test_spans_of_time_are_exact(seconds: int, words: str) -> None:
    """In the largest unit that they are a multiple of."""
    assert wording.time_span(seconds) == words


def test_addresses_for_programs_become_links_to_pages() -> None:
    """Those alone that are a page too, escaped like everything else."""
    shown = str(wording.paged("see /v1/goldens, `/docs` and <b>/jobs; not /v1/jobs/1, /v1/claims, a/docs"))
    assert shown == (
        'see <a href="/goldens">/goldens</a>, <code><a href="/docs">/docs</a></code> and &lt;b&gt;'
        '<a href="/jobs">/jobs</a>; not /v1/jobs/1, /v1/claims, a/docs'
    )
