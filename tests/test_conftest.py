"""The watch over process-wide settings catches each kind of leak, and stays quiet otherwise."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

WATCH = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")

LEAKS = {
    "mpmath precision": "import mpmath; mpmath.mp.prec = 99",
    "mpmath interval precision": "import mpmath; mpmath.iv.prec = 99",
    "flint precision": "import flint; flint.ctx.prec = 99",
    "numpy error handling": "import numpy; numpy.seterr(over='ignore')",
}


def project(pytester: pytest.Pytester, *bodies: str) -> pytest.RunResult:
    """Run a project of one-line tests under the watch, in a process of its own."""
    pytester.makeconftest(WATCH)
    pytester.makepyfile("\n".join(f"def test_{i}():\n    {body}\n" for i, body in enumerate(bodies)))
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_watch_fails_each_test_that_leaves_a_setting_changed(pytester: pytest.Pytester) -> None:
    """A changed setting fails its test, by name; each test starts from the old settings again."""
    outcome = project(pytester, *LEAKS.values())
    outcome.assert_outcomes(passed=len(LEAKS), errors=len(LEAKS))
    changed = "left a setting of the whole process changed"
    outcome.stdout.fnmatch_lines([f"*{changed}: {setting}: *" for setting in LEAKS])


# not imported to see: what is first imported beside `pytester` is thrown away after it, and torch is imported once or never
@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
def test_watch_fails_a_test_that_leaves_torch_dtype_changed(pytester: pytest.Pytester) -> None:
    """A changed default dtype fails its test where torch was there before."""
    pytester.makeconftest("import torch\n" + WATCH.replace("from __future__ import annotations\n", ""))
    pytester.makepyfile("import torch\ndef test_it():\n    torch.set_default_dtype(torch.float64)\n")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1, errors=1)


def test_watch_lets_scoped_precision_pass(pytester: pytest.Pytester) -> None:
    """A precision that is restored is no leak."""
    scoped = "import mpmath\n    with mpmath.workprec(99):\n        mpmath.mpf(1) / 3"
    project(pytester, scoped).assert_outcomes(passed=1)
