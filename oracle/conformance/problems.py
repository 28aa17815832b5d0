"""What the suite asks, and why: problems of few numbers, each with the fault it is there to show."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from oracle.conformance.problem import WIDE, Json, Problem, Sketch, dyadic, fixed, rough
from oracle.conformance.telling import telling_problems
from reference.exact import number_text, parse_number

__all__ = ["problems"]

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")
PLAIN = {"gradient_descent": "gradient descent", "heavy_ball": "heavy ball", "nesterov": "Nesterov",
         "nesterov_lookahead": "the look-ahead sequence"}  # fmt: skip


def problems() -> list[Problem]:
    """Return every problem of the suite, in the order in which they are run."""
    themes = (
        _methods, _sizes, _zeros, _scales, _step_sizes, _horizons, _batches, _starts, _schedules, telling_problems,
    )  # fmt: skip
    return [problem for theme in themes for problem in theme()]


def _methods() -> list[Problem]:
    """Return every method on every model, all losses in turn, on rough numbers."""
    problems = []
    for i, method in enumerate(METHODS):
        for j, model in enumerate(("diagonal", "hadamard", "linear", "scalar_product")):
            loss, name = LOSSES[(i + j) % 4], f"{method}-{model}".replace("_", "-")
            size = (1, 1) if model == "scalar_product" else (3, 4)
            sketch = Sketch(*size, model, method, loss, "0.0317", "0.8871", rough)
            shown = f"loss {loss}" if model != "scalar_product" else "f = a1·a2·x"
            why = f"{PLAIN[method]} on the {model.replace('_', ' ')} model, {shown}, numbers that no format holds"
            problems.append(
                Problem(name, "methods", why, fixed(sketch.parts(name)), 16, quick=model == "diagonal")
            )
    return problems


def _sizes() -> list[Problem]:
    """Return shapes at which loops, tiles and broadcasts end."""
    shapes = {
        "one-sample": (1, 4, "a mean over one sample, and a residual that must not broadcast"),
        "one-coordinate": (4, 1, "X of one column, which is easily taken for a vector"),
        "one-by-one": (1, 1, "nothing but scalars: shapes that collapse"),
        "more-samples-than-coordinates": (11, 3, "n > d: n and d, or X and its transpose, swapped"),
        "primes": (7, 13, "sizes that no tile divides"),
        "seventeen-coordinates": (3, 17, "one coordinate past a power of two: the last tile"),
        "thirty-three-coordinates": (5, 33, "one coordinate past a warp: the last lane"),
        "seventeen-samples": (17, 4, "one sample past a power of two: the last tile of rows"),
        "thirty-three-samples": (33, 3, "one sample past a warp: the last row"),
        "129-coordinates": (2, 129, "one coordinate past a block of 128: the second block"),
    }
    problems = []
    for name, (n, d, why) in shapes.items():
        kept = (0, 1, 6) if d > 100 else (0, 1, 2, 12)
        eta = "1/64" if d > 16 else "1/16"
        parts = fixed(Sketch(n, d, eta=eta).parts(name))
        problems.append(Problem(name, "sizes", why, parts, kept[-1], kept, quick=d in {1, 17, 129}))
    return problems


def _zeros() -> list[Problem]:
    """Return problems in which some gradient is exactly zero."""
    resting = Sketch(model="linear").parts("at-the-minimum")
    theta = [parse_number(text) for text in resting["init"]["beta"]]
    fitted = [number_text(sum(map(_product, row, theta), Fraction(0))) for row in _halves(resting)]
    resting["problem"] |= {"X": [[number_text(x) for x in row] for row in _halves(resting)], "y": fitted}
    zero_row, zero_column = Sketch().parts("zero-row"), Sketch().parts("zero-column")
    zero_row["problem"]["X"][1] = ["0"] * 4
    for row in zero_column["problem"]["X"]:
        row[2] = "0"
    saddle = Sketch(model="hadamard").parts("saddle", init={"u": "0", "v": "0"})
    half = Sketch(model="hadamard").parts("zero-start-of-one")
    half["init"]["u"] = "0"
    why = {
        "at-the-minimum": "every gradient is zero: nothing may move, and nothing may be divided by a norm",
        "zero-row": "a sample without features still counts in the mean",
        "zero-column": "a coordinate that no sample sees stays where it is",
        "saddle": "u = v = 0: the gradient of u⊙v vanishes though the residual does not",
        "zero-start-of-one": "u = 0, v ≠ 0: u moves at the first step, v at the second",
    }
    parts = (resting, zero_row, zero_column, saddle, half)
    return [
        Problem(name, "zeros", reason, fixed(part), 12, quick=name == "at-the-minimum")
        for (name, reason), part in zip(why.items(), parts, strict=True)
    ]


def _halves(parts: Json) -> list[list[Fraction]]:
    """Return X rounded up to multiples of 1/2: with θ in eighths every sum is exact in eight bits."""
    return [[Fraction(-(-parse_number(x) * 2 // 1), 2) for x in row] for row in parts["problem"]["X"]]


def _product(a: Fraction, b: Fraction) -> Fraction:
    return a * b


def _scales() -> list[Problem]:
    """Return the same problems in other units: θ and y times 2^±40."""
    problems = []
    for word, power in (("large", 40), ("tiny", -40)):
        linear = _scaled(Sketch(model="linear").parts(f"{word}-linear"), Fraction(2) ** power)
        why = f"targets and weights near 2^{power}: constants of order one, added anywhere, vanish or rule"
        problems.append(Problem(f"{word}-linear", "scales", why, fixed(linear), 12))
        network = _scaled(Sketch().parts(f"{word}-diagonal"), Fraction(2) ** (power // 2))
        network["problem"]["y"] = _times(network["problem"]["y"], Fraction(2) ** (power // 2))
        network["method"]["step_size"] = number_text(Fraction(1, 16) / Fraction(2) ** power)
        why = f"u and v near 2^{power // 2}, θ near 2^{power}, η near 2^{-power}: a clipped or damped step shows"
        problems.append(Problem(f"{word}-diagonal", "scales", why, fixed(network), 12, quick=word == "tiny"))
    mixed = _with_columns(Sketch(model="linear", eta="1/2").parts("mixed-columns"), (0, -6, -12, -18))
    why = "columns from 1 to 2^-18: small gradients beside large ones are still to be applied"
    return [*problems, Problem("mixed-columns", "scales", why, fixed(mixed), 24)]


def _with_columns(parts: Json, powers: Sequence[int]) -> Json:
    """Return the parts with column j of X times 2^powers[j]."""
    rows = [
        [number_text(parse_number(x) * Fraction(2) ** power) for x, power in zip(row, powers, strict=True)]
        for row in parts["problem"]["X"]
    ]
    return {**parts, "problem": {**parts["problem"], "X": rows}}


def _scaled(parts: Json, factor: Fraction) -> Json:
    """Return the parts with start and targets multiplied."""
    init = {name: _times(values, factor) for name, values in parts["init"].items()}
    return {
        **parts,
        "init": init,
        "problem": {**parts["problem"], "y": _times(parts["problem"]["y"], factor)},
    }


def _times(texts: Sequence[str], factor: Fraction) -> list[str]:
    return [number_text(parse_number(text) * factor) for text in texts]


def _step_sizes() -> list[Problem]:
    """Return η next to the limit of stability and past it, and μ at its ends."""
    quadratic = {"kind": "regression", "X": [["1", "0"], ["0", "1/2"]], "y": ["1/2", "-1/4"],
                 "loss": "half_mean_square"}  # fmt: skip
    edge = Sketch(2, 2, "linear").parts("edge", problem=quadratic)
    # the largest eigenvalue is 1/2: heavy ball diverges from η = 2(1 + μ)/L = 7.6 on at μ = 0.9
    near, past = (_with_method(edge, step_size=eta, momentum="0.9") for eta in ("15/2", "8"))
    slow = _with_method(Sketch().parts("mu-0.99"), momentum="0.99")
    none, none_ahead = (
        Sketch(method=method, mu="0").parts("mu-0") for method in ("heavy_ball", "nesterov_lookahead")
    )
    return [
        Problem(
            "near-divergent",
            "coefficients",
            "η at 99 % of the limit of stability: errors of η or μ grow",
            fixed(near),
            40,
            quick=True,
        ),
        Problem(
            "past-divergent",
            "coefficients",
            "η past the limit: the run grows as it must, and is not clipped",
            fixed(past),
            24,
        ),
        Problem(
            "mu-zero",
            "coefficients",
            "μ = 0: heavy ball is gradient descent, with or without a buffer",
            fixed(none),
            12,
        ),
        Problem(
            "mu-zero-look-ahead",
            "coefficients",
            "μ = 0: look-ahead is gradient descent",
            fixed(none_ahead),
            12,
        ),
        Problem(
            "mu-0.99",
            "coefficients",
            "μ close to 1: 1 − μ for μ, dampening and a rounded μ show",
            fixed(slow),
            24,
        ),
    ]


def _with_method(parts: Json, **changes: Any) -> Json:
    return {**parts, "method": {**parts["method"], **changes}}


def _horizons() -> list[Problem]:
    """Return long runs of which few states are recorded: judged by the global envelope.

    Columns of several scales keep them moving to the end, so that they remember what happened on the way.
    """
    linear = Sketch(4, 3, "linear", eta="0.25", mu="0.9", numbers=rough).parts("long-linear")
    network = Sketch(5, 3, "diagonal", "nesterov_lookahead", eta="0.05", mu="0.75", numbers=rough)
    curved = _with_columns(network.parts("long-diagonal"), (0, -3, -6))
    steps = {2000: (0, 1, 2, 20, 200, 1000, 1998, 1999, 2000), 1000: (0, 1, 10, 100, 500, 1000)}
    return [
        Problem(
            "long-linear", "horizon", "2000 steps, nine states: what builds up, and what happens late",
            fixed(_with_columns(linear, (0, -3, -6))), 2000, steps[2000], sparse=True, dtypes=WIDE,
        ),
        Problem(
            "long-diagonal", "horizon", "1000 steps of a network, six states: the same with curvature",
            fixed(curved), 1000, steps[1000], sparse=True, dtypes=WIDE,
        ),
    ]  # fmt: skip


def _batches() -> list[Problem]:
    """Return schedules of mini-batches."""
    uneven, single = [[0, 1], [2], [3, 4]], [[4], [1], [3], [0], [2]]
    kinds = {
        "batches-heavy-ball": ("heavy_ball", "half_mean_square", uneven, "uneven batches: each has its own mean"),
        "batches-nesterov": ("nesterov", "mean_square", uneven, "the batch of step k, at the point of step k"),
        "batches-look-ahead": ("nesterov_lookahead", "half_mean_square", uneven, "uneven batches and look-ahead"),
        "batches-gradient-descent": ("gradient_descent", "mean_square", single, "one sample a step, out of order"),
        "batches-of-a-sum": ("heavy_ball", "sum_square", uneven, "a sum over samples is a mean over a batch"),
        "one-batch": ("heavy_ball", "half_mean_square", [[3, 1, 0]], "a cycle of one batch that leaves samples out"),
    }  # fmt: skip
    return [
        Problem(
            name, "batches", why, fixed(Sketch(5, 4, method=method, loss=loss).parts(name, method={"batches": cycle})), 14,
            quick=name in {"batches-heavy-ball", "batches-look-ahead"},
        )
        for name, (method, loss, cycle, why) in kinds.items()
    ]  # fmt: skip


def _starts() -> list[Problem]:
    """Return starts with momentum, unbiased (u = v) and biased."""
    problems = []
    for method in METHODS[1:]:
        name = f"moving-{method}".replace("_", "-")
        p0 = {p: dyadic(f"{name}/p_{p}", 4) for p in ("u", "v")}
        why = f"{PLAIN[method]} from a start that already moves"
        parts = Sketch(method=method).parts(name, method={"p0": p0})
        problems.append(Problem(name, "starts", why, fixed(parts), 10, quick=method == "heavy_ball"))
    moving = {"p0": {"beta": "1/4"}, "batches": [[0], [1, 2]]}
    both = Sketch(model="linear").parts("moving-batches", method=moving)
    problems.append(
        Problem("moving-batches", "starts", "initial momentum and batches together", fixed(both), 10)
    )
    for name, init, why in (
        ("unbiased", {"u": "1/8", "v": "1/8"}, "u = v: θ = 0 at the start, u and v part at once"),
        ("biased", {"u": "1/4", "v": "1/16"}, "u = 4v: parameters swapped or shared show"),
    ):
        parts = Sketch(4, 7).parts(name, init=init)
        problems.append(Problem(name, "starts", why, fixed(parts), 20))
    return problems


def _schedules() -> list[Problem]:
    """Return step sizes that change, inside the momentum and outside it."""
    why = {
        "gradient": "η_k scales the gradient: what is remembered keeps the step sizes of its own time",
        "update": "η_k scales the update, as in torch: a drop shrinks what is remembered at once",
    }
    factors = ["1", "1", "1/2", "1/4", "2"]
    return [
        Problem(
            f"schedule-of-the-{scales}", "schedules", reason,
            fixed(Sketch().parts(f"schedule-{scales}", method={"schedule": factors, "schedule_scales": scales})), 14,
        )
        for scales, reason in why.items()
    ]  # fmt: skip
