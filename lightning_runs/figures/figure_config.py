"""Read the configuration of an experiment: YAML whose scalars stay the text that was typed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["SCHEMA", "FigureRunsError", "numbers", "read_config"]

SCHEMA = "momentum-oracle/figure-runs/1"


class FigureRunsError(ValueError):
    """An experiment that cannot be made as asked; the message says what to change."""


def read_config(path: Path, quick: bool) -> dict[str, Any]:
    """Return a configuration, with what its ``quick`` part changes if that is asked.

    Raises
    ------
    FigureRunsError
        If there is none, or it is of another schema.
    """
    yaml = import_module("yaml")
    try:
        # the loader that leaves every scalar a text
        held = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise FigureRunsError(f"cannot read the configuration `{path}`: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise FigureRunsError(f"the configuration `{path}` is no YAML: {error}") from error
    if not isinstance(held, dict) or held.get("schema") != SCHEMA:
        raise FigureRunsError(f"`{path}` is no configuration of a figure; expected `schema` to be {SCHEMA!r}")
    changed = held.pop("quick", {})
    return _merged(held, changed) if quick else held


def numbers(config: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """Return the numbers of a field, one or a list of them.

    Raises
    ------
    FigureRunsError
        If it is missing, or holds anything else.
    """
    value = config.get(name)
    entries: list[Any] = value if isinstance(value, list) else [value]
    try:
        return tuple(float(entry) for entry in entries)
    except (TypeError, ValueError) as error:
        raise FigureRunsError(f"`{name}` is {value!r}; expected a number or a list of numbers") from error


def _merged(held: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with another laid over it, mapping by mapping."""
    merged = dict(held)
    for name, value in changed.items():
        both = isinstance(value, Mapping) and isinstance(held.get(name), Mapping)
        merged[name] = _merged(held[name], value) if both else value
    return merged
