"""The peers that are torch, as entry points name them; importing this imports no torch."""

from __future__ import annotations

from importlib.util import find_spec

from lightning_runs.peers.peer import Peer

__all__ = ["compiled", "cuda_graph", "sgd_for_loop", "sgd_foreach", "sgd_fused"]

if find_spec("torch") is None:
    raise ModuleNotFoundError(
        "the torch peers need `torch`, which is not installed; on Python 3.11 run "
        "`pip install 'momentum-oracle[lightning]'`",
        name="torch",
    )

sgd_for_loop = Peer("sgd_for_loop", "torch_sgd:make", "buffer", one_rate=True, implementation="for_loop")
sgd_foreach = Peer("sgd_foreach", "torch_sgd:make", "buffer", one_rate=True, implementation="foreach")
sgd_fused = Peer("sgd_fused", "torch_sgd:make", "buffer", one_rate=True, implementation="fused")
compiled = Peer("torch_compile", "compiled:make", "velocity")
cuda_graph = Peer("cuda_graph", "cuda_graph:make", "velocity")
