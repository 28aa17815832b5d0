"""The client asks as the interface says, follows jobs, and uses nothing that it did not verify."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from email.parser import BytesParser
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.client.checks import upload_of
from oracle.client.client import Client
from oracle.client.errors import (
    AddressError,
    ServerAnswerError,
    ServerProblemError,
    TokenError,
    WrongGoldenError,
)
from oracle.client.messages import Request
from oracle.records.candidate import Declaration
from oracle.records.golden import Golden, canonical_text, golden_json, sha256_name
from oracle.records.npz import npz_bytes
from oracle.spec import Spec
from oracle.spec_error import SpecError

GOLDENS, CHECKS, JOB = "/v1/goldens", "/v1/checks", "/v1/jobs/j1"


def test_golden_is_asked_for_and_verified(
    server: Any, client: Client, replies: Any, told: Any, spec: Spec
) -> None:
    """The canonical spec is posted as JSON; what comes back is the golden, every number of it."""
    server.on("POST", GOLDENS, replies.said(told))
    assert golden_json(client.golden(spec)) == told
    (seen,) = server.seen
    assert json.loads(seen.body) == spec.canonical
    assert (seen.headers["Content-Type"], seen.query) == ("application/json", "wait=10")


@pytest.mark.parametrize(("patience", "asked"), [(15, "wait=5"), (29, "wait=9.67"), (60, "wait=10")])
def test_server_is_asked_to_answer_well_within_our_patience(
    server: Any, replies: Any, told: Any, spec: Spec, patience: float, asked: str
) -> None:
    """Within a third of it, and within ten seconds; what takes longer is a job."""
    server.on("POST", GOLDENS, replies.said(told))
    with Client(server.url, timeout=patience) as client:
        client.golden(spec)
    assert [seen.query for seen in server.seen] == [asked]


def test_spec_may_be_given_in_many_ways(
    server: Any, client: Client, replies: Any, told: Any, spec: Spec, tmp_path: Any
) -> None:
    """A mapping, JSON text, a file and a parsed spec ask the same, and get the same digest each time."""
    path, text = tmp_path / "spec.json", spec.canonical_json
    path.write_text(text)
    server.on("POST", GOLDENS, replies.said(told))
    forms = (spec, spec.canonical, text, text.encode(), path)
    assert {client.golden(given).digest for given in forms} == {told["digest"]}
    assert {seen.body for seen in server.seen} == {text.encode()}


def test_bad_spec_never_leaves(server: Any, client: Client, spec: Spec) -> None:
    """What is wrong with a spec is told here, as the commands tell it."""
    with pytest.raises(SpecError, match="digits"):
        client.golden({**spec.canonical, "digits": 3})
    with pytest.raises(SpecError, match=r"a `int`; expected what `oracle.spec` returns"):
        client.golden(7)  # type: ignore[arg-type]  # the message is what is tested
    assert not server.seen


def altered(told: dict[str, Any]) -> None:
    """Change one digit of one value."""
    told["values"]["u"][1][0] += "1"


def misspelt(told: dict[str, Any]) -> None:
    """Lose a field."""
    del told["radius"]


def renamed(told: dict[str, Any]) -> None:
    """Claim another digest."""
    told["digest"] = "sha256:" + "0" * 64


@pytest.mark.parametrize("fault", [altered, misspelt, renamed], ids=lambda fault: fault.__name__)
def test_altered_golden_is_caught(
    server: Any, client: Client, replies: Any, told: Any, fault: Callable[[dict[str, Any]], None]
) -> None:
    """One changed digit, a lost field or another digest, and nothing of the answer is used."""
    asked = json.loads(json.dumps(told["spec"]))
    fault(told)
    server.on("POST", GOLDENS, replies.said(told))
    with pytest.raises(
        WrongGoldenError, match=r"is not sound, and nothing of it was used: .*damaged or was altered"
    ):
        client.golden(asked)


def test_golden_of_another_spec_is_caught(
    server: Any, client: Client, replies: Any, spec: Spec, other: Golden
) -> None:
    """A sound golden that answers another question is no answer."""
    server.on("POST", GOLDENS, replies.said(golden_json(other)))
    with pytest.raises(WrongGoldenError, match=f"{other.spec_digest} came, {spec.digest} was asked"):
        client.golden(spec)


def test_golden_of_another_digest_is_caught(
    server: Any, client: Client, replies: Any, golden: Golden, other: Golden
) -> None:
    """Asked by digest, a golden must have that digest, as JSON and as a record."""
    at = f"{GOLDENS}/{golden.digest}"
    server.on("GET", at, replies.said(golden_json(other)))
    server.on("GET", f"{at}/record", replies.Reply(200, npz_bytes(other)))
    for ask in (client.golden_of, client.record_of):
        with pytest.raises(WrongGoldenError, match=f"sent the golden {other.digest}, where {golden.digest}"):
            ask(golden.digest)


def test_golden_and_record_are_had_by_digest(
    server: Any, client: Client, replies: Any, golden: Golden
) -> None:
    """The JSON form gives the golden, the record its sealed bytes."""
    at = f"{GOLDENS}/{golden.digest}"
    server.on("GET", at, replies.said(golden_json(golden)))
    server.on("GET", f"{at}/record", replies.Reply(200, npz_bytes(golden)))
    assert golden_json(client.golden_of(golden.digest)) == golden_json(golden)
    assert client.record_of(golden.digest) == npz_bytes(golden)


def test_record_with_a_changed_bit_is_caught(
    server: Any, client: Client, replies: Any, golden: Golden
) -> None:
    """The seal covers every byte."""
    data = bytearray(npz_bytes(golden))
    data[len(data) // 2] ^= 1
    server.on("GET", f"{GOLDENS}/{golden.digest}/record", replies.Reply(200, bytes(data)))
    with pytest.raises(WrongGoldenError, match="do not match their seal"):
        client.record_of(golden.digest)


@pytest.mark.parametrize("digest", ["sha256:12", "../../secret", ""])
def test_digest_must_be_whole(server: Any, client: Client, digest: str) -> None:
    """A beginning of a digest is for people; nothing is asked with it."""
    with pytest.raises(AddressError, match="64 hexadecimal digits"):
        client.golden_of(digest)
    assert not server.seen


def test_job_is_followed_to_its_golden(
    server: Any, client: Client, replies: Any, told: Any, pauses: list[float]
) -> None:
    """202 leads to the job, its progress is told, and its result is fetched; pauses grow and stay bounded."""
    running = replies.job("running", progress={"done": 3, "total": 10})
    place = f"{GOLDENS}/{told['digest']}"
    server.on("POST", GOLDENS, replies.said(replies.job("queued"), 202, Location=JOB))
    server.on("GET", JOB, *[replies.said(running)] * 40, replies.said(replies.job("done", result=place)))
    server.on("GET", place, replies.said(told))
    figures: list[tuple[int, int]] = []
    found = client.golden(told["spec"], lambda *figure: figures.append(figure))
    assert (found.digest, figures) == (told["digest"], [(3, 10)] * 40)
    assert (pauses[0], pauses[-1]) == (0.1, 3.0)
    assert pauses == sorted(pauses)


def test_failed_job_is_the_problem_that_it_states(
    server: Any, client: Client, replies: Any, told: Any
) -> None:
    """The document inside the job is told as if it had been the answer, with its exit code."""
    document = json.loads(replies.problem("certificate-violated", 500, 4).body)
    server.on("POST", GOLDENS, replies.said(replies.job("failed", problem=document), 202))
    with pytest.raises(
        ServerProblemError, match="500 `certificate-violated`: the detail of certificate"
    ) as caught:
        client.golden(told["spec"])
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_job_that_ends_without_a_word_is_told(
    server: Any, client: Client, replies: Any, told: Any, state: str
) -> None:
    """A job that gives neither result nor reason is a problem of its state's name."""
    server.on("POST", GOLDENS, replies.said(replies.job("running"), 202))
    server.on("GET", JOB, replies.said(replies.job(state)))
    with pytest.raises(ServerProblemError, match=f"`{state}`: the job 'j1' {state}"):
        client.golden(told["spec"])


@pytest.mark.parametrize(
    "result", ["http://elsewhere.example/v1/goldens/x", "/v1/../secret", "//elsewhere/v1/"]
)
def test_result_of_a_job_stays_on_the_server(
    server: Any, client: Client, replies: Any, told: Any, result: str
) -> None:
    """No job leads us, and our token, to another place."""
    server.on("POST", GOLDENS, replies.said(replies.job("done", result=result), 202))
    with pytest.raises(ServerAnswerError, match="expected one below `/v1/`"):
        client.golden(told["spec"])
    assert len(server.seen) == 1


def test_pages_of_goldens_are_walked(server: Any, client: Client, replies: Any) -> None:
    """Each page is asked for after the last digest of the one before."""
    first, second = (
        {"goldens": [{"digest": "a"}, {"digest": "b"}], "next": "b"},
        {"goldens": [{"digest": "c"}], "next": None},
    )
    server.on("GET", GOLDENS, replies.said(first), replies.said(second))
    assert [entry["digest"] for entry in client.goldens(page=2)] == ["a", "b", "c"]
    assert [seen.query for seen in server.seen] == ["limit=2", "limit=2&after=b"]


def test_pages_that_lead_back_end(server: Any, client: Client, replies: Any) -> None:
    """A server that repeats a page does not keep us for ever."""
    server.on("GET", GOLDENS, replies.said({"goldens": [], "next": "b"}))
    with pytest.raises(ServerAnswerError, match="which was read already"):
        list(client.goldens())


def test_jobs_are_listed_and_cancelled(server: Any, client: Client, replies: Any) -> None:
    """`jobs` and `cancel` say what the server says; a finished job is a problem by name."""
    server.on("GET", "/v1/jobs", replies.said({"jobs": [replies.job("queued"), replies.job("running")]}))
    server.on("DELETE", JOB, replies.said(replies.job("cancelled")), replies.problem("job-finished", 409))
    assert [job.state for job in client.jobs(limit=5)] == ["queued", "running"]
    assert server.seen[0].query == "limit=5"
    assert client.cancel("j1").state == "cancelled"
    with pytest.raises(ServerProblemError, match="409 `job-finished`"):
        client.cancel("j1")


def test_claims_are_waited_for(server: Any, client: Client, replies: Any) -> None:
    """The first to ask waits for the job; the ledger is what comes."""
    ledger = replies.said({"claims": []})
    server.on(
        "GET",
        "/v1/claims",
        replies.said(replies.job("done", kind="claims", result="/v1/claims"), 202),
        ledger,
    )
    assert client.claims() == {"claims": []}


def check_told(spec: Spec, sha256: str, **changes: Any) -> dict[str, Any]:
    """Return a check's JSON."""
    plain = {
        "id": "c1",
        "verdict": "AGREES",
        "spec_digest": spec.digest,
        "golden": "sha256:" + "1" * 64,
        "candidate_sha256": sha256,
        "report": "/v1/reports/c1",
        "comparison": {"verdict": "AGREES"},
    }
    return {**plain, **changes}


ARRAYS: dict[str, Any] = {"steps": np.arange(3), "u": np.zeros((3, 3)), "v": np.zeros((3, 3))}


def sent(server: Any) -> dict[str, tuple[str, bytes]]:
    """Return the fields of the last form: file name and content by name of the field."""
    head = f"Content-Type: {server.seen[-1].headers['Content-Type']}\r\n\r\n".encode()
    parts: Any = BytesParser().parsebytes(head + server.seen[-1].body).get_payload()
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename() or "",
            part.get_payload(decode=True),
        )
        for part in parts
    }


def test_check_sends_a_form_and_returns_the_verdict(
    server: Any, client: Client, replies: Any, spec: Spec, tmp_path: Any
) -> None:
    """Spec, candidate and what is declared travel as a form; the answer names verdict and report."""
    path = tmp_path / "run.npz"
    np.savez(path, **ARRAYS)
    told = check_told(spec, hashlib.sha256(path.read_bytes()).hexdigest())
    server.on("POST", CHECKS, replies.said(told))
    answer = client.check(spec, path, Declaration(form="buffer", dtype="float32"))
    assert (answer.verdict, answer.report) == ("AGREES", f"{server.url}/v1/reports/c1")
    fields = sent(server)
    assert fields.pop("candidate") == ("run.npz", path.read_bytes())
    assert json.loads(fields.pop("spec")[1]) == spec.canonical
    assert fields == {"dtype": ("", b"float32"), "form": ("", b"buffer")}


def test_arrays_are_sent_as_the_same_file_each_time(
    server: Any, client: Client, replies: Any, spec: Spec
) -> None:
    """The same arrays are the same bytes, so that the same check asked twice is the same check."""
    server.on("POST", CHECKS, replies.Reply(400, b""))
    for _ in range(2):
        with pytest.raises(ServerAnswerError):
            client.check(spec, ARRAYS)
    first, second = (server.seen[i].body.split(b"\r\n", 1)[1][:-40] for i in (0, 1))
    assert sent(server)["candidate"][0] == "arrays.npz"
    with np.load(io.BytesIO(sent(server)["candidate"][1])) as archive:
        assert sorted(archive.files) == ["steps", "u", "v"]
    assert len(first) == len(second)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "FINE"}, "the verdict 'FINE'"),
        ({"comparison": {"verdict": "DISAGREES"}}, "says 'DISAGREES'"),
        ({"candidate_sha256": "0" * 64}, "a check of another candidate"),
        ({"spec_digest": "sha256:" + "0" * 64}, "another spec than the one asked"),
        ({"comparison": None}, "expected a check with `id`"),
        ({"report": 7}, "expected a check with `id`"),
    ],
)
def test_wrong_check_is_caught(
    server: Any, client: Client, replies: Any, spec: Spec, changes: dict[str, Any], message: str
) -> None:
    """A verdict that is none, contradicts itself, or is of another candidate or spec, is not used."""
    told = check_told(spec, upload_of(ARRAYS).sha256)
    server.on("POST", CHECKS, replies.said({**told, **changes}))
    with pytest.raises(ServerAnswerError, match=message):
        client.check(spec, ARRAYS)
    server.script.clear()
    server.on("POST", CHECKS, replies.said(told))
    assert client.check(spec, ARRAYS).verdict == "AGREES"


@pytest.mark.parametrize(
    ("candidate", "declaration", "message"),
    [
        ({"u": np.array([object()])}, None, "`u` has dtype object"),
        ({}, None, "expected the path of an `.npz`"),
        (7, None, "is a `int`"),
        (b"x", {"fma": False}, "`fma=False`"),
        (b"x", {"colour": "red"}, "`colour`; expected some of dtype"),
    ],
)
def test_candidate_that_cannot_be_sent_is_refused(
    server: Any, client: Client, spec: Spec, candidate: Any, declaration: Any, message: str
) -> None:
    """Each is told here, before anything travels."""
    with pytest.raises(CandidateError, match=message):
        client.check(spec, candidate, declaration)
    assert not server.seen


def test_report_is_a_page(server: Any, client: Client, replies: Any) -> None:
    """HTML is handed on as text; anything else is no report."""
    page = replies.Reply(200, "<p>µ</p>".encode(), {"Content-Type": "text/html; charset=utf-8"})
    server.on("GET", "/v1/reports/c1", page, replies.said({}))
    assert client.report("c1") == "<p>µ</p>"
    with pytest.raises(ServerAnswerError, match="expected a page of HTML"):
        client.report("c1")


def test_token_is_sent_and_never_shown(server: Any, replies: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header holds it; no repr of the client, of what it holds, or of an error does."""
    monkeypatch.setenv("MOMENTUM_ORACLE_TOKEN", "hidden.TOKEN")
    server.on("GET", JOB, replies.problem("forbidden", 403))
    with Client(server.url) as client, pytest.raises(ServerProblemError) as caught:
        client.job("j1")
    assert server.seen[0].headers["Authorization"] == "Bearer hidden.TOKEN"
    transport = client._transport
    headers = transport._headers(Request("GET", server.url), "")
    shown = f"{client!r} {vars(client)!r} {vars(transport)!r} {headers!r} {caught.value} {caught.value!r}"
    assert "hidden" not in shown


def test_token_is_not_sent_over_plain_http(alone: None) -> None:
    """Another machine without TLS gets it only where somebody said so; without a token there is nothing to guard."""
    with pytest.raises(TokenError, match="everyone on the way can read it") as caught:
        Client("http://oracle.example.org", "hidden.TOKEN")
    assert "hidden" not in str(caught.value)
    assert Client("http://oracle.example.org", "hidden.TOKEN", allow_plain=True).url.endswith(".org")
    assert Client("https://oracle.example.org", "hidden.TOKEN").url.endswith(".org")
    assert Client("http://oracle.example.org").url.endswith(".org")


def test_import_needs_numpy_and_urllib3_alone(golden: Golden) -> None:
    """A fresh interpreter imports the client without pydantic, click, rich, fastapi, mpmath or flint."""
    heavy = {
        "pydantic",
        "click",
        "rich",
        "fastapi",
        "mpmath",
        "flint",
        "jinja2",
        "matplotlib",
        "platformdirs",
    }
    program = f"import sys, oracle.client.client\nprint(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


BARE = """
import sys
for name in ("pydantic", "pydantic_core", "mpmath", "flint", "click"):
    sys.modules[name] = None  # as where they are not installed
import json
from oracle.client.checks import upload_of
from oracle.client.client import Client
from oracle.client.errors import WrongGoldenError
url, digest, spec = sys.argv[1:]
client = Client(url)
assert client.golden_of(digest).digest == client.golden(spec).digest == client.golden(json.loads(spec)).digest
assert client.record_of(digest)
try:
    client.golden(spec.replace('"0.9"', '"0.90"'))
except WrongGoldenError as error:
    print(error)
client.close()
"""


def test_goldens_are_had_with_numpy_alone(server: Any, replies: Any, golden: Golden, spec: Spec) -> None:
    """By digest, by record and by canonical spec; another spelling is told apart from a wrong answer."""
    at = f"{GOLDENS}/{golden.digest}"
    server.on("GET", at, replies.said(golden_json(golden)))
    server.on("GET", f"{at}/record", replies.Reply(200, npz_bytes(golden)))
    server.on("POST", GOLDENS, replies.said(golden_json(golden)))
    arguments = [sys.executable, "-c", BARE, server.url, golden.digest, spec.canonical_json]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "`pydantic` is not installed: install it" in done.stdout


def test_golden_spelt_otherwise_is_caught(server: Any, client: Client, replies: Any, golden: Golden) -> None:
    """A golden whose own digest is right but whose numbers are spelt in another way is not ours."""
    told = json.loads(json.dumps(golden_json(golden)))
    told["values"]["u"][0][0] += "00"
    parts = {key: told[key] for key in ("spec", "values", "radius")}
    told["digest"] = sha256_name(canonical_text(parts).encode())
    server.on("POST", GOLDENS, replies.said(told))
    with pytest.raises(WrongGoldenError):
        client.golden(told["spec"])
