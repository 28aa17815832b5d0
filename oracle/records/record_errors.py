"""What can be wrong with a record: it is damaged, it is not there, or its store cannot be used."""

from __future__ import annotations

__all__ = ["DamagedRecordError", "MissingRecordError", "StoreError"]


class DamagedRecordError(Exception):
    """A record, or the index of a store, is not what was written.

    The message names the file, what is wrong with it, and what to do next.
    """


class MissingRecordError(Exception):
    """A record that was asked for is not there."""


class StoreError(Exception):
    """A store cannot do what was asked: read-only, full, busy, or holding a contradicting record."""
