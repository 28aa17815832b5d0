"""What a spec asks for, read off it without making any of it.

Works on a canonical spec and on JSON that nobody has checked: what is not where a spec has it is passed over, since
the parser refuses it anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, log2
from typing import Any

from reference.exact import ExactNumberError, parse_number
from reference.models import MODELS

__all__ = ["Size", "number_sizes", "sizes_of", "text_sizes", "written_out"]

BITS_PER_DIGIT = log2(10)
MOST_SHOWN = 10**18
LONGEST_TERMS = 10_000  # monomials looked at; more are beyond any server's limit
ARRAYS_OF_INTEGRALS = 16  # at most: phi, S_plus, S_minus, ... (`reference.discrete_integrals`)
LARGE_EXPONENT = re.compile(
    rb"([eEpP])[+-]?0*([1-9][0-9]{2,6})"
)  # of a number; one below 100 makes nothing large
COORDINATES = (
    "init",
    "method.p0",
    "method.initial_velocity",
    "want",
)  # one number may stand there for every one
NAMED = frozenset({"xi", "linear"}.union(*(model.names for model in MODELS.values())))


@dataclass(frozen=True)
class Size:
    """How much of something a spec asks for.

    Parameters
    ----------
    path : str
        The field that asks, as in ``want.steps``.
    amount : int
    limit : str
        The field of `oracle.service.limits.Limits` that bounds it.
    unit : str
        Of what, in the plural.
    """

    path: str
    amount: int
    limit: str
    unit: str

    def amount_text(self) -> str:
        """Return the amount as a message shows it; Python writes no integer of thousands of digits."""
        return str(self.amount) if self.amount < MOST_SHOWN else "more than 10^18"


def text_sizes(text: bytes, enough: int) -> Iterator[Size]:
    """Yield what a text asks for before it is read as JSON.

    Parameters
    ----------
    text : bytes
    enough : int
        Digits of exponents after which counting ends.
    """
    yield Size("the spec", len(text), "spec_bytes", "bytes")
    lists = (
        text.count(b"[") + text.count(b"{") + text.count(b":")
    )  # each costs far more than the bytes it takes
    yield Size("the spec", lists, "lists", "lists, objects and fields")
    bits, digits = 0, 0
    for match in LARGE_EXPONENT.finditer(text):
        exponent = int(match[2])
        bits = max(bits, exponent if match[1] in b"pP" else ceil(exponent * BITS_PER_DIGIT))
        digits += exponent
        if digits > enough:
            break
    yield Size("the spec", digits, "written_digits", "digits, once the exponents in it are written out")
    yield Size("the spec", bits, "number_bits", "bits in one number, by its exponent")


def sizes_of(spec: Mapping[str, Any]) -> Iterator[Size]:
    """Yield every size that a spec states or implies, in the order of the fields."""
    problem, want = _object(spec.get("problem")), _object(spec.get("want"))
    n, d = _shape(problem)
    yield from _problem_sizes(problem, n, d)
    yield Size(
        "method.order", _integer(_object(spec.get("method")).get("order")), "order", "powers of the step"
    )
    yield from _want_sizes(want, d, _arrays(spec, want))
    yield Size("digits", _integer(spec.get("digits")), "digits", "digits")


def written_out(spec: Mapping[str, Any]) -> Iterator[Size]:
    """Yield how long the numbers become that stand for every coordinate."""
    _, d = _shape(_object(spec.get("problem")))
    for path in COORDINATES:
        for name, value in _at(spec, path).items():
            if isinstance(value, str) and name in NAMED:
                unit = "digits, one number for every coordinate"
                yield Size(f"{path}.{name}", len(value) * d, "written_digits", unit)


def number_sizes(spec: Mapping[str, Any]) -> Iterator[Size]:
    """Yield the bits of the longest number in each field of a canonical spec."""
    pending: list[tuple[str, Any]] = [(name, spec[name]) for name in spec]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            pending += [(f"{path}.{name}", item) for name, item in value.items()]
        elif isinstance(value, str):
            yield Size(path, _bits(value), "number_bits", "bits in one number")
        elif isinstance(value, list) and value and isinstance(value[0], str):
            yield Size(path, max(map(_bits, _longest(value))), "number_bits", "bits in one number")
        elif isinstance(value, list) and value and not isinstance(value[0], int):
            pending += [(path, item) for item in value]


def _longest(texts: list[str]) -> list[str]:
    """Return the texts that may be the longest number: a fraction is twice as long as what it is made of."""
    half = len(max(texts, key=len)) // 2 - 1
    return [text for text in texts if len(text) >= half] if half > 40 else [max(texts, key=len)]


def _bits(text: str) -> int:
    """Return how many bits a canonical number may have, from its digits; 0 for other texts."""
    if not text or text[-1] not in "0123456789" or text[0] not in "-0123456789":
        return 0
    return ceil(max(map(len, text.split("/"))) * BITS_PER_DIGIT)


def _shape(problem: Mapping[str, Any]) -> tuple[int, int]:
    """Return n and d as the problem states them, 1 where it does not."""
    rows, terms = _list(problem.get("X")), _list(problem.get("terms"))
    if rows:
        return len(rows), len(_list(rows[0]))
    if terms:
        return 1, len(_list(_object(terms[0]).get("powers")))
    return max(1, _integer(problem.get("n"))), max(1, _integer(problem.get("d")))


def _problem_sizes(problem: Mapping[str, Any], n: int, d: int) -> Iterator[Size]:
    given = next((f"problem.{name}" for name in ("X", "terms") if name in problem), None)
    yield Size(given or "problem.n", n, "samples", "samples")
    yield Size(given or "problem.d", d, "coordinates", "coordinates")
    yield Size(given or "problem", n * d, "entries", "entries")
    terms = _list(problem.get("terms"))
    powers = [_list(_object(term).get("powers")) for term in terms[:LONGEST_TERMS]]
    degree = max((sum(map(_integer, row)) for row in powers), default=0)
    yield Size("problem.terms", len(terms), "terms", "terms")
    yield Size("problem.terms", degree, "degree", "as the degree of one term")


def _want_sizes(want: Mapping[str, Any], d: int, arrays: int) -> Iterator[Size]:
    """Yield steps and times; both ascend, so that the last is the largest."""
    steps, times = _list(want.get("steps")), _list(want.get("times"))
    if steps:
        yield Size("want.steps", _integer(steps[-1]), "steps", "steps")
        yield Size("want.steps", len(steps), "rows", "recorded steps")
    if times:
        yield Size("want.times", _whole(times[-1]), "horizon", "as the largest time")
        yield Size("want.times", len(times), "times", "recorded times")
    recorded = max(1, len(steps), len(times)) * d * arrays
    yield Size("want", recorded, "numbers", f"recorded numbers (steps or times · d · {arrays} arrays)")


def _arrays(spec: Mapping[str, Any], want: Mapping[str, Any]) -> int:
    """Return how many arrays of d numbers a row has: the parameters and theta, or the integrals."""
    model = spec.get("model")
    known = MODELS.get(model) if isinstance(model, str) else None
    return ARRAYS_OF_INTEGRALS if want.get("kind") == "integrals" else len(known.names) + 1 if known else 3


def _whole(value: Any) -> int:
    """Return the integer at or above a number; 0 for what is none."""
    try:
        return ceil(parse_number(value)) if isinstance(value, str) else _integer(value)
    except ExactNumberError:
        return 0


def _at(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    value: Any = spec
    for name in path.split("."):
        value = _object(value).get(name)
    return _object(value)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else 0
