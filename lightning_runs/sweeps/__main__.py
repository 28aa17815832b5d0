"""Run the command as ``python -m lightning_runs.sweeps``."""

from __future__ import annotations

from lightning_runs.sweeps.command import sweep_command

if __name__ == "__main__":
    sweep_command(prog_name="python -m lightning_runs.sweeps")
