"""``python -m lightning_runs.figures``."""

from __future__ import annotations

from lightning_runs.figures.command import figures_command

if __name__ == "__main__":
    figures_command(prog_name="python -m lightning_runs.figures")
