"""Every claim of the ledger, found by walking the papers' folders: a new claim costs one file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from oracle.claims.claim import Claim

__all__ = ["PAPERS", "UnknownClaimError", "catalogue", "chosen", "module_of"]

PAPERS = ("000", "003", "001", "002", "own")  # the order of the list of claims


class UnknownClaimError(LookupError):
    """A claim was asked for by an identifier that none has."""


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Claim]:
    """Return identifier to claim, in the papers' order.

    Raises
    ------
    ValueError
        If two files claim one identifier.
    """
    found: dict[str, Claim] = {}
    for claim in sorted(_claims(), key=_place):
        if claim.identifier in found:
            raise ValueError(
                f"two files hold the claim `{claim.identifier}`; identifiers are permanent and unique"
            )
        found[claim.identifier] = claim
    return found


def chosen(identifiers: Sequence[str]) -> list[Claim]:
    """Return the claims of these identifiers (any case), or all of them where none is named.

    Raises
    ------
    UnknownClaimError
        With the identifiers that come close.
    """
    known = catalogue()
    if not identifiers:
        return list(known.values())
    folded = {identifier.casefold(): identifier for identifier in known}
    for name in identifiers:
        if name.casefold() not in folded:
            near = get_close_matches(name, known, n=4, cutoff=0.3) or list(known)
            raise UnknownClaimError(
                f"no claim is called {name!r}; close to it: {', '.join(near)} "
                f"(`oracle claims --list` shows all {len(known)})"
            )
    wanted = {folded[name.casefold()] for name in identifiers}
    return [claim for identifier, claim in known.items() if identifier in wanted]


def module_of(claim: Claim) -> str:
    """Return the name of the module that holds a claim's computation."""
    return claim.compute.__module__


def _claims() -> Iterator[Claim]:
    for paper in PAPERS:
        package = import_module(f"oracle.claims.{'own' if paper == 'own' else f'paper_{paper}'}")
        for module in iter_modules(package.__path__):
            held = getattr(import_module(f"{package.__name__}.{module.name}"), "CLAIM", None)
            if held is not None:
                yield held


def _place(claim: Claim) -> tuple[int, bool, list[tuple[str, int]]]:
    """Return what sorts claims by paper, figures last, then by the numbers in their identifiers."""
    parts = re.findall(r"([A-Za-z]+)|(\d+)", claim.identifier)
    numbers = [(letters, int(number or 0)) for letters, number in parts]
    return PAPERS.index(claim.paper), claim.identifier.startswith("F"), numbers
