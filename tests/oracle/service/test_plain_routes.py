"""The ledger of claims over HTTP: made once, then told as it was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oracle.service.tokens import TokenFile


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


def test_ledger_is_made_for_who_may_compute_alone(start: Callable[..., Any], tmp_path: Path) -> None:
    """A token that may read is refused while there is none, and is told what there is once it was made."""
    with start(tmp_path) as server:
        tokens = TokenFile(tmp_path / "data" / "tokens.json")
        secrets = {scope: tokens.create(scope, (scope,))[1] for scope in ("read", "check", "compute")}
        sent = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in secrets.items()}
        server.plant("hold-claims")
        found = {scope: server.client.get("/v1/claims", headers=sent[scope]) for scope in sent}
        assert {scope: answer.status_code for scope, answer in found.items()} == {
            "read": 403,
            "check": 403,
            "compute": 202,
        }
        server.client.delete(found["compute"].headers["location"], headers=sent["compute"])
        server.service.claims.keep(b'{"claims": []}', b"<html></html>")
        assert server.client.get("/v1/claims", headers=sent["read"]).content == b'{"claims": []}'
