"""The ledger of claims over HTTP: made once, then told as it was made."""

from __future__ import annotations

from typing import Any


def test_ledger_that_is_there_is_told(server: Any) -> None:
    """Byte for byte."""
    server.service.claims.keep(b'{"claims": []}', b"<html></html>")
    found = server.client.get("/v1/claims")
    server.service.claims._path.unlink()
    assert (found.status_code, found.content) == (200, b'{"claims": []}')


def test_ledger_that_is_not_there_is_made_by_one_job(server: Any) -> None:
    """Whoever asks meanwhile is shown the same one."""
    server.plant("hold-claims")
    found = [server.client.get("/v1/claims") for _ in range(3)]
    job = found[0].json()
    server.client.delete(f"/v1/jobs/{job['id']}")
    server.mend("hold-claims")
    assert ({answer.status_code for answer in found}, len({answer.json()["id"] for answer in found})) == (
        {202},
        1,
    )
    assert found[0].headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["kind"], job["spec_digest"]) == ("claims", None)
