"""Metrics move with what happens."""

from __future__ import annotations

import re
from typing import Any


def reading(server: Any, line: str) -> float:
    """Return the number behind a line of the metrics, 0 where there is none yet."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", server.client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def moved(server: Any, line: str, before: float) -> bool:
    """Wait for a number to go up by one."""
    return bool(server.until(lambda: reading(server, line) == before + 1))


def test_goldens_are_counted_by_where_they_came_from(server: Any) -> None:
    """Computed, then from memory, then by digest."""
    first = server.post(server.spec(1))
    server.post(server.spec(1))
    server.client.get(first.headers["content-location"])
    found = [
        reading(server, f'oracle_goldens_served_total{{source="{s}"}}')
        for s in ("computed", "memory", "digest")
    ]
    assert found == [1.0, 1.0, 1.0]


def test_jobs_verdicts_and_losses_are_counted(server: Any) -> None:
    """Each once."""
    lines = ('oracle_jobs_total{kind="check",state="done"}', 'oracle_verdicts_total{verdict="AGREES"}',
             "oracle_workers_lost_total")  # fmt: skip
    before = [reading(server, line) for line in lines]
    server.plant("once-check")
    server.check(server.spec(2), server.candidate(2))
    assert [moved(server, line, was) for line, was in zip(lines, before, strict=True)] == [True, True, True]


def test_workers_and_queue_are_shown_as_they_stand(server: Any) -> None:
    """Two long tasks for two workers, two more wait."""
    server.plant("hold-golden")
    jobs = [server.post(server.long_spec(start), 0).json()["id"] for start in range(10, 14)]
    server.until(lambda: reading(server, "oracle_workers_busy") == 2)
    waiting = reading(server, 'oracle_tasks_waiting{lane="long"}')
    server.mend("hold-golden")
    assert (waiting, [server.ended(job)["state"] for job in jobs]) == (2.0, ["done"] * 4)
    assert reading(server, "oracle_rendered_bytes") > 0
