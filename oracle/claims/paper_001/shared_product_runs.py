"""The four runs of paper 001, Sec. 4.1 on E = ½(y − w1 w2 x)²: where they end, with proof."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import comb

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.measures import row
from oracle.records.figure import Figure
from reference.case import Case, Method, Regression
from reference.certified import Certified
from reference.discrete_limit import certified_limit

__all__ = ["OTHER_START", "PAPERS_START", "RUNS", "Run", "end_of", "fallen", "run_limit", "the_figure"]

Run = tuple[Fraction, Fraction]  # h and β
Start = tuple[Fraction, Fraction]
RUNS: tuple[Run, ...] = (
    (Fraction(1, 100), Fraction(0)),
    (Fraction(1, 200), Fraction(1, 2)),
    (Fraction(1, 500), Fraction(4, 5)),
    (Fraction(1, 1000), Fraction(9, 10)),
)
PAPERS_START: Start = (Fraction(28, 10), Fraction(34, 10))
OTHER_START: Start = (Fraction(-3), Fraction(1))  # on the other side of both axes' cross, with w1 w2 < y/x
DATA = Fraction(1), Fraction(3, 5)
CERTIFIED_DIGITS = 20


@lru_cache(maxsize=32)
def run_limit(run: Run, start: Start, digits: int) -> Certified:
    """Return the certified limit of one run."""
    step_size, momentum = run
    method = Method("heavy_ball" if momentum else "gradient_descent", step_size, momentum)
    x, y = DATA
    case = Case(
        Regression(((x,),), (y,), "half_sum_square"),
        "scalar_product",
        {"a1": start[:1], "a2": start[1:]},
        method,
    )
    return certified_limit(case, digits, cross_check=False)


def end_of(run: Run, start: Start, setting: Setting) -> tuple[Fraction, Fraction]:
    """Return (w1, w2) of the limit as published rationals."""
    found = run_limit(run, start, setting.digits(CERTIFIED_DIGITS))
    return row(found, "a1")[0], row(found, "a2")[0]


def the_figure(setting: Setting) -> Figure:
    """Return Fig. 1 as the trainer drew it."""
    return figure("001-fig-1", setting)


def fallen(norms: Sequence[Sequence[float]]) -> tuple[int, float]:
    """Return from how many starts the norms fall from run to run, and how likely so many are by tossing a coin."""
    starts = list(zip(*norms, strict=True))
    falls = sum(all(b < a for a, b in pairwise(each)) for each in starts)
    count = len(starts)
    return falls, sum(comb(count, k) for k in range(falls, count + 1)) / 2**count
