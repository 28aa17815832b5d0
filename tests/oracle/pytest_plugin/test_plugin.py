"""What every pytest of an environment pays for the plugin: next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "torch", "pydantic", "flint", "mpmath", "jinja2", "oracle.verdict", "reference")


def imported_by(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has imported after some code."""
    program = f"{code}\nimport sys\nprint('MODULES', *sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(answer.stdout.rsplit("MODULES", 1)[1].split())


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Beyond pytest and the standard library it imports seven small modules."""
    found = imported_by("import oracle.pytest_plugin.plugin")
    assert not found.intersection(HEAVY)
    ours = {name for name in found if name.partition(".")[0] in ("oracle", "reference", "lightning_runs")}
    assert ours == {"oracle", "oracle.pytest_plugin"} | {
        f"oracle.pytest_plugin.{name}" for name in ("plugin", "marker", "session", "ledger", "settings")
    }


def test_session_that_judges_nothing_imports_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test of something else runs without numpy, from collection to summary."""
    pytester.makepyfile(
        test_it=f"import sys\ndef test_it():\n    assert not set(sys.modules).intersection({HEAVY!r})\n"
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # no other plugin's imports
    outcome = pytester.runpytest_subprocess("-p", "oracle.pytest_plugin.plugin", "-p", "no:cacheprovider")
    outcome.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "module", ["benchmark", "asking", "judged", "goldens_at_hand", "accuracy", "earlier"]
)
def test_what_judges_needs_numpy_alone(module: str) -> None:
    """Neither parsing a spec nor computing a golden is imported before it is asked for."""
    found = imported_by(f"import oracle.pytest_plugin.{module}")
    assert not found.intersection(
        ("pydantic", "flint", "mpmath", "gmpy2", "torch", "jinja2", "matplotlib", "click")
    )
