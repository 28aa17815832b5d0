"""The client: goldens, checks, jobs and claims of one server.

::

    from oracle.client.client import Client

    with Client("https://oracle.example.org") as oracle:  # the token from $MOMENTUM_ORACLE_TOKEN
        golden = oracle.golden(spec)
        answer = oracle.check(spec, "run.npz", {"form": "buffer"})

Everything that arrives is held against what was asked: a golden by its own digest and by that of its spec, a check
by the bytes of its candidate.  It needs numpy and urllib3; pydantic brings specs to their canonical form where it
is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from oracle.client.address import address_of, plain_allowed
from oracle.client.answers import json_object, problem_from, require_success
from oracle.client.asked import AskedSpec, asked_spec
from oracle.client.checks import CheckAnswer, check_from, form_of, upload_of
from oracle.client.errors import AddressError, ServerAnswerError, ServerProblemError
from oracle.client.following import watched
from oracle.client.jobs import Job, job_from
from oracle.client.messages import Answer, Request
from oracle.client.secret import token_from
from oracle.client.transport import Manner, Transport
from oracle.client.verified import golden_in, record_in, require_digest, whole_digest

if TYPE_CHECKING:
    from oracle.records.candidate import Declaration
    from oracle.records.golden import Golden
    from oracle.spec import Spec

    AnySpec = Spec | AskedSpec | Mapping[str, Any] | str | bytes | PathLike[str]

__all__ = ["Client"]

Progress = Callable[[int, int], None]
LONGEST_WAIT = 10.0  # seconds that the server may take before it answers with a job


class Client:
    """A client of one server; may be shared by threads.

    Every method raises `ServerUnreachableError` where no answer came, `ServerProblemError` where the server said no,
    and `ServerAnswerError` where what came is not what the interface says.

    Parameters
    ----------
    url : str, optional
        As in ``http://127.0.0.1:8765``; else ``$MOMENTUM_ORACLE_SERVER``.
    token : str, optional
        Else ``$MOMENTUM_ORACLE_TOKEN``; none is sent where neither is set.
    timeout : float
        Seconds of silence after which an attempt is given up.
    retries : int
        How often a request is sent again when the server is busy or out of reach.
    allow_plain : bool
        Whether the token may travel over plain HTTP to another machine.
    most_bytes : int
        Of one answer; a larger one is refused.

    Raises
    ------
    AddressError
        If no server is named, or by no address that can be used.
    TokenError
        If the token is none, or would travel where others can read it.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = Manner.timeout,
        retries: int = Manner.retries,
        allow_plain: bool = False,
        most_bytes: int = Manner.most_bytes,
    ) -> None:
        address, secret = address_of(url), token_from(token)
        if secret is not None:
            plain_allowed(address, allow_plain)
        self.url = address.url
        self._address = address
        self._transport = Transport(address, secret, Manner(timeout, retries, most_bytes), _agent())

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        self._transport.close()

    def golden(self, spec: AnySpec, progress: Progress | None = None) -> Golden:
        """Return the golden of a spec, computed by the server where it has none.

        Parameters
        ----------
        spec : Spec, mapping, JSON text, or path of a JSON file
        progress : callable, optional
            Called with (done, total) while the server computes.

        Raises
        ------
        oracle.spec_error.SpecError
            If it is no valid spec.
        WrongGoldenError
            If what came is damaged, was altered, or is the golden of another spec.
        """
        asked = asked_spec(spec)
        request = Request(
            "POST",
            self._address.at("v1", "goldens", wait=self._wait()),
            asked.text.encode("utf-8", "surrogatepass"),
            "application/json",
        )
        found = golden_in(self._result_of(request, progress))
        asked.require_answered_by(found.spec_digest, self.url)
        return found

    def golden_of(self, digest: str) -> Golden:
        """Return a stored golden by its own digest.

        Raises
        ------
        WrongGoldenError
            If another one came, or one that is damaged.
        """
        found = golden_in(self._get("v1", "goldens", whole_digest(digest)))
        require_digest(found, digest, self.url)
        return found

    def record_of(self, digest: str) -> bytes:
        """Return a stored golden as the sealed `.npz` that `oracle.records.npz.read_npz` reads; it was read once.

        Raises
        ------
        WrongGoldenError
            If another one came, or one that is damaged.
        """
        address = self._address.at("v1", "goldens", whole_digest(digest), "record")
        answer = require_success(
            self._transport.ask(Request("GET", address, accept="application/octet-stream"))
        )
        found = record_in(answer)
        require_digest(found, digest, self.url)
        return answer.body

    def goldens(self, page: int = 100) -> Iterator[dict[str, Any]]:
        """Yield what the server says of each stored golden: digest, spec_digest, kind, n, d, method, want, …

        Parameters
        ----------
        page : int
            How many are asked for at once.
        """
        after, seen = None, set[str | None]()
        while True:
            answer = self._get("v1", "goldens", limit=page, after=after)
            found = json_object(answer)
            yield from _list_in(found, "goldens", answer)
            seen.add(after)
            after = found.get("next")
            if not after:
                return
            if after in seen or not isinstance(after, str):
                raise ServerAnswerError(
                    f"`{answer.request}` leads to the page after {after!r:.90}, which was read already"
                )

    def check(
        self,
        spec: AnySpec,
        candidate: Mapping[str, Any] | bytes | str | PathLike[str],
        declaration: Declaration | Mapping[str, str] | None = None,
        *,
        name: str = "",
        progress: Progress | None = None,
    ) -> CheckAnswer:
        """Return the server's verdict on recorded arrays.

        Parameters
        ----------
        spec : Spec, mapping, JSON text, or path of a JSON file
        candidate : path of an `.npz`, its bytes, or mapping of name to array
        declaration : Declaration or mapping, optional
            Some of ``dtype``, ``form``, ``accumulate``, ``operands`` and ``state``.
        name : str
            Of the candidate, for people.
        progress : callable, optional
            Called with (done, total) while the server works.

        Raises
        ------
        oracle.spec_error.SpecError, oracle.candidate_file.CandidateError
            If spec or candidate cannot be sent.
        WrongGoldenError
            If another spec was checked.
        ServerAnswerError
            If another candidate was.
        """
        asked, upload = asked_spec(spec), upload_of(candidate, name)
        body, content_type = form_of(asked, upload, declaration)
        request = Request("POST", self._address.at("v1", "checks", wait=self._wait()), body, content_type)
        answer = self._result_of(request, progress)
        found = check_from(json_object(answer), str(answer.request), self.url, upload)
        asked.require_answered_by(str(found.told["spec_digest"]), self.url)
        return found

    def check_of(self, identity: str) -> CheckAnswer:
        """Return a check made before."""
        answer = self._get("v1", "checks", identity)
        return check_from(json_object(answer), str(answer.request), self.url)

    def report(self, identity: str) -> str:
        """Return the report of a check, an HTML page that needs nothing else."""
        address = self._address.at("v1", "reports", identity)
        answer = require_success(self._transport.ask(Request("GET", address, accept="text/html")))
        if answer.media_type != "text/html":
            raise ServerAnswerError(
                f"`{answer.request}` was answered with {answer.media_type!r}; expected a page of HTML"
            )
        return answer.body.decode("utf-8", "replace")

    def claims(self, progress: Progress | None = None) -> dict[str, Any]:
        """Return the ledger of the published claims; the first call takes minutes."""
        return json_object(self._result_of(Request("GET", self._address.at("v1", "claims")), progress))

    def jobs(self, limit: int | None = None) -> list[Job]:
        """Return the server's jobs, at most so many."""
        answer = self._get("v1", "jobs", limit=limit)
        return [job_from(told, str(answer.request)) for told in _list_in(json_object(answer), "jobs", answer)]

    def job(self, identity: str) -> Job:
        """Return a job as it stands."""
        return self._job_in(self._get("v1", "jobs", identity))

    def cancel(self, identity: str) -> Job:
        """Cancel a job, and return it as it then stands.

        Raises
        ------
        ServerProblemError
            Named ``job-finished`` if there is nothing left to cancel.
        """
        request = Request("DELETE", self._address.at("v1", "jobs", identity))
        return self._job_in(require_success(self._transport.ask(request)))

    def watch(self, identity: str) -> Iterator[Job]:
        """Yield a job each time the server tells of it, at last as it ended; by events, else by asking again."""
        return watched(self._transport, self._address.at("v1", "jobs", identity), lambda: self.job(identity))

    def _wait(self) -> str:
        """Return how long the server may take to answer, well within our own patience."""
        return f"{min(LONGEST_WAIT, self._transport.manner.timeout / 3):.3g}"

    def _get(self, *path: str, **query: object) -> Answer:
        request = Request("GET", self._address.at(*path, **query))
        return require_success(self._transport.ask(request))

    def _result_of(self, request: Request, progress: Progress | None) -> Answer:
        """Return the answer to a request, after the job that it may have started."""
        answer = require_success(self._transport.ask(request))
        if answer.status != 202:
            return answer
        job = self._job_in(answer)
        for told in self.watch(job.id) if not job.finished else ():
            job = told
            if progress is not None and job.progress is not None:
                progress(*job.progress)
        return require_success(self._transport.ask(Request("GET", self._place_of(job, str(request)))))

    def _place_of(self, job: Job, request: str) -> str:
        """Return where the result of a finished job is."""
        if job.state == "done":
            try:
                return self._address.below(str(job.result))
            except AddressError as error:
                raise ServerAnswerError(f"the result of job {job.id!r:.80} is nowhere: {error}") from error
        stated = job.problem or {
            "type": f"/problems/{job.state}",
            "detail": f"the job {job.id!r:.80} {job.state}",
        }
        raise ServerProblemError(problem_from(stated, request))

    def _job_in(self, answer: Answer) -> Job:
        return job_from(json_object(answer), str(answer.request))


def _list_in(found: Mapping[str, Any], name: str, answer: Answer) -> list[dict[str, Any]]:
    entries = found.get(name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ServerAnswerError(f"`{answer.request}` was answered without a list `{name}` of objects")
    return entries


def _agent() -> str:
    try:
        return f"momentum-oracle-client/{version('momentum-oracle')}"
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "momentum-oracle-client"
