"""The peers that are JAX, as entry points name them; importing this imports no JAX."""

from __future__ import annotations

from importlib.util import find_spec

from lightning_runs.peers.peer import Peer

__all__ = ["jax_scan", "optax_sgd"]

for _package in ("jax", "optax"):
    if find_spec(_package) is None:
        raise ModuleNotFoundError(
            f"the JAX peers need `{_package}`, which is not installed; run "
            "`pip install 'momentum-oracle[peers]'`",
            name=_package,
        )

jax_scan = Peer("jax_scan", "jax_scan:make", "velocity")
optax_sgd = Peer("optax_sgd", "optax_sgd:make", "buffer", one_rate=True)
