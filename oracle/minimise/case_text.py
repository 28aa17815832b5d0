"""A counter-example as a person reads it and as pytest runs it.

For a target ``module:function`` the case is a test of five lines that uses the fixture ``oracle``; for the name
of an entry point it is the spec with the command that runs it.  Beside it stand the numbers of the failing
coordinate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from oracle.findings import arithmetic_text
from oracle.minimise.numbers import short_text
from oracle.minimise.shrink import Counterexample
from oracle.records.candidate import Declaration
from reference.exact import parse_number
from reference.models import MODELS

__all__ = ["five_lines", "summary", "worked_out"]

FILE = "counterexample.json"
IMPORTABLE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
LONG = 8  # entries from which equal neighbours are written as a product
SHOWN_STATES = 6
DEFAULTS = {"model": "diagonal", "loss": "half_mean_square", "inputs_as": "exact"}


def five_lines(counterexample: Counterexample, target: str) -> str:
    """Return a test of five lines that fails as long as the candidate does.

    Parameters
    ----------
    counterexample : Counterexample
    target : str
        ``module:function``, or the name of an entry point; for the latter a spec and a command are returned.
    """
    importable = IMPORTABLE.fullmatch(target)
    if importable is None:
        return _command(counterexample, target)
    module, path = importable.groups()
    method = counterexample.canonical["method"]["name"]
    return "\n".join(
        [
            f"from {module} import {path.partition('.')[0]}",
            "",
            f"def test_{method}_of_{path.rpartition('.')[2]}(oracle):",
            f"    spec = {_spec(counterexample.canonical)}",
            f"    oracle.assert_agrees({path}, spec, {_declared(counterexample.declaration)})",
        ]
    )


def worked_out(counterexample: Counterexample) -> str:
    """Return the failing coordinate's numbers: what came back, what the exact step gives, and the bound."""
    finding, declaration = counterexample.finding, counterexample.declaration
    place = finding.observable or "the record"
    place += "" if finding.coordinate is None else f"[{finding.coordinate}]"
    lines = [f"{place} at step {finding.step}, {arithmetic_text(declaration)}, {declaration.form} form"]
    if len(counterexample.recorded) > 1:
        shown = counterexample.recorded[-SHOWN_STATES:]
        first = len(counterexample.recorded) - len(shown)
        lines.append(f"  from step {first} on  {', '.join(shown)}")
    lines.append(f"  candidate       {finding.candidate_value}")
    if finding.expected_value is None or finding.bound is None:
        return "\n".join([*lines, f"  {finding.reason}"])
    expected = Fraction(finding.expected_value)
    gap = abs(Fraction(finding.candidate_value or "0") - expected)
    what = "start given" if finding.check == "start" else "exact step"
    lines.append(f"  {what:<14}  {finding.expected_value}")
    lines.append(f"  difference      {float(gap):.3g}, where rounding explains {finding.bound:.3g}")
    return "\n".join(lines)


def summary(counterexample: Counterexample) -> str:
    """Return how far the case was shrunk, whether anything smaller fails, and whether it fails every time."""
    before, after = counterexample.shrunk_from, counterexample.shrunk_to
    sizes = ", ".join(
        f"{name} {old} → {new}" for name, old, new in zip(before._fields, before, after, strict=True)
    )
    effort = f"{counterexample.calls} runs, {counterexample.seconds:.1f} s"
    end = (
        "no single further reduction disagrees"
        if counterexample.reached_minimum
        else "the budget ended before every smaller case was tried"
    )
    text = f"{sizes} ({effort}); {end}."
    inputs_as = counterexample.canonical["inputs_as"]
    if counterexample.reached_minimum and inputs_as != "exact":
        text += (
            f" It disagrees only with numbers that {counterexample.dtype} does not have: is `inputs_as` = `{inputs_as}` "
            "how the candidate sees them?"
        )
    if counterexample.flaky:
        text += (
            f" Run {counterexample.repeats} times more, this case disagreed {counterexample.reproduced} times: the "
            "candidate does not compute the same on the same input, look for uninitialised memory or a race first."
        )
    return text


def _spec(canonical: dict[str, Any]) -> str:
    """Return the call that builds a spec; what `oracle.spec` has no argument for is written out as a mapping."""
    if canonical["problem"]["kind"] != "regression" or "schedule" in canonical["method"]:
        return repr(canonical)
    return "oracle.spec(" + ", ".join(f"{name}={text}" for name, text in _fields(canonical)) + ")"


def _fields(canonical: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the arguments of `oracle.spec`, those at their default left out."""
    problem, method = canonical["problem"], canonical["method"]
    names = MODELS[canonical["model"]].names
    for name in ("X", "y"):
        yield name, _listed(problem[name])
    for name, value in (
        ("model", canonical["model"]),
        ("loss", problem.get("loss", DEFAULTS["loss"])),
        ("inputs_as", canonical["inputs_as"]),
    ):
        if value != DEFAULTS[name]:
            yield name, f'"{value}"'
    for name in names:
        yield name, _listed(canonical["init"][name])
    if any(text != "0" for name in names for text in method["p0"][name]):
        yield "p0", "{" + ", ".join(f'"{name}": {_listed(method["p0"][name])}' for name in names) + "}"
    if method["batches"]:
        yield "batches", str(method["batches"])
    yield "method", f'"{method["name"]}"'
    yield "step_size", _listed(method["step_size"])
    if method["name"] != "gradient_descent":
        yield "momentum", _listed(method["momentum"])
    yield "steps", str(canonical["want"]["steps"][-1])


def _listed(value: Any) -> str:
    """Return numbers as Python text, many equal neighbours as ``["0"] * 31``."""
    if isinstance(value, str):
        return f'"{short_text(parse_number(value))}"'
    texts = [_listed(entry) for entry in value]
    if len(texts) <= LONG:
        return f"[{', '.join(texts)}]"
    runs = [(text, len(list(same))) for text, same in groupby(texts)]
    if 2 * len(runs) > len(texts):
        return f"[{', '.join(texts)}]"
    return " + ".join(f"[{text}]" + (f" * {count}" if count > 1 else "") for text, count in runs)


def _declared(declaration: Declaration) -> str:
    """Return the arguments that say how the candidate computes; what it leaves at the default is left out."""
    arguments = [f'dtype="{declaration.dtype}"', f'form="{declaration.form}"']
    for name in ("accumulate", "operands", "state"):
        if getattr(declaration, name):
            arguments.append(f'{name}="{getattr(declaration, name)}"')
    return ", ".join(arguments)


def _command(counterexample: Counterexample, target: str) -> str:
    """Return the spec as a file and the command that runs an installed candidate on it."""
    spec = json.dumps(counterexample.canonical, separators=(", ", ": "))
    lines: Sequence[str] = (
        f"cat > {FILE} <<'SPEC'",
        spec,
        "SPEC",
        f"oracle conformance {target} --spec {FILE} --dtype {counterexample.dtype}",
    )
    return "\n".join(lines)
