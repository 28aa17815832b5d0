"""A job is followed by events as long as they come, else by asking; either way to the same end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.client.client import Client
from oracle.client.errors import ServerAnswerError, ServerProblemError

JOB, EVENTS = "/v1/jobs/j1", "/v1/jobs/j1/events"
RESULT = "/v1/claims"


def stream(replies: Any, *told: tuple[str, Any]) -> Any:
    """Return a reply that is a stream of events."""
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in told)
    return replies.Reply(200, text.encode(), {"Content-Type": "text/event-stream; charset=utf-8"})


def states(client: Client) -> list[tuple[str, Any]]:
    """Return state and progress of everything that watching tells."""
    return [(job.state, job.progress) for job in client.watch("j1")]


def test_events_are_followed_to_the_end(server: Any, client: Client, replies: Any) -> None:
    """Progress and end are told as they come, other events passed over; the job is asked for no further."""
    running = replies.job("running", progress={"done": 1, "total": 2})
    told = [("progress", running), ("ping", "x"), ("end", replies.job("done", result=RESULT))]
    server.on("GET", EVENTS, stream(replies, *told))
    assert states(client) == [("running", (1, 2)), ("done", None)]
    assert not server.asked(JOB)


@pytest.mark.parametrize(
    "fault", ["no events", "refused", "broken off", "no job", "no JSON", "busy", "closed"]
)
def test_asking_takes_over_where_events_fail(server: Any, client: Client, replies: Any, fault: str) -> None:
    """Whatever is wrong with the stream, the job is asked for until it ends."""
    running, over = ("progress", replies.job("running")), replies.job("cancelled")
    cut = b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\ndata: {"id"'
    faults = {
        "no events": replies.Reply(404, b"no"),
        "refused": replies.Reply(
            503, stream(replies, ("end", over)).body, {"Content-Type": "text/event-stream"}
        ),
        "broken off": stream(replies, running),
        "no job": stream(replies, running, ("progress", {"id": 7})),
        "no JSON": replies.Reply(200, b"event: end\ndata: {\n\n", {"Content-Type": "text/event-stream"}),
        "busy": replies.problem("overloaded", 503),
        "closed": replies.Reply(act=lambda handler: handler.wfile.write(cut)),
    }
    server.on("GET", EVENTS, faults[fault])
    server.on(
        "GET", JOB, replies.said(replies.job("running")), replies.said(replies.job("done", result=RESULT))
    )
    assert [state for state, _ in states(client)][-2:] == ["running", "done"]
    assert len(server.asked(JOB)) == 2


def test_job_that_is_gone_is_told(server: Any, client: Client, replies: Any) -> None:
    """Neither events nor job: the problem of asking is what is raised."""
    server.on("GET", JOB, replies.problem("not-found", 404))
    with pytest.raises(ServerProblemError, match="404 `not-found`"):
        states(client)


@pytest.mark.parametrize(
    "told",
    [{}, {"id": "j1"}, {"id": "", "state": "done"}, {"id": "j1", "state": "lost"}, {"id": "j1", "state": "done"},
     {"id": "j1", "state": "failed", "problem": "x"}, {"id": "j1", "state": "done", "result": 7}],
)  # fmt: skip
def test_what_is_no_job_is_refused(server: Any, client: Client, replies: Any, told: dict[str, Any]) -> None:
    """A job has an identity, a known state, and a result where it is done."""
    server.on("GET", JOB, replies.said(told))
    with pytest.raises(ServerAnswerError, match="expected a job with `id`"):
        client.job("j1")


@pytest.mark.parametrize("progress", [None, {}, {"done": "1", "total": 2}, [1, 2]])
def test_odd_progress_is_no_progress(server: Any, client: Client, replies: Any, progress: Any) -> None:
    """A figure that is none is left out; the job goes on."""
    server.on("GET", JOB, replies.said(replies.job("running", progress=progress)))
    assert client.job("j1").progress is None
