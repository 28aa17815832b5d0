"""Evidence that the service can be relied on: one call, one table, one JSON.

    python tests/service/evidence.py --out FILE.json
    python tests/service/evidence.py --out FILE.json --quick --only load --only kills
    python tests/service/evidence.py --out FILE.json --resume      # the parts that FILE.json lacks

load        throughput and latency on loopback, short requests beside long ones
kills       kill -9 of server and workers at random instants, under load
disk        a full disk in the middle of work
corruption  damaged records, index, jobs, uploads, reports, tokens
clocks      the clock of the machine set ten years forward and back
writers     several processes on one store
fuzz        mutated specs, uploads, tokens and headers, each verdict held against one made here
description what the OpenAPI document promises, by schemathesis

Leaves with 1 if anything was lost, altered or crashed, or a target was missed; `--quick` tries the harness with small
sizes, whose figures of speed are held to no target.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a script: the folder above `tests` is where its modules are found
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.service.figures import Findings, Setting, table

__all__ = ["PARTS", "gather", "main"]

SCHEMA = "momentum-oracle/service-evidence/1"
PARTS = ("load", "kills", "disk", "corruption", "clocks", "writers", "fuzz", "description")
PACKAGES = (
    "momentum-oracle",
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "numpy",
    "python-flint",
    "mpmath",
)


def gather(
    names: Sequence[str], seed: int, quick: bool, tell: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Run some parts, one after the other, and return what each found, by name."""
    return {name: part(name, seed, quick, tell) for name in names}


def part(name: str, seed: int, quick: bool, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run one part in a folder of its own and return what it found, with its circumstances."""
    run: Callable[[Setting], Findings] = import_module(f"tests.service.{name}").run
    loads, began = os.getloadavg(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"oracle-{name}-") as folder:
        found = run(Setting(Path(folder), seed, quick, lambda line: tell(f"{name}: {line}")))
    circumstances = {
        "seconds": round(time.monotonic() - began, 1),
        "load_average_before": [round(load, 2) for load in loads],
        "load_average_after": [round(load, 2) for load in os.getloadavg()],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return found.content() | circumstances


def main(arguments: Sequence[str] | None = None) -> int:
    """Gather evidence, print the table, write the JSON; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    parser.add_argument("--quick", action="store_true", help="small sizes: a trial of the harness")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be repeated")
    parser.add_argument("--resume", action="store_true", help="keep the parts that the JSON has already")
    parser.add_argument("--seed", type=int, default=7, help="of everything random (7)")
    asked = parser.parse_args(arguments)
    kept = _kept(asked.out, asked.quick) if asked.resume or asked.only else {}
    evidence: dict[str, Any] = {
        "schema": SCHEMA, "machine": machine(), "versions": versions(), "seed": asked.seed, "quick": asked.quick,
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "parts": kept,
    }  # fmt: skip
    for name in PARTS:
        if name in (asked.only or PARTS) and (name not in kept or not asked.resume):
            kept |= gather([name], asked.seed, asked.quick, _progress)
            evidence["parts"] = {known: kept[known] for known in PARTS if known in kept}
            asked.out.write_text(json.dumps(evidence, indent=1) + "\n")
    sys.stdout.write(table(evidence["parts"]) + "\n")
    for line in failures(evidence["parts"]):
        sys.stdout.write(f"- {line}\n")
    return 1 if failures(evidence["parts"]) or (missed(evidence["parts"]) and not asked.quick) else 0


def machine() -> dict[str, Any]:
    """Return the machine by what matters: cores, processor, memory, system."""
    names = [
        line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")
    ]
    memory = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": names[0] if names else platform.processor(),
        "memory_gibibytes": round(memory / 2**20, 1),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what takes part."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def failures(parts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return everything that must not be, named by its part."""
    return [f"{name}: {failure}" for name, part in parts.items() for failure in part["failures"]]


def missed(parts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the targets that were not reached."""
    return [row["what"] for part in parts.values() for row in part["figures"] if row["reached"] is False]


def _kept(path: Path, quick: bool) -> dict[str, Any]:
    """Return the parts of an earlier JSON, none where there is none."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    if found.get("schema") != SCHEMA:
        raise SystemExit(f"`{path}` is another file than this program writes: name another with `--out`")
    if found["quick"] is not quick:
        raise SystemExit(
            f"`{path}` is of a {'quick' if found['quick'] else 'whole'} run: name another with `--out`"
        )
    parts: dict[str, Any] = found["parts"]
    return parts


def _progress(line: str) -> None:
    """Show progress, on a terminal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line[:120]}")
        sys.stderr.flush()


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main())
