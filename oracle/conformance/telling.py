"""Problems that were searched for: specs on which two hypotheses differ most, in units of rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from oracle.conformance.discriminating import (
    changed,
    discriminate,
    narrowed_data,
    narrowed_momentum,
    narrowed_step_size,
)
from oracle.conformance.problem import DTYPES, WIDE, Json, Problem
from oracle.conformance.small_specs import Search
from reference.case import Case

__all__ = ["telling_problems"]

NARROWER = {"float64": "float32", "float32": "bfloat16"}


def telling_problems() -> list[Problem]:
    """Return specs that were searched for: two hypotheses differ most on them, in units of rounding."""
    hb, ahead = "heavy_ball", "nesterov_lookahead"
    pairs: dict[str, tuple[str, Callable[[str], Any], Search, str]] = {
        "tell-nesterov": (hb, _named("nesterov"), Search(), "heavy ball or Nesterov"),
        "tell-heavy-ball": ("nesterov", _named(hb), Search(method="nesterov"), "Nesterov or heavy ball"),
        "tell-look-ahead": ("nesterov", _named(ahead), Search(method="nesterov"), "Nesterov or its look-ahead"),
        "tell-look-ahead-apart": (ahead, _named(hb), Search(method=ahead), "look-ahead or heavy ball"),
        "tell-average": (hb, _averaged, Search(model="linear"), "sums of gradients or their averages"),
        "tell-moving-start": (hb, _at_rest, Search(model="hadamard", moving=True), "initial momentum or none"),
        "tell-batch-order": (hb, _reversed, Search(batches=True), "batches in order or in reverse"),
        "tell-rounded-step-size": (hb, _narrowed(narrowed_step_size), Search(), "η, or η rounded too far"),
        "tell-rounded-momentum": (hb, _narrowed(narrowed_momentum), Search(), "μ, or μ rounded too far"),
        "tell-rounded-data": (hb, _narrowed(narrowed_data), Search(), "the data, or data rounded too far"),
    }  # fmt: skip
    problems = []
    for name, (first, second, search, what) in pairs.items():
        dtypes = WIDE if name.startswith("tell-rounded") else DTYPES
        why = f"{what}: of 120 small specs the one that tells them apart best"
        sought = replace(search, seed=name)
        parts = _sought(first, second, sought)
        problems.append(Problem(name, "telling", why, parts, 0, dtypes=dtypes, quick=name == "tell-nesterov"))
    return problems


def _sought(first: str, second: Callable[[str], Any], search: Search) -> Callable[[str], Json]:
    return lambda dtype: discriminate(first, second(dtype), dtype, search).spec


def _named(method: str) -> Callable[[str], Any]:
    return lambda dtype: method


def _narrowed(change: Callable[[str], Callable[[Case], Case]]) -> Callable[[str], Any]:
    return lambda dtype: changed(change(NARROWER[dtype]))


def _averaged(dtype: str) -> Any:
    return changed(
        lambda case: _rewritten(case, step_size=case.method.step_size * (1 - case.method.momentum))
    )


def _at_rest(dtype: str) -> Any:
    return changed(lambda case: _rewritten(case, p0={}))


def _reversed(dtype: str) -> Any:
    return changed(lambda case: _rewritten(case, batches=case.method.batches[::-1]))


def _rewritten(case: Case, **changes: Any) -> Case:
    return replace(case, method=replace(case.method, **changes))
