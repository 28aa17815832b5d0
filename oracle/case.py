"""From a canonical spec to the exact case that the reference computes, with the standard library alone.

Every number is first rounded to the format in which the candidate sees its inputs, so that the
rounding of the data is never taken for an error of the method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from oracle.sparse_regression import SparseRegressionError, generate
from oracle.spec_error import Problem, SpecError, refusal
from reference.case import Case, Flow, FlowCase, Method, Polynomial, Regression, Term
from reference.exact import ExactNumberError, parse_number, round_to_format
from reference.methods import METHODS

__all__ = ["case_of", "flow_case_of", "kkt_of", "steps_of", "times_of"]


class Rounding:
    """Exact numbers of a canonical spec, rounded to its `inputs_as`.

    Parameters
    ----------
    inputs_as : str
        ``exact``, ``float64``, ``float32`` or ``bfloat16``.
    """

    def __init__(self, inputs_as: str) -> None:
        self.inputs_as = inputs_as

    def rational(self, value: Fraction, path: str) -> Fraction:
        """Return one number rounded."""
        try:
            return round_to_format(value, self.inputs_as)
        except ExactNumberError as error:
            raise SpecError(f"`{path}` does not fit `inputs_as`: {error}") from error

    def number(self, text: str, path: str) -> Fraction:
        """Return what a text says, rounded."""
        return self.rational(parse_number(text), path)

    def numbers(self, texts: Sequence[str], path: str) -> tuple[Fraction, ...]:
        """Return a list of numbers rounded."""
        return tuple(self.number(text, f"{path}[{i}]") for i, text in enumerate(texts))

    def by_parameter(self, given: Mapping[str, Sequence[str]], path: str) -> dict[str, tuple[Fraction, ...]]:
        """Return coordinates by parameter name, rounded."""
        return {name: self.numbers(texts, f"{path}.{name}") for name, texts in given.items()}


def case_of(canonical: Mapping[str, Any]) -> Case:
    """Return the case of a canonical spec with a discrete method.

    Parameters
    ----------
    canonical : mapping
        `oracle.spec.Spec.canonical`, or the ``spec`` of a golden.

    Returns
    -------
    Case
        Data, start and coefficients rounded to ``inputs_as``, a scheduled step size as the exact product of
        `step_size` and its factor, rounded once; a generated problem generated; the 2-d problem as the
        regression X = [[x]], y = [y] with loss ½ r².

    Raises
    ------
    SpecError
        If the method is no discrete one, a number overflows the format, a step size rounds to 0
        or the momentum to 1, or float32 cannot hold the generated problem.
    """
    method = canonical.get("method", {})
    if method.get("name") not in METHODS:
        expected = ", ".join(f"`{name}`" for name in METHODS)
        raise SpecError(
            f"`method.name` is `{method.get('name', 'missing')}`; expected for a trajectory of iterates "
            f"one of {expected}"
        )
    rounding = Rounding(canonical["inputs_as"])
    return Case(
        problem=_problem(canonical["problem"], rounding),
        model=canonical["model"],
        init=rounding.by_parameter(canonical["init"], "init"),
        method=_method(method, rounding),
    )


def flow_case_of(canonical: Mapping[str, Any]) -> FlowCase:
    """Return the case of a canonical spec with a flow.

    Raises
    ------
    SpecError
        If the method is no flow, or for the reasons of `case_of`.
    """
    method = canonical.get("method", {})
    if method.get("name", "") in METHODS or "name" not in method:
        raise SpecError(f"`method.name` is `{method.get('name', 'missing')}`; expected a flow for `times`")
    rounding = Rounding(canonical["inputs_as"])
    return FlowCase(
        problem=_problem(canonical["problem"], rounding),
        model=canonical["model"],
        init=rounding.by_parameter(canonical["init"], "init"),
        flow=_flow(method, rounding),
    )


def kkt_of(
    canonical: Mapping[str, Any],
) -> tuple[Regression, tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Return the regression, ξ and the linear term of a canonical spec that wants a minimiser.

    Raises
    ------
    SpecError
        If an entry of ξ rounds to zero, or a number overflows the format.
    """
    rounding, want = Rounding(canonical["inputs_as"]), canonical["want"]
    problem = _problem(canonical["problem"], rounding)
    assert isinstance(problem, Regression)
    xi = rounding.numbers(want["xi"], "want.xi")
    for j, value in enumerate(xi):
        if value <= 0:
            arrived = f'"{want["xi"][j]}", which `inputs_as` = `{rounding.inputs_as}` rounds to {value}'
            raise refusal([Problem(f"want.xi[{j}]", arrived, "a number greater than 0 after rounding")])
    return problem, xi, rounding.numbers(want["linear"], "want.linear")


def times_of(canonical: Mapping[str, Any]) -> tuple[Fraction, ...]:
    """Return the times that a canonical spec wants, exactly: they are questions, not inputs.

    Raises
    ------
    SpecError
        If it wants anything but a flow or integrals at times.
    """
    want = canonical["want"]
    if "times" not in want:
        raise SpecError(f"`want` of kind `{want['kind']}` names no times; expected `want.times`")
    return tuple(parse_number(time) for time in want["times"])


def steps_of(canonical: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the steps that a canonical spec wants.

    Raises
    ------
    SpecError
        If it wants anything but iterates or integrals at steps.
    """
    want = canonical["want"]
    if "steps" not in want:
        raise SpecError(f"`want` of kind `{want['kind']}` names no steps; expected `want.steps`")
    return tuple(want["steps"])


def _problem(problem: Mapping[str, Any], rounding: Rounding) -> Regression | Polynomial:
    match problem["kind"]:
        case "regression":
            return _regression(problem, rounding)
        case "sparse_regression":
            return _sparse_regression(problem, rounding)
        case "scalar_product":
            x, y = (rounding.number(problem[name], f"problem.{name}") for name in ("x", "y"))
            return Regression(((x,),), (y,), "half_sum_square")
        case "polynomial":
            return Polynomial(tuple(_terms(problem["terms"], rounding)))
    raise SpecError(f"`problem.kind` is `{problem['kind']}`; the spec is not canonical, parse it again")


def _regression(problem: Mapping[str, Any], rounding: Rounding) -> Regression:
    rows = (rounding.numbers(row, f"problem.X[{i}]") for i, row in enumerate(problem["X"]))
    return Regression(tuple(rows), rounding.numbers(problem["y"], "problem.y"), problem["loss"])


def _sparse_regression(problem: Mapping[str, Any], rounding: Rounding) -> Regression:
    n, d, nonzeros, seed = (problem[name] for name in ("n", "d", "nonzeros", "seed"))
    try:
        generated = generate(n, d, nonzeros, seed, parse_number(problem["scale"]))
    except SparseRegressionError as error:
        raise SpecError(f"`problem`: {error}") from error
    rows = tuple(tuple(rounding.rational(entry, "problem.X") for entry in row) for row in generated.X)
    y = tuple(rounding.rational(entry, "problem.y") for entry in generated.y)
    return Regression(rows, y, problem["loss"])


def _terms(terms: Sequence[Mapping[str, Any]], rounding: Rounding) -> list[Term]:
    return [
        Term(rounding.number(term["coefficient"], f"problem.terms[{i}].coefficient"), tuple(term["powers"]))
        for i, term in enumerate(terms)
    ]


def _method(method: Mapping[str, Any], rounding: Rounding) -> Method:
    return Method(
        name=method["name"],
        step_size=_still_valid(method, "step_size", rounding),
        momentum=_still_valid(method, "momentum", rounding),
        p0=rounding.by_parameter(method["p0"], "method.p0"),
        batches=tuple(tuple(batch) for batch in method["batches"]),
        step_sizes=_step_sizes(method, rounding),
        scales=method.get("schedule_scales", "gradient"),
    )


def _step_sizes(method: Mapping[str, Any], rounding: Rounding) -> tuple[Fraction, ...]:
    """Return η_k: the product of the exact step size and the exact factor, rounded once."""
    step_size, result = parse_number(method["step_size"]), []
    for k, factor in enumerate(method.get("schedule", ())):
        path = f"method.schedule[{k}]"
        value = rounding.rational(step_size * parse_number(factor), path)
        if value <= 0:
            arrived = (
                f'"{factor}", whose product with `step_size` `inputs_as` = `{rounding.inputs_as}` rounds to 0'
            )
            raise refusal(
                [Problem(path, arrived, "a product greater than 0 after rounding", "change one of them")]
            )
        result.append(value)
    return tuple(result)


def _flow(method: Mapping[str, Any], rounding: Rounding) -> Flow:
    """Return the flow of a spec; coefficients that it does not name keep their defaults."""
    velocity = method.get("initial_velocity", "zero")
    given = {
        name: _still_valid(method, name, rounding) for name in ("step_size", "momentum") if name in method
    }
    return Flow(
        name=method["name"],
        **given,
        inertia=_still_valid(method, "lambda", rounding) if "lambda" in method else Fraction(0),
        of=method.get("of", "heavy_ball"),
        initial_velocity=velocity
        if isinstance(velocity, str)
        else rounding.by_parameter(velocity, "method.initial_velocity"),
        order=method.get("order", 1),
        variant=method.get("variant", "stationary"),
        start=method.get("start", "plain"),
        batches=tuple(tuple(batch) for batch in method.get("batches", ())),
    )


def _still_valid(method: Mapping[str, Any], name: str, rounding: Rounding) -> Fraction:
    """Return a coefficient rounded, unless rounding moved it out of its range."""
    path = f"method.{name}"
    value = rounding.number(method[name], path)
    holds, expected = {
        "step_size": (value > 0, "a number greater than 0 after rounding"),
        "momentum": (0 <= value < 1, "a number at least 0 and less than 1 after rounding"),
        "lambda": (value > 0, "a number greater than 0 after rounding"),
    }[name]
    if not holds:
        arrived = f'"{method[name]}", which `inputs_as` = `{rounding.inputs_as}` rounds to {value}'
        raise refusal([Problem(path, arrived, expected, "change it, or choose a wider `inputs_as`")])
    return value
