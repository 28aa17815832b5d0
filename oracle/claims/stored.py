"""Finished claims on disk: what a run that was stopped finds again, as long as nothing that it rests on changed.

A result is kept under the digest of everything that it depends on: the claim's own file and every module of `oracle` that it
imports, the whole reference, the figures' data where it reads them, the setting, and the versions of Python and of the
arithmetic. An altered computation is thus another computation. The verdict is not kept: it is ruled anew every time.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from oracle.claims.catalogue import module_of
from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Findings
from oracle.claims.figure_results import SHIPPED
from oracle.records.atomic_files import write_atomically

__all__ = ["StoredFindings"]

ARITHMETIC = ("mpmath", "python-flint", "numpy")
READS_FIGURES = "oracle.claims.figure_results"
FINDINGS = TypeAdapter(Findings)


class StoredFindings:
    """The findings of earlier runs, one file a claim and digest.

    Parameters
    ----------
    folder : Path
        Made when the first claim is finished.
    fresh : bool
        Whether to pass over what is there, and write it anew.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder = folder
        self._fresh = fresh

    def fetch(self, claim: Claim, setting: Setting) -> Findings | None:
        """Return what was found by this very computation, or None; a damaged file counts as none and is computed again."""
        if self._fresh:
            return None
        try:
            return FINDINGS.validate_json(self._path(claim, setting).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, claim: Claim, setting: Setting, findings: Findings) -> None:
        """Store findings, whole or not at all."""
        path = self._path(claim, setting)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, FINDINGS.dump_json(findings))

    def _path(self, claim: Claim, setting: Setting) -> Path:
        return self._folder / f"{claim.identifier}-{_digest(claim, setting)[:24]}.json"


def _digest(claim: Claim, setting: Setting) -> str:
    """Return the SHA-256 of all that a claim's findings rest on."""
    found = hashlib.sha256(f"{claim.identifier} {setting.precision} {_ground()}".encode())
    modules = _rests_on(module_of(claim))
    files = [_source(module) for module in sorted(modules)]
    if READS_FIGURES in modules:
        files += sorted((setting.figures or SHIPPED).glob("*.json"))
    for path in files:
        found.update(f"{path.name} {_file_digest(path)}".encode())
    return found.hexdigest()


@lru_cache(maxsize=1)
def _ground() -> str:
    """Return a digest of what all claims share: the reference and the versions."""
    found = hashlib.sha256(" ".join(_versions()).encode())
    for path in sorted(_source("reference").parent.rglob("*.py")):
        found.update(f"{path.name} {_file_digest(path)}".encode())
    return found.hexdigest()


@lru_cache(maxsize=512)
def _rests_on(module: str) -> frozenset[str]:
    """Return a module and all modules of `oracle` that it imports, or that those import."""
    found, waiting = {module}, [module]
    while waiting:
        for name in _imports(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)


@lru_cache(maxsize=512)
def _imports(module: str) -> frozenset[str]:
    """Return the modules of `oracle` that a module's source names in its imports."""
    tree = ast.parse(_source(module).read_bytes())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    named = {node.module for node in nodes} | {f"{n.module}.{alias.name}" for n in nodes for alias in n.names}
    ours = {name for name in named if name is not None and name.split(".")[0] == "oracle"}
    return frozenset(name for name in ours if _is_module(name))


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what stands before the last dot is no package: a name in a module
        return False


def _versions() -> Iterator[str]:
    yield f"{sys.version_info.major}.{sys.version_info.minor}"
    for name in ARITHMETIC:
        yield f"{name} {version(name)}"


def _source(module: str) -> Path:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
