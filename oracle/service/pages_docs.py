"""The page about the interface for programs: its description, readable in a browser that is cut off from the world."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from oracle.service.pages_frame import show

__all__ = ["router"]

router = APIRouter()
TITLES = {
    "goldens": "Goldens",
    "checks": "Checks",
    "jobs": "Jobs",
    "claims": "Claims",
    "server": "The server",
}
BODIES = {
    "application/json": "-H 'Content-Type: application/json' --data-binary @spec.json ",
    "multipart/form-data": "-F spec=@spec.json -F candidate=@run.npz ",
}
PROBLEMS_FROM = 400


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Show every endpoint with its parameters, answers and a line for the shell."""
    described = request.app.openapi()
    base = str(request.base_url).rstrip("/")
    is_open = request.app.state.service.gate.is_open
    found = list(_endpoints(described, base, "" if is_open else '-H "Authorization: Bearer $TOKEN" '))
    groups = [(title, [one for one in found if one["tag"] == tag]) for tag, title in TITLES.items()]
    return show(request, "docs.html", groups=groups, about=described["info"]["description"])


def _endpoints(described: Mapping[str, Any], base: str, token: str) -> Iterator[dict[str, Any]]:
    for path, methods in described["paths"].items():
        for method, endpoint in methods.items():
            content = endpoint.get("requestBody", {}).get("content", {})
            kind = next(iter(content), "")
            answers = {int(status): told["description"] for status, told in endpoint["responses"].items()}
            verb = "" if method in ("get", "post") else f"-X {method.upper()} "
            yield {
                "tag": endpoint["tags"][0],
                "verb": method.upper(),
                "path": path,
                "summary": endpoint["summary"],
                "about": endpoint["description"],
                "parameters": [_parameter(one) for one in endpoint.get("parameters", ())],
                "answers": {status: said for status, said in answers.items() if status < PROBLEMS_FROM},
                "problems": {status: said for status, said in answers.items() if status >= PROBLEMS_FROM},
                "curl": f"curl {verb}{token}{BODIES.get(kind, '')}{base}{path}",
                "example": _example(content.get(kind, {})),
            }


def _parameter(parameter: Mapping[str, Any]) -> dict[str, str]:
    schema = parameter["schema"]
    bounds = [
        f"{word} {schema[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema
    ]
    default = f"otherwise {schema['default']}" if schema.get("default") not in (None, "") else ""
    said = [parameter.get("description", "").rstrip("."), " ".join(bounds), default]
    return {"name": parameter["name"], "where": parameter["in"], "said": "; ".join(filter(None, said))}


def _example(content: Mapping[str, Any]) -> str:
    examples = content.get("examples", {})
    return json.dumps(next(iter(examples.values()))["value"]) if examples else ""
