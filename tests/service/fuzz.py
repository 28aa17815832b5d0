"""A hundred thousand inputs that nobody should send: no crash, no unannounced error, no wrong verdict."""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from oracle.service.claims_ledger import ClaimsLedger
from oracle.service.limits import Limits
from oracle.service.settings import ServiceSettings
from oracle.service.tokens import Scope, TokenFile
from tests.service.figures import Findings, Setting
from tests.service.fuzz_inputs import Input, inputs
from tests.service.http_client import JSON, Answer
from tests.service.in_process import InProcess
from tests.service.journal import verified
from tests.service.sockets import through_sockets
from tests.service.specimens import Specimen, polynomial, regression
from tests.service.verdicts import local_verdict

__all__ = ["LIMITS", "Tally", "fuzzed", "judged", "run"]

LIMITS = Limits(
    steps=400, digits=60, times=20, horizon=50, order=4, samples=50, coordinates=50, numbers=20_000, number_bits=2048,
    body_bytes=2**21, unpacked_bytes=2**24, job_seconds=15, job_memory_bytes=2**30,
)  # fmt: skip
MEMORY = "memory"
ANNOUNCED = ("overloaded", "timed-out", "store-unusable")
AT_ONCE = 24
LONGEST_KEPT = 3000


@dataclass
class Tally:
    """What came of the inputs.

    Parameters
    ----------
    outcomes : counter of kind and outcome
    wrong : list of str
    failing : list of JSON
        The inputs that something went wrong with.
    verdicts : int
        How many were held against one made here.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failing: list[dict[str, Any]] = field(default_factory=list)
    verdicts: int = 0

    def fail(self, asked: Input, what: str) -> None:
        """Write down what went wrong, with the input."""
        self.wrong.append(f"{asked.kind}: {what}")
        told: dict[str, Any] = {"kind": asked.kind, "method": asked.method, "path": asked.path, "wrong": what}
        told["headers"] = {name: value[:300] for name, value in asked.headers.items()}
        self.failing.append(told | {"body": base64.b64encode(asked.body[:LONGEST_KEPT]).decode()})


def run(setting: Setting) -> Findings:
    """Ask everything, in process and through sockets."""
    found, source, tally = Findings(), random.Random(setting.seed), Tally()
    specimens = [polynomial(source) for _ in range(12)] + [regression(source) for _ in range(3)]
    settings = ServiceSettings(
        setting.folder / "store", setting.folder / "data", setting.folder / "claims",
        workers=len(os.sched_getaffinity(0)), limits=LIMITS,
    )  # fmt: skip
    ClaimsLedger(settings.data / "claims").keep(b'{"claims": []}', b"<p>none</p>")
    count, began = setting.size(100_000, 300), time.monotonic()
    with InProcess(settings) as app, _judges() as judges:
        for specimen in specimens:
            app("POST", "/v1/goldens?wait=60", specimen.body, JSON)
        app.run(
            fuzzed(app, count, inputs(source, specimens, ["mo_" + "a" * 43]), judges, tally, setting.tell),
            None,
        )
        if app("GET", "/healthz").status != 200:
            tally.wrong.append("the server does not answer any more")
        losses = [line for line in app.log.splitlines() if '"worker lost"' in line]
    seconds = time.monotonic() - began
    _guarded(setting, specimens, settings, tally)
    sent, odd = through_sockets(setting, random.Random(setting.seed + 1), specimens)
    tally.wrong += odd
    tally.wrong += verified(settings.store)
    _report(found, tally, count, seconds, losses, sent)
    return found


async def fuzzed(
    app: InProcess, count: int, source: Iterator[Input], judges: Executor, tally: Tally, tell: Any
) -> None:
    """Ask so many inputs, some at a time, and judge every answer."""
    left = iter(range(count))

    async def asking() -> None:
        for number in left:
            asked = next(source)
            try:
                answer = await asyncio.wait_for(
                    app.ask(asked.method, asked.path, asked.body, asked.headers), 90
                )
            except Exception as error:  # the application must answer whatever it is asked
                tally.outcomes[f"{asked.kind}: no answer"] += 1
                tally.fail(asked, f"no answer: {type(error).__name__}: {error}")
                continue
            await judged(asked, answer, judges, tally)
            if number % 100 == 0:
                tell(f"{number} of {count}, {len(tally.wrong)} wrong, {tally.verdicts} verdicts compared")

    await asyncio.gather(*(asking() for _ in range(AT_ONCE)))


async def judged(asked: Input, answer: Answer, judges: Executor, tally: Tally) -> None:
    """Hold one answer to what must be."""
    verdict = answer.json()["verdict"] if asked.candidate and answer.status == 200 else ""
    tally.outcomes[f"{asked.kind}: {answer.problem or verdict or answer.status}"] += 1
    if answer.status >= 500 and answer.problem not in ANNOUNCED and not _of_memory(answer):
        tally.fail(asked, f"{answer.status} {answer.body[:400]!r}")
    if answer.status >= 400 and not answer.problem and asked.method != "HEAD" and not _is_page(asked, answer):
        tally.fail(asked, f"{answer.status} without a problem document: {answer.body[:200]!r}")
    if (
        asked.must
        and (verdict == "AGREES") is not (asked.must == "AGREES")
        and answer.problem not in ANNOUNCED
    ):
        tally.fail(asked, f"{answer.status} {verdict or answer.body[:300]!r}; it must be {asked.must}")
    if verdict and asked.specimen is not None:
        loop = asyncio.get_running_loop()
        given = (asked.specimen.body, asked.candidate, dict(asked.declared), LIMITS.unpacked_bytes)
        here = await loop.run_in_executor(judges, local_verdict, *given)
        tally.verdicts += 1
        if here != verdict:
            tally.fail(asked, f"the service says {verdict}, the judge here {here}")


def _of_memory(answer: Answer) -> bool:
    return answer.problem == "worker-lost" and MEMORY in answer.json()["detail"]


def _is_page(asked: Input, answer: Answer) -> bool:
    """Tell whether an answer is a page for people, which says on itself what was wrong."""
    return not asked.path.startswith("/v1/") and answer.headers.get("content-type", "").startswith(
        "text/html"
    )


def _judges() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _guarded(setting: Setting, specimens: list[Specimen], settings: ServiceSettings, tally: Tally) -> None:
    """Ask a server with tokens: nothing but health, readiness, description and help is told without a valid one."""
    tokens = TokenFile(settings.data / "tokens.json")
    _, reader = tokens.create("reader", [Scope.READ])
    _, checker = tokens.create("checker", [Scope.CHECK])
    source = random.Random(setting.seed + 2)
    valid = {f"Bearer {secret}" for secret in (reader, checker)}
    drawn = (asked for asked in inputs(source, specimens, [reader, checker]) if asked.kind == "head")
    with InProcess(settings) as app:
        for _ in range(setting.size(5000, 50)):
            asked = next(drawn)
            answer = app(asked.method, asked.path, asked.body, asked.headers)
            given = " ".join(asked.headers.get("Authorization", "").split())
            known = any(given.lower() == one.lower() and given.endswith(one[7:]) for one in valid)
            tally.outcomes[f"head, with tokens: {answer.problem or answer.status}"] += 1
            if answer.status >= 500:
                tally.fail(asked, f"with tokens: {answer.status} {answer.body[:300]!r}")
            if answer.status == 200 and asked.path.startswith(("/v1/", "/metrics")) and not known:
                tally.fail(asked, f"answered with 200 to `{given}`, which is no token")


def _report(
    found: Findings, tally: Tally, count: int, seconds: float, losses: list[str], sent: Counter[str]
) -> None:
    told = sum(tally.outcomes.values()) + sum(sent.values())
    signals = Counter(_how_lost(json.loads(line)["how"]) for line in losses)
    crashed = any(": no answer: " in line for line in tally.wrong)
    found.fail(tally.wrong)
    found.details |= {
        "outcomes": dict(tally.outcomes.most_common()), "through_sockets": dict(sent.most_common()),
        "workers_lost": dict(signals), "failing_inputs": tally.failing[:20], "in_process_seconds": round(seconds, 1),
    }  # fmt: skip
    wrong = len(tally.wrong)
    found.add(
        "fuzzed specs, uploads, forms, tokens, heads",
        f"{told}, {count / seconds:.0f}/s",
        "≥ 100000",
        told >= 100_000,
    )
    found.add("crashes, unannounced errors and wrong verdicts among them", str(wrong), "0", not wrong)
    agrees = sum(n for what, n in tally.outcomes.items() if what.endswith(": AGREES"))
    found.add(
        "verdicts held against one made outside the service", f"{tally.verdicts}, {agrees} of them AGREES"
    )
    computed = tally.outcomes["spec: 200"] + tally.outcomes["spec bytes: 200"]
    refused = sum(
        n
        for what, n in tally.outcomes.items()
        if what.endswith((": bad-spec", ": beyond-limits", ": bad-candidate"))
    )
    found.add("of them goldens computed; refused with a reason", f"{computed}; {refused}")
    of_memory = signals.pop(MEMORY, 0)
    found.add(
        "workers lost; ended by the memory limit, and their tasks done by others",
        f"{sum(signals.values())} {dict(signals) or ''}; {of_memory}".replace(" ;", ";"),
        "0 lost",
        not signals and not crashed,
    )


def _how_lost(how: str) -> str:
    """Return how a worker was lost: by the memory limit, by a signal, or as it says."""
    return MEMORY if MEMORY in how else how.partition("(")[2].partition(")")[0] or how
