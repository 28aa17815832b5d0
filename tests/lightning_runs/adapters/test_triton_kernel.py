"""A Triton kernel through the adapter that users copy: on a GPU where there is one, else in Triton's interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytest.importorskip("torch")

if find_spec("triton") is None:
    pytest.skip("triton is not installed", allow_module_level=True)

# TRITON_INTERPRET counts when Triton is imported, which another test may have done: a process of its own
PROGRAM = "import sys; from oracle.cli.main import main; main(sys.argv[1:], prog_name='oracle')"
COMPILES = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from lightning_runs.adapters.triton_kernel import descend
names = ("X", "y", "u", "v", "p", "q", "coefficients", "u_out", "v_out")
for form in ("fp64", "fp32"):
    signature = {name: "*" + form for name in names} | {name: "i32" for name in ("n", "d", "last")}
    source = ASTSource(descend, {**signature, "ROWS": "constexpr", "COLUMNS": "constexpr"}, {"ROWS": 8, "COLUMNS": 256})
    print(form, "cubin" in triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm)
"""


def run(*arguments: str, program: str = PROGRAM, interpreted: str = "1") -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, "TRITON_INTERPRET": interpreted, "TRITON_DEFAULT_FP_FUSION": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_kernel_passes_the_suite() -> None:
    """Heavy ball on the diagonal network, float64 and float32; what it declines is listed, not failed."""
    done = run("conformance", "lightning_runs.adapters.triton_kernel:heavy_ball", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "float64, float32, velocity form" in done.stdout
    assert "says that it is not implemented: mini-batches" in done.stdout


def test_the_kernel_compiles_for_a_gpu() -> None:
    """To a cubin of a Hopper chip, though none is here."""
    done = run(program=COMPILES, interpreted="0")
    assert done.stdout.split() == ["fp64", "True", "fp32", "True"], done.stderr
