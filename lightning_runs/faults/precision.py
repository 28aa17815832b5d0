"""Something is kept or computed in fewer bits than declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lightning_runs.faults.coefficients import with_method, with_problem
from lightning_runs.faults.conditions import all_of, has_momentum, is_changed, is_narrower
from lightning_runs.faults.fault import Fault
from lightning_runs.faults.kernel_run import KernelRun, Parts, State
from lightning_runs.faults.written_out import written_out
from lightning_runs.implementations.formats import container_of, rounded
from lightning_runs.kernels.update import asked_at, stepped
from oracle.records.candidate import Array, CandidateTask

__all__ = ["PRECISION"]

FORMATS = ("float32", "bfloat16", "float16")
OPERANDS = ("float32", "tfloat32", "bfloat16", "float16")


def _narrow(parts: Parts, name: str) -> Parts:
    return tuple(rounded(part, name) for part in parts)


def _fault(name: str, sentence: str, **parts: object) -> Fault:
    return Fault(name, sentence, explained_by=frozenset({name}), **parts)  # type: ignore[arg-type]  # fields


def _state(name: str) -> Fault:
    return _fault(
        f"state_{name}",
        f"Keep parameters and momentum in {name} between steps.",
        when=is_narrower(name, than="kept_in"),
        kept_in=name,
    )


def _momentum(name: str) -> Fault:
    def rule(own: KernelRun, past: Sequence[State], k: int) -> State:
        after = own.step(past[-1], k)
        return State(after.w, _narrow(after.p, name))

    when = all_of(has_momentum, is_narrower(name, than="kept_in"))
    sentence = f"Keep the momentum in {name}; the parameters move by what it was before."
    return _fault(f"momentum_{name}", sentence, when=when, rule=rule)


def _momentum_added(name: str) -> Fault:
    """Return the fault in which the parameters move by the rounded momentum."""

    def rule(own: KernelRun, past: Sequence[State], k: int) -> State:
        now = past[-1]
        descents = own.descents(own.asked(now), k)
        p = own.numbers(_narrow(own.updated(now, descents).p, name))
        if own.method == "nesterov_lookahead":
            numbers = zip(own.numbers(now.w), p, own.numbers(descents), strict=True)
            return State(own.values([y + own.mu * b - down for y, b, down in numbers]), own.values(p))
        return State(own.values([w + b for w, b in zip(own.numbers(now.w), p, strict=True)]), own.values(p))

    when = all_of(has_momentum, is_narrower(name, than="kept_in"))
    sentence = f"Keep the momentum in {name}, and move the parameters by what is kept."
    fault = _fault(f"momentum_{name}_added", sentence, when=when, rule=rule)
    return replace(fault, explained_by=frozenset({f"momentum_{name}"}))


def _products(name: str) -> Fault:
    def rule(own: KernelRun, past: Sequence[State], k: int) -> State:
        return written_out(own, past[-1], k, operands=name)

    sentence = f"Round the operands of both matrix products to {name}."
    return _fault(f"products_{name}", sentence, when=is_narrower(name, than="dtype"), rule=rule)


def _arithmetic(name: str) -> Fault:
    """All of it runs in the narrower format, data and coefficients included."""

    def narrow(array: Array) -> Array:
        return rounded(array, name).astype(container_of(name))

    def ask(task: CandidateTask) -> CandidateTask:
        problem, method = task.problem, task.method
        init = {key: narrow(start) for key, start in problem.init.items()}
        p0 = {key: narrow(start) for key, start in method.p0.items()}
        number = container_of(name).type
        eta, mu = (number(narrow(np.asarray(value))) for value in (method.step_size, method.momentum))
        etas = narrow(np.asarray(method.step_sizes)) if len(method.step_sizes) else ()
        task = with_problem(task, X=narrow(problem.X), y=narrow(problem.y), init=init, dtype=name)
        return with_method(task, step_size=eta, step_sizes=etas, momentum=mu, p0=p0)

    sentence = f"Compute everything in {name}."
    return _fault(f"arithmetic_{name}", sentence, when=is_narrower(name, than="dtype"), ask=ask, runs_in=name)


def arithmetic_float16(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Make the readable kernel's step, every operation in float16."""
    with np.errstate(all="ignore"):
        rows, half = own.rows(k), np.float16
        w, p = ([part.astype(half) for part in parts] for parts in (past[-1].w, past[-1].p))
        X, y, eta, mu = (half(value) for value in (rows.X, rows.y, own.eta(k).values, own.mu.values))
        points = asked_at(own.method, w, p, mu)
        s = X.T @ (X @ own.network.theta(points) - y) * (eta * half(2 * rows.factor * own.network.constant))
        after = stepped(own.method, w, p, mu, own.network.descents(points, s))
    wide = rows.X.dtype
    return State(*(tuple(part.astype(wide) for part in parts) for parts in after))


def _arithmetic_float16() -> Fault:
    """No kernel runs in float16: it is planted in the readable one, written out."""
    when, only_in = is_narrower("float16", than="dtype"), frozenset({"eager", "eager_mixed"})
    sentence = "Compute everything in float16."
    return _fault(
        "arithmetic_float16", sentence, when=when, rule=arithmetic_float16, kept_in="float16", only_in=only_in
    )


def _coefficient(field: str, name: str) -> Fault:
    def ask(task: CandidateTask) -> CandidateTask:
        value, sizes = getattr(task.method, field), task.method.step_sizes
        narrowed = with_method(task, **{field: type(value)(rounded(value, name))})
        if field == "momentum" or not len(sizes):
            return narrowed
        return with_method(narrowed, step_sizes=rounded(sizes, name))

    called = {"step_size": f"step_size_{name}", "momentum": f"momentum_coefficient_{name}"}[field]
    symbol = {"step_size": "η", "momentum": "μ"}[field]
    return _fault(called, f"Round {symbol} to {name}.", when=is_changed(name, field), ask=ask)


def _data(name: str) -> Fault:
    def ask(task: CandidateTask) -> CandidateTask:
        return with_problem(task, X=rounded(task.problem.X, name), y=rounded(task.problem.y, name))

    return _fault(f"data_{name}", f"Round X and y to {name}.", when=is_changed(name, "X", "y"), ask=ask)


PRECISION: tuple[Fault, ...] = (
    *(_state(name) for name in FORMATS),
    *(_momentum(name) for name in FORMATS),
    *(_momentum_added(name) for name in FORMATS),
    *(_products(name) for name in OPERANDS),
    *(_arithmetic(name) for name in ("float32", "bfloat16")),
    _arithmetic_float16(),
    *(_coefficient(field, name) for field in ("step_size", "momentum") for name in FORMATS),
    *(_data(name) for name in FORMATS),
)
