"""Damaged files of every kind: whatever is read afterwards is right, or a problem with a name."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.service.claims_ledger import ClaimsLedger
from oracle.service.settings import ServiceSettings
from oracle.service.tokens import Scope, TokenFile
from tests.service.damages import DAMAGES, TARGETS, damage
from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON, Answer, Ask, form_of
from tests.service.in_process import InProcess
from tests.service.specimens import npz, polynomial

__all__ = ["Truth", "expectation", "prepared", "run", "wrong_answers"]

NAMED = {
    "damaged-record", "missing-record", "store-unusable", "not-found", "unauthorised", "forbidden",
}  # fmt: skip
ADVISED = ("move it away", "move the file away", "restore", "rebuild", "set-aside", "put it back")
WHAT_A_CHECK_SAYS = ("id", "verdict", "spec_digest", "golden", "candidate_sha256", "report")
Question = tuple[str, Answer, Callable[[Answer], bool]]
"""What is asked, the answer, and the test whether that is right."""
REFUSALS = (DamagedRecordError, MissingRecordError, StoreError)


@dataclass(frozen=True)
class Truth:
    """What an undamaged server answers.

    Parameters
    ----------
    secret : str
        Of a token that may do everything.
    answers : mapping of path to bytes
    specs : mapping of digest to spec
    checks : mapping of identifier to body, headers and verdict
    """

    secret: str
    answers: dict[str, bytes] = field(default_factory=dict)
    specs: dict[str, bytes] = field(default_factory=dict)
    checks: dict[str, tuple[bytes, dict[str, str], str]] = field(default_factory=dict)


def run(setting: Setting) -> Findings:
    """Damage one thing at a time, before or after the server's start, and read everything."""
    found, source, base = Findings(), random.Random(setting.seed), setting.folder / "base"
    truth = prepared(base, setting.size(8, 3), source)
    outcomes: Counter[str] = Counter()
    trials, done = setting.size(400, 24), 0
    names = [(target, name) for target in TARGETS for name in DAMAGES]
    while done < trials:
        (target, name), at_rest = names[source.randrange(len(names))], source.random() < 0.6
        folder = setting.folder / "trial"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder)
        outcome, wrong = _trial(folder, truth, at_rest, partial(damage, folder, target, name, source))
        if not outcome:
            continue
        done += 1
        outcomes[outcome] += 1
        when = "at rest" if at_rest else "under a running server"
        found.fail(f"{target}, {name}, {when} (trial {done}): {what}" for what in wrong)
        setting.tell(f"{done} of {trials}, {len(found.failures)} wrong")
    found.details |= {"outcomes": dict(outcomes)}
    wrong_count = len(found.failures)
    found.add(
        "damaged files (bits, ends, blocks, swaps, rows), everything read afterwards",
        f"{trials} trials: {', '.join(f'{count} {what}' for what, count in outcomes.most_common())}",
    )
    found.add(
        "wrong digits, wrong verdicts, unnamed faults among them", str(wrong_count), "0", not wrong_count
    )
    return found


def settings(folder: Path) -> ServiceSettings:
    """Return the settings of a server below a folder."""
    return ServiceSettings(folder / "store", folder / "data", folder / "claims", workers=1)


def prepared(folder: Path, count: int, source: random.Random) -> Truth:
    """Fill a folder with goldens, jobs, checks, reports, a ledger and a token; return what is true of them."""
    _, secret = TokenFile(folder / "data" / "tokens.json").create("evidence", list(Scope))
    ClaimsLedger(folder / "data" / "claims").keep(b'{"claims": []}', b"<p>none</p>")
    truth, allowed = Truth(secret), {"Authorization": f"Bearer {secret}"}
    with InProcess(settings(folder)) as ask:
        for place in range(count):
            specimen = polynomial(source)
            golden = ask("POST", "/v1/goldens?wait=60", specimen.body, JSON | allowed)
            truth.specs[golden.json()["digest"]] = specimen.body
            assert specimen.run is not None
            arrays = dict(specimen.run)
            if place % 2:
                arrays["b"] = arrays["b"] * (1 + 2.0**-20)
            content, headers = form_of(specimen.body, npz(arrays))
            told = ask("POST", "/v1/checks?wait=60", content, headers | allowed).json()
            truth.checks[told["id"]] = (content, headers, told["verdict"])
        for path in _paths(truth, ask, allowed):
            truth.answers[path] = ask("GET", path, headers=allowed).body
    return truth


def wrong_answers(ask: Ask, truth: Truth, remade: bool = False) -> tuple[list[str], int]:
    """Read everything; return what is wrong, and how many answers were problems with a name.

    Parameters
    ----------
    ask : Ask
    truth : Truth
    remade : bool
        Whether a file was deleted that can be made again, and says the same then, at another time.
    """
    wrong, named = [], 0
    for what, answer, right in expectation(ask, truth, remade):
        if not answer.problem and right(answer):
            continue
        if answer.problem in NAMED:
            named += 1
        else:
            wrong.append(f"{what} is answered with {answer.status} {answer.body[:200]!r}")
    return wrong, named


def expectation(ask: Ask, truth: Truth, remade: bool) -> list[Question]:
    """Return every question with its answer and the test whether that is right."""
    allowed = {"Authorization": f"Bearer {truth.secret}"}
    asked: list[Question] = [
        (path, ask("GET", path, headers=allowed), partial(_same, truth, path, remade))
        for path in truth.answers
    ]
    for digest, spec in truth.specs.items():
        answer = ask("POST", "/v1/goldens?wait=60", spec, JSON | allowed)
        asked.append((f"the spec of {digest}", answer, partial(_says, "digest", digest)))
    for identifier, (content, headers, verdict) in truth.checks.items():
        answer = ask("POST", "/v1/checks?wait=60", content, headers | allowed)
        asked.append((f"the check {identifier}", answer, partial(_says, "verdict", verdict)))
    return asked


def _same(truth: Truth, path: str, remade: bool, answer: Answer) -> bool:
    """Tell whether an answer is the one of an undamaged server, or says the same where it may be made again."""
    if answer.status == 200 and answer.body == truth.answers[path]:
        return True
    if path.startswith("/v1/goldens?"):  # what the index says: it finds goldens, and vouches for none
        return isinstance(answer.json()["goldens"], list)
    if not remade:
        return False
    if path.startswith("/v1/reports/"):
        return f"<title>{truth.checks[path.rpartition('/')[2]][2]}:" in answer.body.decode()
    if path.startswith("/v1/checks/"):
        return all(answer.json()[name] == json.loads(truth.answers[path])[name] for name in WHAT_A_CHECK_SAYS)
    return path == "/v1/claims" and answer.status == 202  # it is being made again


def _says(name: str, value: str, answer: Answer) -> bool:
    return bool(answer.status == 200 and answer.json()[name] == value)


def _paths(truth: Truth, ask: Ask, allowed: dict[str, str]) -> list[str]:
    paths = [f"/v1/goldens/{digest}{end}" for digest in truth.specs for end in ("", "/record")]
    paths += [f"/v1/checks/{identifier}" for identifier in truth.checks]
    paths += [f"/v1/reports/{identifier}" for identifier in list(truth.checks)[:2]]
    jobs = ask("GET", "/v1/jobs", headers=allowed).json()["jobs"]
    return [*paths, *(f"/v1/jobs/{job['id']}" for job in jobs), "/v1/claims", "/v1/goldens?limit=1000"]


def _trial(folder: Path, truth: Truth, at_rest: bool, harm: Callable[[], bool]) -> tuple[str, list[str]]:
    """Carry out one trial; return how it went, empty where there was nothing to damage, and what is wrong."""
    kept = set(folder.glob("data/**/*.*"))
    if at_rest and not harm():
        return "", []
    try:
        with InProcess(settings(folder)) as ask:
            if not at_rest:
                wrong, _ = wrong_answers(ask, truth)
                if wrong or not harm():
                    return "", wrong
            remade = any(not path.exists() or path.stat().st_size == 0 for path in kept)
            wrong, named = wrong_answers(ask, truth, remade)
            again, _ = wrong_answers(ask, truth, remade)
            return "answered with named problems" if named else "answered right", wrong + again
    except REFUSALS as error:
        advised = any(advice in str(error).lower() for advice in ADVISED)
        return "refused at the start, with advice", [] if advised else [f"no advice at the start: {error}"]
    except RuntimeError as error:
        return "failed at the start", [f"the server does not start: {str(error)[-500:]}"]
