"""The layers hold: who may import whom, and what a fresh interpreter finds loaded."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("reference", "oracle", "lightning_runs")

BREACHES = {
    "reference takes numpy": ("reference/heavy_ball.py", "import numpy", "reference holds mathematics alone"),
    "reference reads files": ("reference/losses.py", "import pathlib", "reference holds mathematics alone"),
    "reference reads the clock": ("reference/state.py", "import time", "reference holds mathematics alone"),
    "reference knows the judge": (
        "reference/models.py",
        "import oracle.verdict",
        "reference holds mathematics alone",
    ),
    "oracle knows the trainer": (
        "oracle/candidates.py",
        "import lightning_runs.candidates",
        "oracle never knows the code on trial",
    ),
    "oracle takes torch": ("oracle/store.py", "import torch", "oracle meets torch in oracle.tensors alone"),
    "the trainer takes the formulas": (
        "lightning_runs/candidates.py",
        "from reference import heavy_ball",
        "lightning_runs meets the judge only as specs, records and tensors",
    ),
    "the trainer takes the replay": (
        "lightning_runs/candidates.py",
        "from oracle import replay",
        "lightning_runs meets the judge only as specs, records and tensors",
    ),
    "comparing takes mpmath by way of reference": (
        "oracle/replay.py",
        "import reference.mpmath_arithmetic",
        "comparing needs numpy alone",
    ),
    "a record takes the verdict": (
        "oracle/records/golden.py",
        "import oracle.verdict",
        "inside oracle a module imports only what stands below it here",
    ),
    "the spec takes the case": (
        "oracle/spec.py",
        "import oracle.case",
        "inside oracle a module imports only what stands below it here",
    ),
    "a module has no place": (
        "oracle/misplaced.py",
        "",
        "inside oracle a module imports only what stands below it here",
    ),
}


def contracts() -> list[dict[str, Any]]:
    """Return import-linter's contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return listed


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a copy of the tree."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def modules(package: str) -> list[str]:
    """Return the dotted names of a package's modules."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths
    ]


def loaded_after(imports: list[str], blocked: list[str]) -> set[str]:
    """Import modules in a fresh interpreter where some others cannot be had; return what it has loaded."""
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
        f"import importlib; [importlib.import_module(name) for name in {imports!r}]\n"
        "print(*[name.partition('.')[0] for name, module in sys.modules.items() if module])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the three packages and their contracts."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_tree_keeps_its_contracts(tree: Path) -> None:
    """The copy as it stands is accepted, so a refusal below is the breach's doing."""
    pytest.importorskip("importlinter")
    outcome = lint(tree)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES.values(), ids=BREACHES)
def test_contract_catches_a_breach(tree: Path, path: str, line: str, contract: str) -> None:
    """One planted import breaks the contract that forbids it, by name."""
    pytest.importorskip("importlinter")
    module = tree / path
    before = module.read_text(encoding="utf-8") if module.exists() else None
    module.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    outcome = lint(tree)
    module.unlink() if before is None else module.write_text(before, encoding="utf-8")
    broken = [row for row in outcome.stdout.splitlines() if " BROKEN" in row]
    assert outcome.returncode == 1
    assert any(row.startswith(contract) for row in broken), outcome.stdout


def test_every_contract_has_a_planted_breach() -> None:
    """A contract that nothing shows to bite is no contract."""
    caught = {contract for _, _, contract in BREACHES.values()}
    assert all(any(c["name"].startswith(name) for name in caught) for c in contracts())


def test_reference_in_a_fresh_interpreter_loads_no_arrays_and_no_torch() -> None:
    """The definitions run where neither numpy nor torch nor this project's other packages can be had."""
    blocked = ["numpy", "torch", "oracle", "lightning_runs"]
    assert not loaded_after(modules("reference"), blocked) & set(blocked)


def test_comparing_in_a_fresh_interpreter_needs_numpy_alone() -> None:
    """A box with numpy and the standard library can judge a candidate against a stored golden."""
    contract = next(c for c in contracts() if c["name"] == "comparing needs numpy alone")
    loaded = loaded_after(contract["source_modules"], contract["forbidden_modules"])
    assert "numpy" in loaded


def test_oracle_in_a_fresh_interpreter_loads_no_torch() -> None:
    """Every module of the judge, tensors included, imports without torch."""
    assert "torch" not in loaded_after(modules("oracle"), ["torch", "lightning_runs"])


def test_block_stops_an_import() -> None:
    """What the three tests above block really cannot be imported."""
    with pytest.raises(AssertionError, match="numpy"):
        loaded_after(["numpy"], ["numpy"])


def test_reference_neither_prints_nor_opens() -> None:
    """The builtins that reach outside are called nowhere in the mathematics."""
    outward = {"print", "open", "input", "eval", "exec", "__import__", "breakpoint"}
    for path in sorted((ROOT / "reference").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        calls = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not calls & outward, f"{path.name} calls {calls & outward}"
