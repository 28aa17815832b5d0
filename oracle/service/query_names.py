"""The query of a request: only parameters that its route takes; a misspelt one would be lost in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, Request

from oracle.service.problems import ProblemError
from oracle.service.tokens import Scope

__all__ = ["KNOWN_QUERY_ALONE", "query_parameters"]

LONGEST_NAME = 40  # characters of what arrived that are told
MOST_NAMES = 3


def query_parameters(request: Request) -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of each query parameter of a request's route, as the description of the interface has it.

    Parameters
    ----------
    request : Request
        One that has found its route.

    Returns
    -------
    mapping
        From the parameter's name to its JSON schema.
    """
    path, method = request.scope["route"].path, request.method.lower()
    described = request.app.openapi()["paths"][path][method].get("parameters", ())
    return {one["name"]: one["schema"] for one in described if one["in"] == "query"}


async def _refuse_unknown(request: Request) -> None:
    """Refuse parameters that the route does not have; who may not ask at all is told that first."""
    names = list(dict.fromkeys(request.query_params))
    known = list(query_parameters(request)) if names else []
    strange = [name for name in names if name not in known]
    if strange:
        request.app.state.service.gate.admit(request, Scope.READ)
        told = ", ".join(f"`{ascii(name)[1:-1]:.{LONGEST_NAME}}`" for name in strange[:MOST_NAMES])
        more = f" and {len(strange) - MOST_NAMES} more" if len(strange) > MOST_NAMES else ""
        expected = " and ".join(f"`{name}`" for name in known)
        raise ProblemError(
            "malformed-request",
            f"the query has {told}{more}, which `{request.method} {request.scope['route'].path}` does not take; "
            f"expected {f'nothing but {expected}' if known else 'no query'}; /docs lists what each address takes",
        )


KNOWN_QUERY_ALONE = Depends(_refuse_unknown)
