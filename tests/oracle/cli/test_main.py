"""The command as a whole: help, version, silence, closed pipes, and what it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("check", "conformance", "golden", "store", "verify")
PROGRAM = "import sys; from oracle.cli.main import main; main(sys.argv[1:], prog_name='oracle')"


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_help_lists_the_commands(oracle: Any) -> None:
    """Every command is named, and the exit codes are stated."""
    result = oracle("--help")
    assert result.exit_code == 0
    assert all(name in result.output for name in (*COMMANDS, "damaged or missing record"))


@pytest.mark.parametrize("command", [*COMMANDS, "store ls", "store show", "store verify", "store gc"])
def test_help_of_each_command_has_examples(oracle: Any, command: str) -> None:
    """What to type is shown, not described."""
    result = oracle(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"oracle {command}" in result.output


def test_version_is_the_distributions(oracle: Any) -> None:
    """`oracle --version` says what is installed."""
    assert oracle("--version").output == f"oracle {version('momentum-oracle')}\n"


def test_unknown_command_is_misuse(oracle: Any) -> None:
    """A typing error leaves with 2 and names what was typed."""
    result = oracle("goldne")
    assert result.exit_code == 2
    assert "goldne" in result.output


def test_help_imports_nothing_heavy() -> None:
    """Help answers at once: no numpy, pydantic, flint, mpmath, rich, jinja2 or matplotlib is loaded."""
    heavy = {"numpy", "pydantic", "flint", "mpmath", "rich", "jinja2", "matplotlib", "torch"}
    program = (
        "import sys\nfrom oracle.cli.main import main\n"
        "for line in (['--help'], ['check', '--help'], ['conformance', '--help'], ['verify', '--help']):\n"
        "    main(line, standalone_mode=False)\n"
        f"print('LOADED', *sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "LOADED"


def test_nothing_is_said_on_standard_error_without_a_terminal(spec: Any, tmp_path: Path) -> None:
    """Progress is for people who watch: a log file stays empty."""
    done = run("golden", spec(), "--store", tmp_path / "store")
    assert (done.returncode, done.stderr) == (0, "")


def test_reader_that_goes_away_ends_the_command_quietly(spec: Any, tmp_path: Path) -> None:
    """`oracle golden … | head` leaves with 141, as the shell has it, and without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", PROGRAM, "golden", str(spec()), "--json", "--store", str(tmp_path / "s")]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
