"""What one field of a spec says about another: shapes, parameter names, which method a want needs.

The rules run in two rounds, because lengths mean something only once problem and model fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from oracle.spec_error import Problem
from oracle.spec_fields import (
    Discrete,
    Fields,
    Flow,
    GradientDescent,
    HeavyBallFlow,
    Integrals,
    Iterates,
    Kkt,
    Methods,
    Polynomial,
    Problems,
    Regression,
    ScalarProduct,
    SparseRegression,
    Wants,
)
from oracle.spec_json import MAXIMUM_TEXT, shown
from oracle.spec_values import Coordinates, choices_text
from reference.exact import number_text
from reference.methods import METHODS
from reference.models import MODELS

__all__ = ["dimension", "model_of", "problems_of"]

LARGEST_MATRIX = 4_000_000  # entries of X
MODELS_OF = {
    "regression": ("diagonal", "hadamard", "linear"),
    "sparse_regression": ("diagonal", "hadamard", "linear"),
    "scalar_product": ("scalar_product",),
    "polynomial": ("polynomial",),
}
FLOWS = ("gradient_flow", "rescaled_gradient_flow", "momentum_flow", "mgf", "hb_flow", "gd_flow")


def problems_of(fields: Fields) -> list[Problem]:
    """Return everything in which the fields of a spec do not fit each other; empty when they do."""
    problems = [
        *_shape_rules(fields.problem),
        *_model_rules(fields),
        *_presence_rules(fields),
        *_want_rules(fields),
    ]
    return problems or [*_coordinate_rules(fields), *_method_rules(fields)]


def model_of(fields: Fields) -> str | None:
    """Return the model, filled in where the kind of problem leaves only one."""
    choices = MODELS_OF[fields.problem.kind]
    return fields.model or (choices[0] if len(choices) == 1 else None)


def dimension(problem: Problems) -> int:
    """Return the number d of coordinates of each parameter."""
    match problem:
        case Regression():
            return len(problem.X[0])
        case SparseRegression():
            return problem.d
        case ScalarProduct():
            return 1
        case Polynomial():
            return len(problem.terms[0].powers)


def _samples(problem: Problems) -> int:
    """Return the number n of samples that a batch may name; a polynomial has none."""
    match problem:
        case Regression():
            return len(problem.y)
        case SparseRegression():
            return problem.n
        case ScalarProduct():
            return 1
        case Polynomial():
            return 0


def _shape_rules(problem: Problems) -> Iterator[Problem]:
    match problem:
        case Regression():
            n, d = len(problem.X), len(problem.X[0])
            if len(problem.y) != n:
                yield _length("problem.y", len(problem.y), n, "one for each row of `problem.X`")
            yield from _size_rule(n, d, "problem.X")
        case SparseRegression():
            if problem.nonzeros > problem.d:
                expected = f"at most `problem.d` = {problem.d}"
                yield Problem("problem.nonzeros", str(problem.nonzeros), expected, "lower it or raise `d`")
            yield from _size_rule(problem.n, problem.d, "problem.n")
        case Polynomial():
            d = dimension(problem)
            for i, term in enumerate(problem.terms):
                if len(term.powers) != d:
                    path = f"problem.terms[{i}].powers"
                    yield _length(path, len(term.powers), d, "as many as in the first term")


def _size_rule(n: int, d: int, path: str) -> Iterator[Problem]:
    if n * d > LARGEST_MATRIX:
        yield Problem(
            path, f"part of a {n} x {d} matrix", f"at most {LARGEST_MATRIX} entries", "choose smaller sizes"
        )


def _model_rules(fields: Fields) -> Iterator[Problem]:
    choices = MODELS_OF[fields.problem.kind]
    if model_of(fields) is None:
        yield Problem("model", "missing", choices_text(choices), "add it")
    elif model_of(fields) not in choices:
        expected = f"{choices_text(choices)} for a problem of kind `{fields.problem.kind}`"
        yield Problem("model", shown(fields.model), expected, "change one of the two")


def _presence_rules(fields: Fields) -> Iterator[Problem]:
    """Yield what is missing; only a KKT problem needs neither start nor method."""
    if isinstance(fields.want, Kkt):
        return
    if fields.init is None and (model := model_of(fields)) is not None:
        names = ", ".join(f"`{name}`" for name in MODELS[model].names)
        yield Problem("init", "missing", f"an object of coordinates for {names}", "add it")
    if fields.method is None:
        names = choices_text([*METHODS, *FLOWS])
        yield Problem("method", "missing", f"an object whose `name` is {names}", "add it")


def _want_rules(fields: Fields) -> Iterator[Problem]:
    want = fields.want
    if isinstance(want, Kkt) and not isinstance(fields.problem, Regression | SparseRegression):
        expected = "`regression` or `sparse_regression` for a want of kind `kkt`"
        yield Problem("problem.kind", shown(fields.problem.kind), expected, "change one of the two")
    if isinstance(want, Integrals):
        given = [name for name in ("steps", "times", "to") if getattr(want, name) is not None]
        if len(given) != 1:
            arrived = f"integrals with {' and '.join(f'`{name}`' for name in given) or 'no end'}"
            yield Problem("want", arrived, "exactly one of `steps`, `times`, `to`", "keep or add one")
    if isinstance(want, Iterates) or (isinstance(want, Integrals) and want.steps is not None):
        yield from _method_kind_rule(fields.method, tuple(METHODS), f"{want.kind} with `steps`")
    if isinstance(want, Flow) or (isinstance(want, Integrals) and want.times is not None):
        yield from _method_kind_rule(fields.method, FLOWS, f"{want.kind} with `times`")


def _method_kind_rule(method: Methods | None, names: tuple[str, ...], asked: str) -> Iterator[Problem]:
    if method is not None and method.name not in names:
        expected = f"{choices_text(names)} for a want of kind {asked}"
        yield Problem("method.name", shown(method.name), expected, "change one of the two")


def _coordinate_rules(fields: Fields) -> Iterator[Problem]:
    model, d = model_of(fields), dimension(fields.problem)
    assert model is not None
    names = MODELS[model].names
    if fields.init is not None:
        for name in names:
            if name not in fields.init:
                yield Problem(f"init.{name}", "missing", f"coordinates of shape ({d},)", "add it")
        yield from _by_parameter_rules("init", fields.init, names, d)
    for key in ("p0", "initial_velocity"):
        given = getattr(fields.method, key, None)
        if isinstance(given, Mapping):
            yield from _by_parameter_rules(f"method.{key}", given, names, d)
    if isinstance(fields.want, Kkt):
        yield from _length_rule("want.xi", fields.want.xi, d)
        yield from _length_rule("want.linear", fields.want.linear, d)


def _by_parameter_rules(
    path: str, given: Mapping[str, Coordinates], names: Iterable[str], d: int
) -> Iterator[Problem]:
    for name, coordinates in given.items():
        if name in names:
            yield from _length_rule(f"{path}.{name}", coordinates, d)
        else:
            yield Problem(
                path,
                f"an object with {shown(name)}",
                f"only parameters of the model: {choices_text(tuple(names))}",
                "correct the name or remove it",
            )


def _length_rule(path: str, coordinates: Coordinates, d: int) -> Iterator[Problem]:
    if isinstance(coordinates, tuple) and len(coordinates) != d:
        yield _length(path, len(coordinates), d, "one for each coordinate")
    if isinstance(coordinates, Fraction) and (length := len(number_text(coordinates))) * d > MAXIMUM_TEXT:
        arrived = f"a number of {length} characters for each of {d} coordinates"
        yield Problem(path, arrived, f"at most {MAXIMUM_TEXT} characters in all", "choose a shorter number")


def _method_rules(fields: Fields) -> Iterator[Problem]:
    method = fields.method
    if isinstance(method, GradientDescent):
        yield from _no_momentum_rules(method)
    if isinstance(method, Discrete):
        yield from _schedule_rules(method, fields.want)
    if isinstance(method, Discrete | HeavyBallFlow):
        yield from _batch_rules(method.batches, _samples(fields.problem))
    if isinstance(method, HeavyBallFlow):
        yield from _variant_rules(method)


def _variant_rules(flow: HeavyBallFlow) -> Iterator[Problem]:
    """Yield what the variant of a heavy-ball flow leaves no room for."""
    if flow.variant == "stationary" and flow.batches:
        arrived = f"a list of {len(flow.batches)} for the stationary variant"
        yield Problem(
            "method.batches", arrived, "batches of the piecewise variant alone", "choose `piecewise`"
        )
    if flow.variant == "piecewise" and flow.start == "shifted":
        expected = "`plain` for the piecewise variant, which follows heavy ball from its first step"
        yield Problem("method.start", "`shifted`", expected, "change one of the two")


def _no_momentum_rules(method: GradientDescent) -> Iterator[Problem]:
    advice = "remove it, or choose `heavy_ball` or `nesterov`"
    if method.momentum != 0:
        arrived = shown(number_text(method.momentum))
        yield Problem("method.momentum", arrived, "0 or nothing for `gradient_descent`", advice)
    moving = (name for name, coordinates in method.p0.items() if not _is_zero(coordinates))
    for name in moving:
        yield Problem(f"method.p0.{name}", "not zero", "0 or nothing for `gradient_descent`", advice)


def _schedule_rules(method: Discrete, want: Wants) -> Iterator[Problem]:
    """Yield what a schedule of step sizes, and what they scale, leave no room for."""
    if method.schedule and not isinstance(want, Iterates):
        arrived = f"a list of {len(method.schedule)} for a want of kind `{want.kind}`"
        yield Problem("method.schedule", arrived, "a schedule for `iterates` alone", "change one of the two")
    if method.schedule_scales == "gradient" or isinstance(method, GradientDescent):
        return
    path, advice = "method.schedule_scales", "let it scale the `gradient`"
    if not method.schedule:
        yield Problem(
            path, "`update` without a `schedule`", "a `method.schedule` beside it", "add or remove it"
        )
    if method.name == "nesterov":
        expected = "`gradient` for `nesterov`, whose look-ahead point could take the step size before or the one after"
        yield Problem(
            path, "`update`", expected, f"{advice}, or choose `nesterov_lookahead`, which needs neither"
        )
    for name, coordinates in method.p0.items():
        if not _is_zero(coordinates):
            expected = "0 or nothing where the schedule scales the `update`: p0 is a move, not a gradient"
            yield Problem(f"method.p0.{name}", "not zero", expected, f"remove it, or {advice}")


def _is_zero(coordinates: Coordinates) -> bool:
    return not any((coordinates,) if isinstance(coordinates, Fraction) else coordinates)


def _batch_rules(batches: tuple[tuple[int, ...], ...], n: int) -> Iterator[Problem]:
    if batches and not n:
        yield Problem(
            "method.batches", f"a list of {len(batches)}", "nothing, a polynomial has no samples", "remove it"
        )
        return
    for i, batch in enumerate(batches):
        for j, index in enumerate(batch):
            if index >= n:
                expected = f"a sample index from 0 to {n - 1}"
                yield Problem(f"method.batches[{i}][{j}]", str(index), expected, "indices count from 0")


def _length(path: str, arrived: int, expected: int, why: str) -> Problem:
    entries = "entry" if arrived == 1 else "entries"
    return Problem(path, f"a list of {arrived} {entries}", f"{expected}, {why}", "add or remove entries")
