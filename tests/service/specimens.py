"""Specs that are computed in milliseconds, of every kind, and float runs of them that are right by construction."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from oracle.records.candidate import Array
from oracle.sparse_regression import generate

__all__ = ["Specimen", "corpus", "large", "npz", "polynomial", "regression", "shuffled_run"]

SCHEMA = "momentum-oracle/spec/1"
Spec = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Specimen:
    """A spec with an honest float64 run of it.

    Parameters
    ----------
    spec : dict
    run : mapping of name to array, or None
        With ``steps``; None for a spec that wants no iterates.
    """

    spec: Spec
    run: dict[str, Array] | None = None

    @cached_property
    def body(self) -> bytes:
        """The spec's text."""
        return json.dumps(self.spec).encode()

    @cached_property
    def candidate(self) -> bytes:
        """The run as an `.npz`."""
        assert self.run is not None
        return npz(self.run)


def polynomial(source: random.Random, steps: int = 8) -> Specimen:
    """Return gradient descent or heavy ball on b²/2 + c b⁴, in a few dyadic numbers; the golden takes 3 ms."""
    quartic, start, method = source.randrange(1, 2**12), source.randrange(1, 2**16), _method(source)
    spec = {
        "schema": SCHEMA,
        "problem": {
            "kind": "polynomial",
            "terms": [
                {"coefficient": "1/2", "powers": [2]},
                {"coefficient": f"{quartic}/8192", "powers": [4]},
            ],
        },
        "init": {"b": f"{start}/131072"},
        "method": method,
        "inputs_as": "float64",
        "want": {"kind": "iterates", "steps": list(range(steps))},
        "digits": 20,
    }
    c, b = np.float64(quartic / 8192), np.array([start / 131072])
    return Specimen(
        spec, _followed({"b": b}, method, steps, lambda at: {"b": at["b"] + 4 * c * at["b"] ** 3})
    )


def regression(source: random.Random, steps: int = 6, wanted: list[int] | None = None) -> Specimen:
    """Return a least-squares problem of two samples and two coordinates; the golden takes 80 ms and more."""
    X = np.array([[source.randrange(-64, 65) / 64 for _ in range(2)] for _ in range(2)])
    y, start = np.array([source.randrange(1, 65) / 64 for _ in range(2)]), source.randrange(1, 2**16) / 2**17
    method = _method(source)
    spec = {
        "schema": SCHEMA,
        "problem": {
            "kind": "regression",
            "X": [[repr(float(x)) for x in row] for row in X],
            "y": [repr(float(x)) for x in y],
        },
        "model": "diagonal",
        "init": {"u": repr(start), "v": "0.25"},
        "method": method,
        "inputs_as": "float64",
        "want": {"kind": "iterates", "steps": wanted or list(range(steps))},
        "digits": 20,
    }

    def gradient(at: dict[str, Array]) -> dict[str, Array]:
        g = X.T @ (X @ (at["u"] * at["u"] - at["v"] * at["v"]) - y) / 2
        return {"u": 2 * at["u"] * g, "v": -2 * at["v"] * g}

    started = {"u": np.full(2, start), "v": np.full(2, 0.25)}
    return Specimen(spec, None if wanted else _followed(started, method, steps, gradient))


def large(steps: int = 1000, n: int = 40, d: int = 100) -> Spec:
    """Return the spec of the large check: 2 d numbers a step."""
    return {
        "schema": SCHEMA,
        "problem": {"kind": "sparse_regression", "n": n, "d": d, "nonzeros": 5, "seed": 1},
        "model": "diagonal",
        "init": {"u": "1/8", "v": "1/8"},
        "method": {"name": "heavy_ball", "step_size": "0.01", "momentum": "0.9"},
        "inputs_as": "float32",
        "want": {"kind": "iterates", "steps": list(range(steps))},
        "digits": 20,
    }


def shuffled_run(spec: Spec, source: np.random.Generator) -> bytes:
    """Return a float32 run of `large` that adds samples and coordinates in an order of its own: other roundings."""
    problem, steps = spec["problem"], len(spec["want"]["steps"])
    found = generate(problem["n"], problem["d"], problem["nonzeros"], problem["seed"])
    rows, columns = source.permutation(problem["n"]), source.permutation(problem["d"])
    X = np.array([[float(x) for x in row] for row in found.X], dtype=np.float32)[rows][:, columns]
    y, eta, mu = (
        np.array([float(x) for x in found.y], dtype=np.float32)[rows],
        np.float32(0.01),
        np.float32(0.9),
    )
    state = np.full((2, problem["d"]), 0.125, dtype=np.float32)
    momentum, states = np.zeros_like(state), np.empty((steps, 2, problem["d"]), dtype=np.float32)
    for k in range(steps):
        states[k] = state
        g = X.T @ (X @ (state[0] * state[0] - state[1] * state[1]) - y) / np.float32(len(y))
        momentum = mu * momentum - eta * np.stack([2 * state[0] * g, -2 * state[1] * g])
        state = state + momentum
    back = np.argsort(columns)
    return npz({"steps": np.arange(steps), "u": states[:, 0][:, back], "v": states[:, 1][:, back]})


def corpus() -> list[Spec]:
    """Return valid specs of every kind of problem, model, method and want."""
    return list(_corpus())


def npz(arrays: dict[str, Array]) -> bytes:
    """Return arrays as `numpy.savez` writes them."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type] # the stub takes the names for options
    return buffer.getvalue()


def _corpus() -> Iterator[Spec]:
    data = {"kind": "regression", "X": [["1", "0.5"], ["0", "0.75"]], "y": ["1", "-0.5"]}
    diagonal = {"model": "diagonal", "init": {"u": "0.25", "v": "1/8"}}
    moving = {"step_size": "0.05", "momentum": "0.5"}
    some: dict[str, Any] = {"kind": "iterates", "steps": [0, 1, 5]}
    heavy = {"name": "heavy_ball", **moving}
    small = {"schema": SCHEMA, "inputs_as": "float64", "digits": 16}
    base = {**small, "problem": data, **diagonal, "method": heavy, "want": some}
    for name in ("heavy_ball", "nesterov", "nesterov_lookahead"):
        yield {**base, "method": {"name": name, **moving}}
    yield {**base, "method": {"name": "gradient_descent", "step_size": "1/20"}, "inputs_as": "exact"}
    yield {**base, "method": {**heavy, "p0": {"u": "1/64", "v": ["0", "-1/64"]}, "batches": [[0], [0, 1]]}}
    for loss in ("mean_square", "half_sum_square", "sum_square"):
        yield {**base, "problem": {**data, "loss": loss}, "inputs_as": "bfloat16"}
    yield {**base, "model": "hadamard", "init": {"u": "0.25", "v": "0.5"}}
    yield {**base, "model": "linear", "init": {"beta": ["0.25", "0"]}}
    yield {
        **base,
        "problem": {"kind": "sparse_regression", "n": 3, "d": 4, "nonzeros": 1, "seed": 3, "scale": "1/2"},
    }
    scalar = {"problem": {"kind": "scalar_product", "x": "1", "y": "2"}, "model": "scalar_product"}
    yield {**base, **scalar, "init": {"a1": "1/2", "a2": "1/4"}}
    yield polynomial(random.Random(1)).spec
    for flow in _flows(moving):
        yield {**base, "method": flow, "want": {"kind": "flow", "times": ["0", "1/2"]}}
    yield {**base, "want": {"kind": "limit"}}
    yield {**base, "want": {"kind": "integrals", "steps": [1, 4]}}
    for to in ({"xi": "1e-6", "linear": "0"}, {"xi": ["1/4", "1/8"], "linear": ["0.1", "0"]}):
        want = {"kind": "kkt", "potential": "hyperbolic_entropy", **to}
        yield {
            **small,
            "problem": {**data, "X": [["1", "0.5"]], "y": ["1"]},
            "model": "diagonal",
            "want": want,
        }


def _flows(moving: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": "gradient_flow"},
        {"name": "rescaled_gradient_flow", "momentum": "0.5"},
        {"name": "momentum_flow", "of": "nesterov", **moving, "initial_velocity": "slow_manifold"},
        {"name": "mgf", "lambda": "0.2"},
        {"name": "gd_flow", "step_size": "0.03", "order": 2},
        {"name": "hb_flow", **moving, "order": 2, "variant": "piecewise"},
        {"name": "hb_flow", **moving, "order": 2, "variant": "stationary", "start": "shifted"},
    ]


def _texts(row: Array) -> list[str]:
    return [repr(float(x)) for x in row]


def _method(source: random.Random) -> dict[str, str]:
    step = f"{source.randrange(1, 64)}/1024"
    if source.random() < 0.3:
        return {"name": "gradient_descent", "step_size": step}
    return {"name": "heavy_ball", "step_size": step, "momentum": f"{source.randrange(1, 60)}/64"}


def _followed(start: dict[str, Array], method: dict[str, str], steps: int, gradient: Any) -> dict[str, Array]:
    """Return the states of velocity-form heavy ball in float64; η and μ are dyadic, hence exact."""
    eta, mu = (_dyadic(method.get(name, "0/1")) for name in ("step_size", "momentum"))
    momentum = {name: np.zeros_like(value) for name, value in start.items()}
    state, states = start, []
    for _ in range(steps):
        states.append(state)
        g = gradient(state)
        momentum = {name: mu * momentum[name] - eta * g[name] for name in state}
        state = {name: state[name] + momentum[name] for name in state}
    stacked = {name: np.stack([at[name] for at in states]) for name in start}
    return {"steps": np.arange(steps), **stacked}


def _dyadic(text: str) -> float:
    above, _, below = text.partition("/")
    return int(above) / int(below)
