"""Accuracies against those of an earlier session: speed is not to be bought with digits that were promised.

An earlier benchmark left its declaration, its accuracy and, where its author gave one, the accuracy it stated
(`at_most`).  A run is held to them in this order, whatever the clock says, since a clock that is ten per cent off
must not decide whether anyone looks at the digits:

1. Its local errors are within the bounds of the arithmetic that was declared *then*.  Whoever rounds operands to
   TF32 now and declares it gets wider bounds, agrees within them, and is caught here.  Nothing is chosen.
2. They are within the accuracy that was stated then.
3. Where none was stated, the typical error, in the bounds of then, has not grown by more than a factor.  Every
   correct kernel draws its roundings anew, and the root mean square of N draws differs from that of N others by
   1/√N in standard deviation: three of these are granted, and beside them the factor, for sums in another order
   are not quite the same distribution.  Float32 heavy ball up to n = 40, d = 100, in sixty random orders of rows,
   columns and wider sums: typical errors differed by 1.03 at most, while the largest one, met at a single place,
   differed by 1.35.  So the largest is held to what was declared and stated, and never to what it happened to be.
   Products rounded to 11 bits raise the typical error by 14 and more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from oracle.pytest_plugin.accuracy import Accuracy
from oracle.records.candidate import Declaration

__all__ = ["KEY", "Earlier", "Promise", "complaint", "read_earlier"]

DEVIATIONS = 3  # of the root mean square of N draws against that of N others, each 1/√N
KEY = "momentum_oracle"  # in the `extra_info` of a benchmark


@dataclass(frozen=True)
class Promise:
    """What an earlier benchmark said of its accuracy.

    Parameters
    ----------
    problem : str
        Digest of the spec but for the format of its inputs.
    verdict : str
    declaration : Declaration
    accuracy : Accuracy or None
    at_most : float or None
        Stated by its author.
    seconds : float or None
        Median time of a run.
    """

    problem: str
    verdict: str
    declaration: Declaration
    accuracy: Accuracy | None
    at_most: float | None
    seconds: float | None


@dataclass(frozen=True)
class Earlier:
    """The promises of an earlier session, by full name of the test, and the factor allowed."""

    path: Path
    promises: Mapping[str, Promise]
    allowed: float


def read_earlier(path: Path, allowed: float) -> Earlier:
    """Return the promises in a JSON of pytest-benchmark.

    Raises
    ------
    pytest.UsageError
        If the file is none, or no benchmark in it was judged.
    """
    try:
        benchmarks = json.loads(path.read_bytes())["benchmarks"]
        found = {entry["fullname"]: _promise(entry) for entry in benchmarks if KEY in entry["extra_info"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise pytest.UsageError(
            f"--oracle-compare: `{path}` cannot be used ({type(error).__name__}: {error}); expected what "
            "`pytest --benchmark-json=PATH` of this version wrote"
        ) from error
    if not found:
        raise pytest.UsageError(
            f"--oracle-compare: none of the {len(benchmarks)} benchmarks in `{path}` was judged; expected some made "
            "with the fixture `oracle_benchmark`"
        )
    return Earlier(path, found, allowed)


def complaint(promise: Promise, now: Accuracy | None, allowed: float) -> str:
    """Return why a run falls behind a promise, empty where it does not.

    Parameters
    ----------
    promise : Promise
        Of a benchmark that agreed.
    now : Accuracy or None
        In units of the bounds of the promise's own declaration; None where no step could be replayed.
    allowed : float
        Factor for what was measured and not stated.
    """
    if now is None:
        return "" if promise.accuracy is None else "no step of it can be replayed any more"
    if now.largest > 1:
        return (
            f"its largest local error is {now.largest:.3g} times the bound of the arithmetic declared earlier: a wider "
            "declaration is a less accurate kernel"
        )
    if promise.at_most is not None:
        return (
            f"its largest local error is {now.largest:.3g} of the bound declared earlier, where at most "
            f"{promise.at_most:.3g} was stated"
            if now.largest > promise.at_most
            else ""
        )
    if promise.accuracy is None:
        return ""
    then, room = promise.accuracy.typical, allowed * (1 + DEVIATIONS / sqrt(now.values))
    if now.typical <= room * then:
        return ""
    return (
        f"its typical local error is {now.typical:.3g} of the bound declared earlier, and was {then:.3g}: more than "
        f"{room:.3g} times that"
    )


def _promise(entry: Mapping[str, Any]) -> Promise:
    said = entry["extra_info"][KEY]
    known = {field.name for field in fields(Declaration)}
    accuracy = said["accuracy"]
    return Promise(
        problem=said["problem"],
        verdict=said["verdict"],
        declaration=Declaration(
            **{name: value for name, value in said["declaration"].items() if name in known}
        ),
        accuracy=None if accuracy is None else Accuracy(**accuracy),
        at_most=said["at_most"],
        seconds=entry.get("stats", {}).get("median"),
    )
