"""The plugin itself: options, marker, fixtures.  It imports pytest alone until a test asks for more.

Loaded by its entry point; where plugins are not loaded by themselves, ``-p momentum_oracle`` does it.
"""

# ruff: noqa: PLC0415 - every pytest of an environment imports this module; few of them judge anything

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from oracle.pytest_plugin.marker import LINE, check_marker, judge_after_call, task_for
from oracle.pytest_plugin.session import NAME, Session, session_of
from oracle.pytest_plugin.settings import add_options, has_benchmark, is_worker, settings_of

if TYPE_CHECKING:
    from oracle.pytest_plugin.asking import Oracle
    from oracle.pytest_plugin.benchmark import OracleBenchmark
    from oracle.pytest_plugin.marker import OracleTask

__all__ = ["oracle", "oracle_benchmark", "oracle_task"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--oracle-report`` and its like."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the session's own hooks."""
    config.addinivalue_line("markers", LINE)
    config.pluginmanager.register(Session(settings_of(config), worker=is_worker(config)), NAME)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let pytest-benchmark count what is timed through us as a benchmark: ``--benchmark-only`` and its like."""
    names = getattr(item, "fixturenames", [])
    if "oracle_benchmark" in names and "benchmark" not in names and has_benchmark(item.config):
        names.append("benchmark")


@pytest.fixture(scope="session")
def oracle(pytestconfig: pytest.Config) -> Oracle:
    """Return the judge: `oracle.assert_agrees(candidate, oracle.spec(...))`."""
    return session_of(pytestconfig).oracle


@pytest.fixture
def oracle_task(request: pytest.FixtureRequest) -> OracleTask:
    """Return the run that the marker `oracle` asks for: `problem`, `method`, `steps`, and `record(arrays)`."""
    __tracebackhide__ = True
    return task_for(request.node)


@pytest.fixture
def oracle_benchmark(request: pytest.FixtureRequest) -> OracleBenchmark:
    """Time a candidate with pytest-benchmark and judge what the timed calls returned."""
    from oracle.pytest_plugin.benchmark import oracle_benchmark_for

    __tracebackhide__ = True
    return oracle_benchmark_for(request)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that cannot be used before the test runs."""
    __tracebackhide__ = True
    check_marker(item)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Judge what a marked test returned or recorded."""
    __tracebackhide__ = True
    if pyfuncitem.get_closest_marker("oracle") is None:
        return (yield)
    return (yield from judge_after_call(pyfuncitem))
