"""Several processes by Lightning's own DDP launcher, for runs that have nothing to average."""

from __future__ import annotations

from pytorch_lightning.strategies import DDPStrategy, StrategyRegistry

__all__ = ["IndependentRuns", "register"]

NAME = "independent_runs"


class IndependentRuns(DDPStrategy):
    """Lightning's DDP without torch's wrapper around the module.

    Launching, process group, ranks and checkpoints are DDP's.  The wrapper exists to average gradients, and
    here each process makes runs of its own.
    """

    strategy_name = NAME

    def configure_ddp(self) -> None:
        """Leave the module as it is."""


def register() -> None:
    """Make the strategy known by name, as ``Trainer(strategy="independent_runs")`` asks for it."""
    if NAME not in StrategyRegistry.available_strategies():
        StrategyRegistry.register(NAME, IndependentRuns, description=IndependentRuns.__doc__)
