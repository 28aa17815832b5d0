"""The engine of matrix products that the race measures its roofline with."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.peers.gemm import torch_gemm, torch_gemm_runs_last


@pytest.mark.parametrize("engine", [torch_gemm, torch_gemm_runs_last])
def test_engine_multiplies_the_shapes_it_names(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One time is two products of n · d · runs multiply-adds each, in the dtype asked for."""
    seen: list[tuple[int, Any]] = []
    plain = torch.mm

    def counted(left: Any, right: Any, out: Any) -> Any:
        seen.append((left.shape[0] * left.shape[1] * right.shape[1], out.dtype))
        return plain(left, right, out=out)

    monkeypatch.setattr(torch, "mm", counted)
    engine((3, 5, 7), "float32", 1)(2)
    assert seen == [(3 * 5 * 7, torch.float32)] * 4


@pytest.mark.parametrize("engine", [torch_gemm, torch_gemm_runs_last])
def test_engine_says_that_it_is_no_racer(engine: Any) -> None:
    """`roofline` tells the race."""
    assert engine.roofline is True
