"""Planted faults for the fuzz run: a flipped verdict, a crash and an unannounced error are found."""

from __future__ import annotations

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest

from oracle.spec import spec_from
from tests.service.fuzz import Tally, judged
from tests.service.fuzz_inputs import KINDS, Input, inputs
from tests.service.http_client import Answer
from tests.service.specimens import Specimen, corpus, polynomial, regression
from tests.service.upload_mutations import moved, repacked
from tests.service.verdicts import REFUSED, local_verdict

PROBLEM = {"content-type": "application/problem+json"}


def problem(status: int, name: str, detail: str = "") -> Answer:
    """Return a problem document."""
    return Answer(status, PROBLEM, json.dumps({"type": f"/problems/{name}", "detail": detail}).encode())


def specimen(seed: int = 3) -> Specimen:
    """Return a small spec with an honest run."""
    return polynomial(random.Random(seed))


@pytest.mark.parametrize("make", [polynomial, regression])
def test_honest_run_agrees_and_a_moved_number_does_not(make: Any) -> None:
    """The runs are right by construction; one number moved by 2⁻²⁰ of itself or more never passes."""
    source = random.Random(5)
    for _ in range(4):
        made = make(source)
        found = [
            local_verdict(made.body, change(made.run, source), {}, 2**24) for change in (repacked, moved)
        ]
        assert found[0] == "AGREES"
        assert found[1] in ("DISAGREES", "UNDECIDED")


def test_corpus_has_every_kind_and_is_valid() -> None:
    """Every kind of problem and of want is mutated from a spec that is one."""
    specs = [spec_from(spec).canonical for spec in corpus()]
    assert {spec["problem"]["kind"] for spec in specs} == {
        "regression",
        "sparse_regression",
        "scalar_product",
        "polynomial",
    }
    assert {spec["want"]["kind"] for spec in specs} == {"iterates", "flow", "limit", "integrals", "kkt"}


def test_inputs_are_the_same_for_the_same_seed() -> None:
    """A failing input comes again."""
    drawn = []
    for _ in range(2):
        source = inputs(random.Random(1), [specimen()], ["token"])
        drawn.append([(asked.kind, asked.path, asked.candidate) for asked in islice(source, 300)])
    assert {kind for kind, _, _ in drawn[0]} == set(KINDS)
    assert [one[:2] for one in drawn[0]] == [one[:2] for one in drawn[1]]


@pytest.mark.parametrize(
    ("must", "answer", "found"),
    [
        ("AGREES", {"verdict": "DISAGREES"}, "it must be AGREES"),
        ("not AGREES", {"verdict": "AGREES"}, "it must be not AGREES"),
        ("", {"verdict": "DISAGREES"}, "the service says DISAGREES, the judge here AGREES"),
        ("", problem(500, "internal-error"), "500"),
        ("", problem(500, "worker-lost", "signal SIGSEGV"), "500"),
        ("", Answer(404, {}, b"not found"), "404 without a problem document"),
    ],
)
def test_fuzz_finds_a_wrong_answer(must: str, answer: Any, found: str) -> None:
    """A flipped verdict, a crash and an error that is no problem document are failures."""
    made, tally = specimen(), Tally()
    given = Input("right run", "POST", "/v1/checks", specimen=made, candidate=made.candidate, must=must)
    reply = answer if isinstance(answer, Answer) else Answer(200, {}, json.dumps(answer).encode())
    with ThreadPoolExecutor(1) as judges:
        asyncio.run(judged(given, reply, judges, tally))
    assert any(found in wrong for wrong in tally.wrong)
    assert tally.failing[0]["kind"] == "right run"


@pytest.mark.parametrize(
    "answer",
    [
        problem(503, "overloaded"),
        problem(504, "timed-out"),
        problem(500, "worker-lost", "more memory than allowed"),
    ],
)
def test_fuzz_takes_announced_problems(answer: Answer) -> None:
    """A busy server, a timeout and the memory limit are as described."""
    tally = Tally()
    with ThreadPoolExecutor(1) as judges:
        asyncio.run(judged(Input("spec", "POST", "/v1/goldens"), answer, judges, tally))
    assert tally.wrong == []


def test_file_that_cannot_be_compared_is_refused_here_too() -> None:
    """An answer that accepts it would stand against this."""
    assert local_verdict(specimen().body, b"no archive", {}, 2**24) == REFUSED
