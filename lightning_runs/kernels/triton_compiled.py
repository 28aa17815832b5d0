"""What the compiler makes of the resident kernel, read off its machine code; no GPU is needed.

`examine` compiles for a Hopper GPU (sm_90) and counts the instructions of a step, from which `Estimate`
says on paper how many cycles of each unit a step takes.  Per multiprocessor, of four quarters with a tensor
core, 16 float64 and 32 float32 units each:

- a product of 16 × 8 × 16 in float64, DMMA.16x8x16, is 2048 multiply-adds, 64 cycles of its tensor core;
- a float64 instruction of a warp occupies its quarter's units 2 cycles, a float32 one 1;
- shared memory moves 128 bytes a cycle for the whole multiprocessor: a warp's access of 4, 8 or 16 bytes
  a lane is 1, 2 or 4 cycles where no bank is met twice.

Figures for n = 40, d = 100, `diagonal`, `heavy_ball`, a warp of each program to each quarter and two
programs, 32 runs, to a multiprocessor; Triton 3.6, which the GPU machine has, writes DMMA.16x8x16.  The
4 n d · 32 useful operations are 2000 cycles of the tensor cores at their peak, 67 TFLOP/s; padding makes
them 3072, n d / (n' d') = 65 %::

    dtype     registers  spills  tensor  float64  convert  shared  at most
    float64   240        none    3072    632      0        2912    2000 / 3704 = 54 %
    float32   168        none    3072    120      512      2896    2000 / 3192 = 63 %

A step's shared memory, in cycles of one float64 program: X for θ and for g 384 each, partial sums written
and read 192 each, r written and read 48 and 192, y and μ 64.  "At most" lets DMMA and the other float64
instructions take turns and everything else hide beneath them, as two programs at different places of a
step allow it; if nothing overlapped at all, float64 would take 3072 + 632 + 2912 cycles, 30 %.  Only a GPU
can say where between the two a step lies.  bfloat16 multiplies in next to no time and is bound by the update.

From release 3.8 on Triton writes DMMA.8x8x4, here counted as 8 cycles, its share of the same peak.  The author of
a change that is to bring the larger instructions back to Hopper (triton-lang/triton#10313) finds them necessary
to match cuBLAS; so prefer 3.6 or 3.7 until it is measured.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Estimate", "Findings", "Question", "examine"]

TORCH_TO_TRITON = {"torch.float64": "fp64", "torch.float32": "fp32", "torch.bfloat16": "bf16"}
INSTRUCTION = re.compile(r"^\s+/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\d+ )?([A-Z0-9_.x]+)([^\n]*)", re.MULTILINE)
WIDE = {"128": 4, "64": 2}  # cycles of shared memory by a lane's width in bits; 1 for 32


@dataclass(frozen=True)
class Question:
    """Which kernel to compile."""

    dtype: str = "float64"
    model: str = "diagonal"
    method: str = "heavy_ball"
    n: int = 40
    d: int = 100
    fixed: bool = True
    tf32: bool = False


@dataclass(frozen=True)
class Findings:
    """What was compiled.

    Parameters
    ----------
    registers, stack_bytes, local_bytes, shared_bytes : int
        Of one thread, one thread, one thread and one program.
    local_accesses : int
        Instructions that read or write local memory, spills, anywhere in the kernel.
    step : dict of str to int
        Instructions of one step of one warp, by name.
    products : tuple of str
        The tensor core's instructions in PTX.
    warps : int
    """

    registers: int
    stack_bytes: int
    local_bytes: int
    shared_bytes: int
    local_accesses: int
    step: dict[str, int]
    products: tuple[str, ...]
    warps: int

    def as_dict(self) -> dict[str, Any]:
        """Return the findings as plain values."""
        return asdict(self)

    @property
    def programs(self) -> int:
        """Programs that share one multiprocessor: 65536 registers, in units of 8 a thread, and 228 KiB."""
        threads = 32 * self.warps
        by_registers = 65536 // (-(-self.registers // 8) * 8 * threads)
        return min(by_registers, 228 * 1024 // (self.shared_bytes + 1024), 2048 // threads)


@dataclass(frozen=True)
class Estimate:
    """Cycles of a step of all the programs of one multiprocessor, by unit."""

    tensor: float
    float64: float
    shared: float
    useful: float

    @classmethod
    def of(cls, found: Findings, n: int, d: int) -> Estimate:
        """Return the cycles of a float64 product kernel, one warp to each quarter and program."""
        step, warps = found.step, found.warps * found.programs
        tensor = 64 * step.get("DMMA.16x8x16", 0) + 8 * step.get("DMMA.8x8x4", 0)
        doubles = 2 * sum(step.get(name, 0) for name in ("DADD", "DMUL", "DFMA"))
        shared = sum(
            count * WIDE.get(name.rpartition(".")[2], 1)
            for name, count in step.items()
            if name.startswith(("LDS", "STS"))
        )
        useful = 4 * n * d * 16 * found.programs / 256
        return cls(tensor * warps / 4, doubles * warps / 4, shared * warps, useful)

    @property
    def of_peak(self) -> float:
        """The part of the peak that is reached if tensor and float64 units take turns and hide the rest."""
        return self.useful / max(self.tensor + self.float64, self.shared)


def examine(question: Question) -> Findings:
    """Compile the resident kernel for sm_90 and read its machine code.

    Raises
    ------
    ValueError
        If the problem fits no tile.
    """
    kernel, warps = _compiled(question)
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "kernel.cubin"
        binary.write_bytes(kernel.asm["cubin"])
        usage, code = _dumped(binary, "-res-usage"), _dumped(binary, "-sass")
    instructions = [(int(at, 16), name, rest) for at, name, rest in INSTRUCTION.findall(code)]
    return Findings(
        registers=_number("REG", usage),
        stack_bytes=_number("STACK", usage),
        local_bytes=_number("LOCAL", usage),
        shared_bytes=int(kernel.metadata.shared),
        local_accesses=sum(name.startswith(("LDL", "STL")) for _, name, _ in instructions),
        step=dict(_loop(instructions)),
        products=tuple(sorted(set(re.findall(r"mma\.sync\S+", kernel.asm["ptx"])))),
        warps=warps,
    )


def _compiled(question: Question) -> tuple[Any, int]:
    """Return the compiled kernel and its warps."""
    import triton  # noqa: PLC0415 - this module is read without it
    from triton.backends.compiler import GPUTarget  # noqa: PLC0415
    from triton.experimental.gluon._runtime import GluonASTSource  # noqa: PLC0415

    from lightning_runs.kernels.triton_loop import constants_of  # noqa: PLC0415
    from lightning_runs.kernels.triton_resident import make_steps  # noqa: PLC0415
    from lightning_runs.kernels.triton_sizes import FORMATS, TF32, tile_for  # noqa: PLC0415

    form = TF32 if question.tf32 else FORMATS[question.dtype]
    tile = tile_for(question.n, question.d, form)
    if tile is None:
        raise ValueError(f"n = {question.n}, d = {question.d} fits no tile in {question.dtype}")
    state, product, total, update = (
        "*" + TORCH_TO_TRITON[str(dtype)] for dtype in (form.state, form.product, form.total, form.update)
    )
    kinds = [state, state, "*i32", product, total, total, total, update, "*i32", "*i32", "i32", "i32", "i64"]
    constants = {
        **constants_of(question.model, question.method, form),
        **tile.constants(form),
        "fixed": question.fixed,
    }
    signature = dict(zip(make_steps.arg_names, kinds, strict=False)) | dict.fromkeys(constants, "constexpr")
    aligned = {(i,): [["tt.divisibility", 16]] for i, kind in enumerate(kinds) if kind[0] == "*"}
    source = GluonASTSource(fn=make_steps, signature=signature, constexprs=constants, attrs=aligned)
    options = {"num_warps": tile.groups, "enable_fp_fusion": True}
    return triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options), tile.groups


def _dumped(binary: Path, what: str) -> str:
    """Return what cuobjdump, which Triton's package carries, says of a binary."""
    import triton  # noqa: PLC0415 - this module is read without it

    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    command = [str(tool), what, str(binary)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _number(name: str, usage: str) -> int:
    """Return the largest figure of that name; a file has one for each function."""
    return max(int(value) for value in re.findall(rf"{name}:(\d+)", usage))


def _loop(instructions: list[tuple[int, str, str]]) -> Counter[str]:
    """Count the instructions of the shortest loop that holds every product: one step."""
    loops = []
    for at, name, rest in instructions:
        target = re.search(r"0x([0-9a-f]+)", rest) if name.startswith("BRA") else None
        if target and int(target.group(1), 16) < at:
            inside = [op for place, op, _ in instructions if int(target.group(1), 16) <= place <= at]
            loops.append((-sum("MMA" in op for op in inside), len(inside), inside))
    return Counter(_short(name) for name in min(loops)[2])


def _short(name: str) -> str:
    """Return an instruction's name with what matters of its form."""
    parts = name.split(".")
    if "MMA" in parts[0]:
        return ".".join(parts[:2])
    return f"{parts[0]}.{parts[-1]}" if parts[0] in ("LDS", "STS") and parts[-1] in WIDE else parts[0]
