"""Examples for the description of the interface: a spec that is computed in a blink, and the form of a check."""

from __future__ import annotations

from typing import Any

from oracle.service.requests import DECLARED

__all__ = ["RECORDING", "SPEC", "check_body", "spec_body"]

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": [0, 1, 2, 3, 4, 5]},
    "digits": 40,
}
MINIMISER: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": SPEC["problem"],
    "model": "diagonal",
    "want": {"kind": "kkt", "potential": "hyperbolic_entropy", "xi": "1e-6", "linear": "0"},
    "digits": 40,
}
RECORDING = """\
import numpy as np

X = np.array([[1, 0.5, -0.25], [0, 1, 0.75]])
y = np.array([1, -0.5])
u, v = np.full(3, 0.25), np.full(3, 0.25)
p_u, p_v = np.zeros(3), np.zeros(3)

us, vs = [u], [v]
for step in range(5):
    gradient = X.T @ (X @ (u * u - v * v) - y) / len(y)
    p_u = 0.9 * p_u - 0.05 * (2 * u * gradient)
    p_v = 0.9 * p_v + 0.05 * (2 * v * gradient)
    u, v = u + p_u, v + p_v
    us.append(u)
    vs.append(v)

np.savez("run.npz", steps=np.arange(6), u=us, v=vs)
"""  # a run of SPEC as a program records it
PROBLEMS = ["regression", "sparse_regression", "scalar_product", "polynomial"]
WANTS = ["iterates", "flow", "limit", "integrals", "kkt"]
SCHEMA = {
    "type": "object",
    "description": "What is to be computed; numbers are strings, so that they are exact. README has the fields.",
    "required": ["schema", "problem", "want", "digits"],
    "properties": {
        "schema": {"const": "momentum-oracle/spec/1"},
        "problem": {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": PROBLEMS}}},
        "model": {"enum": ["diagonal", "hadamard", "linear", "scalar_product", "polynomial"]},
        "init": {"type": "object"},
        "method": {"type": "object"},
        "inputs_as": {"enum": ["exact", "float64", "float32", "bfloat16"]},
        "want": {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": WANTS}}},
        "digits": {"type": "integer", "minimum": 15, "maximum": 1000},
    },
}


def spec_body(example: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that is a spec."""
    examples = {"iterates": {"value": example}, "minimiser": {"value": MINIMISER}}
    return {"required": True, "content": {"application/json": {"schema": SCHEMA, "examples": examples}}}


def check_body() -> dict[str, Any]:
    """Return the description of the form of a check."""
    declared = {
        name: {
            "type": "string",
            "enum": ["", *choices],
            "description": "of the arithmetic; empty for the default",
        }
        for name, choices in DECLARED.items()
    }
    properties = {
        "spec": {"type": "string", "description": "JSON, as a file or a text"},
        "candidate": {
            "type": "string",
            "format": "binary",
            "description": "an .npz with `steps` and an array a parameter",
        },
        **declared,
    }
    schema = {
        "type": "object",
        "required": ["spec", "candidate"],
        "properties": properties,
        "additionalProperties": False,
    }
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
