"""A sweep as one Parquet table: a row a run, or a row a run and recorded step.

Numbers are float64, computed from the states as recorded.  A run that left the numbers (infinities, NaN)
is a row like any other, with `diverged` set.
"""

from __future__ import annotations

import json
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from lightning_runs.sweeps.sweep import Sweep
from lightning_runs.sweeps.sweep_directory import TABLE
from lightning_runs.sweeps.sweep_error import SweepError
from lightning_runs.sweeps.table_rows import AXES, COLUMNS, PartRows
from oracle.records.atomic_files import write_atomically

__all__ = ["METADATA", "check_pyarrow", "write_table"]

SCHEMA = "momentum-oracle/sweep-table/1"
METADATA = b"momentum_oracle"


def write_table(sweep: Sweep, every_step: bool = False) -> Path:
    """Write the table of a finished sweep, and return where it is.

    Parameters
    ----------
    sweep : Sweep
    every_step : bool
        A row for each recorded step, not for the last alone.

    Raises
    ------
    SweepError
        If pyarrow is missing.
    DamagedRecordError, MissingRecordError
        If a file of the sweep is not as it was written.
    """
    arrow = check_pyarrow()
    parquet = import_module("pyarrow.parquet")
    schema = _schema(arrow, sweep)
    buffer = BytesIO()
    steps = set(sweep.grid.steps if every_step else sweep.grid.steps[-1:])
    with parquet.ParquetWriter(buffer, schema) as writer:
        for part in range(len(sweep.plan.parts)):
            for columns in PartRows(sweep, part).at(steps):
                writer.write_table(arrow.table({name: columns[name] for name in COLUMNS}, schema=schema))
    path = sweep.directory.path / TABLE
    write_atomically(path, buffer.getvalue())
    return path


def check_pyarrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    SweepError
        If it is not installed, with the line that installs it.
    """
    try:
        return import_module("pyarrow")
    except ModuleNotFoundError as error:
        raise SweepError(
            "the table needs `pyarrow`, which is not installed: `pip install 'momentum-oracle[lightning]'`; or ask "
            "for `--table none`: the records need numpy alone"
        ) from error


def _schema(arrow: Any, sweep: Sweep) -> Any:
    """Return the schema: types, what each column means, and the grid."""
    text = ("spec_digest", "method", *AXES, "kernel", "dtype")
    types = {
        **dict.fromkeys(text, arrow.string()),
        **dict.fromkeys(("run", "steps"), arrow.int64()),
        **dict.fromkeys(("support_recovered", "converged", "diverged"), arrow.bool_()),
        "seed": arrow.uint64(),
    }
    fields = [
        arrow.field(name, types.get(name, arrow.float64()), metadata={"meaning": meaning})
        for name, meaning in COLUMNS.items()
    ]
    about = {
        "schema": SCHEMA,
        "sweep": sweep.directory.digest,
        "settings": sweep.directory.settings,
        "columns": COLUMNS,
        "units": "none: all numbers are dimensionless, the loss is that of the specs",
    }
    return arrow.schema(fields, metadata={METADATA: json.dumps(about, sort_keys=True).encode()})
