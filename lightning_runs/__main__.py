"""``python -m lightning_runs``."""

import sys

from lightning_runs.command import main

if __name__ == "__main__":
    sys.exit(main())
