"""Every correct implementation agrees with the judge, step by step; one digit off, and it does not."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from lightning_runs.implementations import catalogue
from lightning_runs.implementations.formats import rounded
from lightning_runs.implementations.implementation import Implementation
from lightning_runs.tasks import METHODS, TaskError
from oracle.findings import Finding, Outcome
from oracle.records.candidate import Array
from oracle.spec import Spec
from oracle.step_check import StepCheck
from oracle.tensors import task_of

SEEDS = range(6)
IMPLEMENTATIONS: list[Implementation] = [getattr(catalogue, name) for name in catalogue.__all__]
RUNS = [(each, dtype) for each in IMPLEMENTATIONS for dtype in sorted(each.dtypes)]


def recorded(implementation: Implementation, spec: Spec, dtype: str) -> dict[str, Array]:
    """Return what an implementation records of a spec, at every step."""
    task = task_of(spec.canonical, dtype, spec.canonical["want"]["steps"])
    return implementation(task.problem, task.method, task.steps)


def found(implementation: Implementation, spec: Spec, dtype: str, arrays: dict[str, Array]) -> Finding:
    """Judge a record."""
    declaration = implementation.declare(dtype, spec.canonical["method"]["name"])
    return StepCheck(spec.canonical, declaration)(spec.canonical["want"]["steps"], arrays)


def skip_without(implementation: Implementation) -> None:
    """Skip a test where the implementation's package is missing."""
    if missing := implementation.missing():
        pytest.skip(missing)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("implementation", "dtype"), RUNS, ids=lambda x: getattr(x, "name", x))
def test_every_implementation_agrees(
    spec_of: Any, implementation: Implementation, dtype: str, method: str
) -> None:
    """On random problems of every model and loss, with batches and from moving starts."""
    skip_without(implementation)
    if method not in implementation.methods:
        pytest.skip(f"{implementation.name} runs no {method}")
    for seed in SEEDS:
        spec = spec_of(seed, dtype, method)
        finding = found(implementation, spec, dtype, recorded(implementation, spec, dtype))
        assert finding.outcome is Outcome.AGREES, (seed, finding)


@pytest.mark.parametrize(("implementation", "dtype"), RUNS, ids=lambda x: getattr(x, "name", x))
def test_a_coordinate_off_by_a_few_units_disagrees(
    spec_of: Any, implementation: Implementation, dtype: str
) -> None:
    """One number of one record moved by 1/16 of itself in bfloat16, 2⁻¹⁴ in float32, 2⁻⁴² in float64."""
    skip_without(implementation)
    spec = spec_of(3, dtype, "heavy_ball")
    arrays = recorded(implementation, spec, dtype)
    name = next(iter(spec.canonical["init"]))
    kick = {"bfloat16": 0.0625, "float32": 2.0**-14, "float64": 2.0**-42}[dtype]
    kicked = arrays[name][10:11, 0] * (1 + np.array(kick, arrays[name].dtype))
    arrays[name][10:11, 0] = rounded(kicked, dtype)
    assert found(implementation, spec, dtype, arrays).outcome is Outcome.DISAGREES


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.name)
def test_steps_come_in_the_order_asked_for(spec_of: Any, implementation: Implementation) -> None:
    """A record of some steps holds the rows of those steps in the record of all."""
    skip_without(implementation)
    dtype = min(implementation.dtypes)
    spec = spec_of(1, dtype, "heavy_ball")
    task = task_of(spec.canonical, dtype, [0, 3, 11])
    some = implementation(task.problem, task.method, task.steps)
    for name, rows in recorded(implementation, spec, dtype).items():
        np.testing.assert_array_equal(some[name], rows[[0, 3, 11]])


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.name)
def test_what_is_not_run_is_refused(spec_of: Any, implementation: Implementation) -> None:
    """A dtype that it does not declare is named in the message, with those that it does."""
    with pytest.raises(TaskError, match=r"`dtype` is 'float16'; .* runs"):
        implementation.declare("float16", "heavy_ball")
    spec = spec_of(0, "float64", "heavy_ball")
    other = "bfloat16" if "bfloat16" not in implementation.dtypes else "float64"
    if other not in implementation.dtypes:
        task = task_of(spec.canonical, other, [0, 1])
        with pytest.raises(TaskError, match=other):
            implementation(task.problem, task.method, task.steps)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.name)
def test_no_implementation_takes_arithmetic_from_another(implementation: Implementation) -> None:
    """Nothing in its module comes from another module but how tasks are read, formats, and how torch and JAX are started.

    `optax_steps` takes from `jax_scanned` how arrays are filled up with zeros.
    """
    skip_without(implementation)
    module = import_module(f"lightning_runs.implementations.{implementation.module}")
    sources = {getattr(value, "__module__", "") for value in vars(module).values()} - {module.__name__}
    here = "lightning_runs.implementations"
    allowed = {
        f"{here}.implementation",
        f"{here}.formats",
        "lightning_runs.plain_torch",
        "lightning_runs.peers.jax_start",
    }
    if implementation.module == "optax_steps":
        allowed.add(f"{here}.jax_scanned")
    assert {source for source in sources if source.startswith("lightning_runs")} <= allowed


def test_naming_the_implementations_imports_nothing() -> None:
    """Neither torch, JAX, Numba nor mpmath is imported before the first run."""
    code = (
        "import sys, lightning_runs.implementations.catalogue\n"
        "print(sorted({'torch', 'jax', 'numba', 'mpmath', 'optax'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_table_of_the_catalogue_is_what_is_there() -> None:
    """Name, form and dtypes of every implementation stand in the module's docstring."""
    rows = [line.split("  ") for line in (catalogue.__doc__ or "").splitlines()]
    table = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows if len(row) > 2}
    for each in IMPLEMENTATIONS:
        forms = {declaration.form for declaration in each.declarations.values()}
        assert forms == {table[each.name][0]}
        assert set(table[each.name][-1].split(", ")) == set(each.dtypes)


def test_a_missing_package_is_named_with_the_remedy() -> None:
    """`missing` says what to install."""
    lacking = Implementation("numpy_matmul", {}, needs="no_such_package")
    assert "pip install no_such_package" in lacking.missing()


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.name)
def test_schedules_of_step_sizes_agree(spec_of: Any, implementation: Implementation) -> None:
    """η_k inside the momentum, or outside the buffer, as the form has it."""
    skip_without(implementation)
    (scales,) = implementation.schedules
    dtype = max(implementation.dtypes)
    spec = spec_of(2, dtype, "heavy_ball", schedule=["1", "1/2", "2"], schedule_scales=scales, p0={})
    arrays = recorded(implementation, spec, dtype)
    constant = recorded(implementation, spec_of(2, dtype, "heavy_ball", p0={}), dtype)
    assert any(not np.array_equal(arrays[name][1:], constant[name][1:]) for name in arrays)
    finding = found(implementation, spec, dtype, arrays)
    assert finding.outcome is Outcome.AGREES
