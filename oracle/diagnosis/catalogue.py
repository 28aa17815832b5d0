"""Every named misimplementation, and the few that only the start of a record shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oracle.diagnosis.families import FAMILIES
from oracle.diagnosis.formats import PRECISIONS
from oracle.diagnosis.methods import COEFFICIENTS, METHOD_SWAPS
from oracle.diagnosis.scalings import SCALINGS
from oracle.diagnosis.sequences import SEQUENCES
from oracle.diagnosis.variant import Attempt, Subject, Variant

__all__ = ["FAMILIES", "UNINITIALISED", "VARIANTS"]


def _nothing_to_replay(_subject: Subject) -> Iterator[Attempt]:
    """Every step is right: it is the start that is wrong."""
    yield from ()


UNINITIALISED = Variant(
    "uninitialised_tail",
    "starts its last coordinates from something else than the spec's start",
    "look at what fills the buffers: its length must be the number of coordinates, not of whole tiles",
    _nothing_to_replay,
)

VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (*METHOD_SWAPS, *COEFFICIENTS, *SCALINGS, *SEQUENCES, *PRECISIONS, UNINITIALISED)
}
