"""Who is on trial: names that resolve, and what is said of those that do not."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance.target import GROUPS, Declared, Target, resolve
from oracle.records.candidate import Declaration

SOURCE = """
from oracle.records.candidate import Declaration

def kernel(problem, method, steps): return {}
def short(problem): return {}
class Kernel:
    def __call__(self, problem, method, steps): return {}
inside = Kernel()
inside.deep = kernel
number = 3
engine = Kernel()
engine.roofline = True
lacking = Kernel()
lacking.missing = lambda: "it needs a GPU: borrow one"
declaring = Kernel()
declaring.declare = lambda dtype, method: Declaration("buffer", dtype)
muttering = Kernel()
muttering.declare = lambda dtype, method: "buffer"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory that holds a few modules."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    for name in ("my_kernels", "broken", "needy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "my_kernels.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "needy.py").write_text("import torch_of_the_future.nn")
    return tmp_path


def test_a_function_of_the_current_directory_is_found() -> None:
    """`module:function`, attributes of attributes too."""
    assert resolve("my_kernels:kernel").candidate(None, None, None) == {}  # type: ignore[arg-type]  # it looks at none
    assert resolve("my_kernels:inside.deep").name == "my_kernels:inside.deep"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_kernels:kernle", "`my_kernels` has no `kernle` .did you mean `kernel`.*: expected one of .*kernel"),
        ("my_kernls:kernel", "there is no module `my_kernls`: looked in .* and among the installed packages"),
        ("my_kernels.deeper:kernel", "there is no module"),
        ("my_kernels.py:kernel", "names no function: expected `module:function`.*; write `my_kernels:kernel`"),
        ("./kernels/mine.py:kernel", "write `kernels.mine:kernel`"),
        ("my_kernels:", "write `my_kernels:function`"),
        ("broken:kernel", "`broken` fails on import: ZeroDivisionError: division by zero; `python -c 'import broken'`"),
        ("needy:kernel", "`needy` needs `torch_of_the_future.*`, which is not installed: pip install"),
        ("my_kernels:number", "is an int: expected a function of .problem, method, steps."),
        ("my_kernels:Kernel", "is a class: .*make an instance in the module and name that"),
        ("my_kernels:short", "takes .problem.: expected a function of .problem, method, steps."),
        ("my_kernels:engine", "multiplies matrices for the race"),
        ("my_kernels:lacking", "cannot run on this machine: it needs a GPU: borrow one"),
        ("nobody", "no candidate is called `nobody`: expected one of .*, or `module:function`"),
    ],
)  # fmt: skip
def test_what_does_not_resolve_is_explained(name: str, message: str) -> None:
    """What was asked, what arrived, what was expected and what to do next."""
    with pytest.raises(CandidateError, match=message):
        resolve(name)


def groups(**points: str) -> dict[str, tuple[EntryPoint, ...]]:
    """Return entry points by group, `candidates` and `peers`."""
    return {
        group: tuple(
            EntryPoint(name.partition("_of_")[0], value, group)
            for name, value in points.items()
            if name.endswith(group.rpartition(".")[2])
        )
        for group in GROUPS
    }


def test_entry_points_of_all_groups_are_found_candidates_first(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in two groups is the candidate's; a close name is suggested; one that cannot load says why."""
    monkeypatch.syspath_prepend(here)
    known = groups(
        mine_of_candidates="my_kernels:kernel", mine_of_peers="my_kernels:short",
        other_of_peers="my_kernels:inside", needy_of_correct="needy:kernel",
    )  # fmt: skip
    assert resolve("mine", groups=known).candidate.__name__ == "kernel"  # type: ignore[attr-defined]  # a function has one
    assert resolve("other", groups=known).name == "other"
    with pytest.raises(CandidateError, match="did you mean `other`"):
        resolve("othr", groups=known)
    with pytest.raises(CandidateError, match="`needy` cannot be loaded: it needs `torch_of_the_future"):
        resolve("needy", groups=known)


def test_a_declaration_is_taken_from_the_command_line_where_there_is_none() -> None:
    """Form, sums, operands and state; the dtype is the one asked for."""
    target = resolve("my_kernels:kernel", Declared("buffer", "float32", "tfloat32", ""))
    assert target.declaration("float32", "heavy_ball") == Declaration(
        "buffer", "float32", "float32", operands="tfloat32"
    )
    assert Target("plain", target.candidate).declaration("float64", "heavy_ball") == Declaration()


def test_a_narrow_state_is_computed_in_float32() -> None:
    """Asked for bfloat16 and declared to keep bfloat16: mixed precision, operations in float32."""
    found = resolve("my_kernels:kernel", Declared(state="bfloat16")).declaration("bfloat16", "heavy_ball")
    assert (found.dtype, found.state, found.kept_in) == ("float32", "bfloat16", "bfloat16")


def test_two_declarations_are_one_too_many() -> None:
    """A candidate that declares is not overruled silently."""
    assert resolve("my_kernels:declaring").declaration("float32", "heavy_ball").form == "buffer"
    with pytest.raises(CandidateError, match="declares its arithmetic itself: leave `--form`, `--state` out"):
        resolve("my_kernels:declaring", Declared("velocity", state="bfloat16"))


def test_a_declaration_that_is_none_is_refused() -> None:
    """A string is no Declaration."""
    with pytest.raises(
        CandidateError, match=r"declare.'float32', 'heavy_ball'.` returned a str: expected an"
    ):
        resolve("my_kernels:muttering").declaration("float32", "heavy_ball")


def test_what_is_installed_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped candidates are found by their entry points, as any other package's are."""
    pytest.importorskip("torch")
    found: Any = resolve("torch_sgd").candidate
    assert "heavy_ball" in found.methods
