"""The exit codes of the contract."""

from __future__ import annotations

__all__ = ["DAMAGED", "FAULT", "INTERRUPTED", "MISUSE", "READER_GONE", "exit_code_of"]

MISUSE = 2
DAMAGED = 4
FAULT = 70  # as sysexits.h has it
INTERRUPTED = 130  # 128 + SIGINT, the shell's custom
READER_GONE = 141  # 128 + SIGPIPE


def exit_code_of(outcome: str) -> int:
    """Return 0 for AGREES, 1 for DISAGREES, 3 for UNDECIDED."""
    return {"AGREES": 0, "DISAGREES": 1, "UNDECIDED": 3}[outcome]
