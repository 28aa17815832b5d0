"""What the OpenAPI document promises, tried by schemathesis: every check that it has, on a server of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from oracle.service.claims_ledger import ClaimsLedger
from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON, form_of
from tests.service.server_process import Folders, ServerProcess
from tests.service.specimens import corpus, polynomial

__all__ = ["run", "summary"]

SECONDS = 1500
SCHEMATHESIS = "from schemathesis.cli import schemathesis; schemathesis()"
LIMITS = (
    "--limit",
    "job-seconds=25",
    "--limit",
    "steps=400",
    "--limit",
    "digits=60",
    "--limit",
    "wait-seconds=5",
)
# a schema of JSON cannot say what makes a spec computable or a file comparable: refusing these, with 422, is as described
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]
"""


def run(setting: Setting) -> Findings:
    """Have schemathesis hold a server to its own description."""
    found = Findings()
    if find_spec("schemathesis") is None:
        found.add("schemathesis on the OpenAPI document", "not tried: schemathesis is not installed")
        return found
    folders = Folders.under(setting.folder)
    ClaimsLedger(folders.data / "claims").keep(b'{"claims": []}', b"<p>none</p>")
    with ServerProcess(folders, LIMITS) as server:
        known = _stocked(server, setting.seed)
        told, output = _tried(setting, server, known)
        alive = server.client()("GET", "/healthz").status == 200
    found.details |= {"summary": told, "output": output[-6000:].replace(str(setting.folder), ".")}
    found.fail([] if alive else ["the server does not answer any more"])
    found.fail(told["failures"])
    found.add(
        "schemathesis on the OpenAPI document, all checks",
        f"{told['cases']} requests to {told['operations']} operations, {len(told['failures'])} failures",
        "0 failures",
        not found.failures,
    )
    return found


def _stocked(server: ServerProcess, seed: int) -> dict[str, str]:
    """Have something of everything in the server; return a name that is known there by address."""
    ask = server.client()
    goldens = [ask("POST", "/v1/goldens?wait=60", json.dumps(spec).encode(), JSON) for spec in corpus()[:3]]
    specimen = polynomial(random.Random(seed))
    content, headers = form_of(specimen.body, specimen.candidate)
    check = ask("POST", "/v1/checks?wait=60", content, headers).json()["id"]
    job = ask("GET", "/v1/jobs").json()["jobs"][0]["id"]
    digest = goldens[0].json()["digest"]
    return {
        "/v1/goldens/{digest}": digest, "/v1/goldens/{digest}/record": digest, "/v1/checks/{identifier}": check,
        "/v1/reports/{identifier}": check, "/v1/jobs/{identifier}": job, "/v1/jobs/{identifier}/events": job,
    }  # fmt: skip


def _named(known: Mapping[str, str]) -> str:
    """Return the part of the configuration that tells what the server has."""
    lines = []
    for path, name in known.items():
        parameter = path.partition("{")[2].partition("}")[0]
        lines += [
            "[[operations]]",
            f'include-path = "{path}"',
            "[operations.parameters]",
            f'"path.{parameter}" = "{name}"',
        ]
    return "\n".join([*lines, ""])


def _tried(setting: Setting, server: ServerProcess, known: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Run schemathesis; return its summary and what it printed."""
    report, config = setting.folder / "report.json", setting.folder / "schemathesis.toml"
    config.write_text(CONFIG + _named(known))
    command = [
        sys.executable, "-c", SCHEMATHESIS, "--config-file", str(config), "run", f"{server.address}/openapi.json",
        "--checks", "all", "--max-examples", str(setting.size(60, 2)),
        "--seed", str(setting.seed), "--request-timeout", "30", "--continue-on-failure", "--no-color",
        "--generation-database", "none", "--suppress-health-check", "all",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=SECONDS, cwd=setting.folder
    )
    output = done.stdout + done.stderr
    told = summary(json.loads(report.read_text()) if report.exists() else {})
    if done.returncode and not told["failures"]:
        told["failures"] = [f"schemathesis left with {done.returncode}: {output[-800:]}"]
    return told, output


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return requests, operations and failures of a run; of a report that is none, a failure."""
    if not report.get("complete"):
        return {"cases": 0, "operations": 0, "failures": ["schemathesis did not come to its end"]}
    failures = [
        f"{found['title']} ({found['count']} times): {found['operations']}" for found in report["failures"]
    ]
    errors = [f"schemathesis: {error}" for error in report["errors"]]
    return {
        "cases": report["test_cases"]["generated"],
        "operations": report["operations"]["tested"],
        "failures": failures + errors,
    }
