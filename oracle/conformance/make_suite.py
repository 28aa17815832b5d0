"""Make the shipped suite anew: ``python -m oracle.conformance.make_suite DIR``.

Every golden is certified by balls and confirmed by mpmath.  The same version of the reference gives the same
bytes on every machine: what varies (time, versions) stands in the index alone, under ``made_with``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oracle.conformance.problem import Problem
from oracle.conformance.problems import problems
from oracle.conformance.shipped import INDEX, SCHEMA, VERSION, suite_digest
from oracle.goldens import compute_golden
from oracle.records.atomic_files import write_atomically
from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes
from oracle.spec import Spec, spec_from

__all__ = ["DIGITS", "golden_of", "make_suite", "spec_of"]

# enough to compare with: a few beyond what the dtype holds
DIGITS = {"float64": 24, "float32": 17, "bfloat16": 15}
FACTS = ("enclosure", "precision_bits", "bits_lost_per_step", "cross_checked_by_mpmath")


def make_suite(directory: Path, only: Sequence[str] = ()) -> Path:
    """Write every golden and the index; return the index's path.

    Parameters
    ----------
    directory : Path
        Made if it is not there; files of another suite in it are left alone.
    only : sequence of str
        Names of problems; empty means all.
    """
    directory.mkdir(parents=True, exist_ok=True)
    entries = [_made(problem, directory) for problem in problems() if not only or problem.name in only]
    made_with = {name: version(name) for name in ("momentum-oracle", "python-flint", "mpmath")}
    index = {
        "schema": SCHEMA,
        "version": VERSION,
        "digest": suite_digest(entries),
        "made_with": made_with,
        "problems": entries,
    }
    write_atomically(directory / INDEX, (json.dumps(index, indent=1, ensure_ascii=False) + "\n").encode())
    return directory / INDEX


def spec_of(problem: Problem, dtype: str) -> Spec:
    """Return the spec of one golden."""
    parts = problem.parts(dtype)
    steps: Sequence[int] = problem.steps
    if "want" in parts:  # a spec that was searched for says itself where it tells most
        last = parts["want"]["steps"][-1]
        steps = sorted({0, 1, last - 1, last, last + 2})
    return spec_from(
        {
            **parts,
            "schema": "momentum-oracle/spec/1",
            "inputs_as": dtype,
            "want": {"kind": "iterates", "steps": list(steps)},
            "digits": DIGITS[dtype],
        }
    )


def golden_of(problem: Problem, dtype: str) -> Golden:
    """Return one golden as it is shipped: certified, confirmed, and with nothing in it that varies."""
    golden = compute_golden(spec_of(problem, dtype))
    return replace(golden, provenance={name: golden.provenance[name] for name in FACTS})


def _made(problem: Problem, directory: Path) -> dict[str, Any]:
    """Write the goldens of one problem and return its entry in the index."""
    goldens = {}
    for dtype in problem.dtypes:
        golden = golden_of(problem, dtype)
        file = f"{problem.name}.{dtype}.npz"
        write_atomically(directory / file, npz_bytes(golden))
        goldens[dtype] = {"file": file, "digest": golden.digest}
    spec = spec_of(problem, problem.dtypes[0]).canonical
    return {
        "name": problem.name,
        "theme": problem.theme,
        "why": problem.why,
        "method": spec["method"]["name"],
        "model": spec["model"],
        "schedule": spec["method"].get("schedule_scales", "gradient") if "schedule" in spec["method"] else "",
        "sparse": problem.sparse,
        "quick": problem.quick,
        "goldens": goldens,
    }


def main(arguments: Sequence[str]) -> int:
    """Make the suite in the directory named; say what was written."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m oracle.conformance.make_suite DIR\n")
        return 2
    index = make_suite(Path(arguments[0]))
    sys.stdout.write(f"{index}: suite {json.loads(index.read_text(encoding='utf-8'))['digest']}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
