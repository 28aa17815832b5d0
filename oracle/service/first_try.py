"""A first try for small goldens while long tasks keep all their workers busy: what takes milliseconds need not wait."""

from __future__ import annotations

import json

from oracle.service.spec_sizes import sizes_of

__all__ = ["TRY_SECONDS", "is_small"]

TRY_SECONDS = 2.0  # that a first try may take; it ends then, and waits for its turn
MOST_WORK = 200_000  # steps times entries, some 0.4 s on one core
STEP_WORK = 100  # what a step costs beside its entries, in these
TIME_STEPS = 10  # that a flow takes for a unit of time, roughly
LONGEST_TEXT = 100_000  # bytes; a longer spec is not looked into


def is_small(text: str) -> bool:
    """Say whether a golden may well be computed within a second: a guess, which `TRY_SECONDS` bounds.

    Parameters
    ----------
    text : str
        A canonical spec.
    """
    if len(text) > LONGEST_TEXT:
        return False
    most: dict[str, int] = {}
    for size in sizes_of(json.loads(text)):
        most[size.limit] = max(size.amount, most.get(size.limit, 1))
    steps = max(most.get("steps", 1), TIME_STEPS * most.get("horizon", 0))
    entries = max(most.get("entries", 1), most.get("terms", 1))
    return steps * (entries + STEP_WORK) <= MOST_WORK
