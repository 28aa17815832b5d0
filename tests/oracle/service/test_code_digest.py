"""What was judged by other code is another check: the digest of the code moves with the code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ASKED = "from oracle.service.code_digest import code_digest; print(code_digest())"


def digest_in(folder: Path) -> str:
    """Return the digest of the code in a folder."""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {ASKED}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_digest_moves_with_every_file_of_code(tmp_path: Path) -> None:
    """A letter in a formula, one in the judge; a cache or a note changes nothing."""
    import oracle  # noqa: PLC0415 - where it is installed
    import reference  # noqa: PLC0415

    for package in (oracle, reference):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    found = [digest_in(tmp_path)]
    (tmp_path / "oracle" / "note.txt").write_text("a note")
    found.append(digest_in(tmp_path))
    for changed in ("reference/heavy_ball.py", "oracle/verdict.py"):
        with (tmp_path / changed).open("a") as file:
            file.write("# changed\n")
        found.append(digest_in(tmp_path))
    assert (found[0] == found[1], len(set(found))) == (True, 3)
