"""Misimplementations of the method: another one, another momentum, another step size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from oracle.diagnosis.variant import Attempt, Subject, Variant, with_method
from oracle.replay import Moment, Recurrence
from reference.case import Method
from reference.methods import METHODS
from reference.state import State

__all__ = ["COEFFICIENTS", "METHOD_SWAPS"]

NAMES = {
    "gradient_descent": "gradient descent: the momentum is lost",
    "heavy_ball": "heavy ball: the gradient is taken where the run stands",
    "nesterov": "Nesterov's method: the gradient is taken ahead, at β + μp",
    "nesterov_lookahead": "Nesterov's look-ahead sequence β + μp, which torch's SGD(nesterov=True) holds",
}
AFTER_SWAP = {
    "gradient_descent": "look whether the momentum buffer is kept from step to step, and whether μ reaches the kernel",
    "heavy_ball": "evaluate the gradient at β + μp, or ask for `heavy_ball`",
    "nesterov": "evaluate the gradient at β itself, or ask for `nesterov`",
    "nesterov_lookahead": "turn `nesterov` off, or ask for `nesterov_lookahead`; to get Nesterov's own β subtract μp",
}


def _swap(name: str) -> Variant:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        method = subject.case.method
        if method.scales == "update" and name == "nesterov":
            return
        if name == method.name or (method.name == "gradient_descent" and not method.momentum):
            return
        momentum = Fraction(0) if name == "gradient_descent" else method.momentum
        yield Attempt.of(subject, case=with_method(subject.case, name=name, momentum=momentum))

    return Variant(f"runs_{name}", f"runs {NAMES[name]}", AFTER_SWAP[name], attempts)


METHOD_SWAPS = tuple(_swap(name) for name in METHODS)


def _full_momentum(subject: Subject) -> Iterator[Attempt]:
    """Yield Nesterov's method that asks for the gradient at β + p."""

    def step(moment: Moment) -> State:
        eta, mu = moment.coefficients
        position, momentum = moment.state
        momentum = mu * momentum - eta * moment.gradient(position + momentum)
        return State(position + momentum, momentum)

    if subject.case.method.name == "nesterov":
        yield Attempt.of(subject, recurrence=Recurrence(step))


def _coefficients(
    name: str,
    sentence: str,
    remedy: str,
    *changes: Callable[[Subject], Fraction | None],
    field: str = "step_size",
) -> Variant:
    """Return the variant in which η or μ is another number."""

    def attempts(subject: Subject) -> Iterator[Attempt]:
        old: Fraction = getattr(subject.case.method, field)
        for value in {change(subject) for change in changes} - {None, old}:
            yield Attempt.of(subject, case=with_method(subject.case, **{field: value}))

    return Variant(name, sentence, remedy, attempts)


def _scaled(factor: Callable[[Method], Fraction]) -> Callable[[Subject], Fraction]:
    return lambda subject: subject.case.method.step_size * factor(subject.case.method)


def _momentum(change: Callable[[Fraction], Fraction]) -> Callable[[Subject], Fraction | None]:
    def changed(subject: Subject) -> Fraction | None:
        momentum = subject.case.method.momentum
        return change(momentum) if momentum else None

    return changed


COEFFICIENTS = (
    _coefficients(
        "gradient_averaged",
        "averages gradients: each is multiplied by 1 − μ before it enters the buffer",
        "drop the factor 1 − μ (an exponential average, as in Adam), or divide η by it",
        _scaled(lambda method: 1 - method.momentum),
    ),
    _coefficients(
        "step_size_over_complement",
        "divides the step size by 1 − μ",
        "pass η itself: μ already multiplies the effective step by 1/(1 − μ)",
        _scaled(lambda method: 1 / (1 - method.momentum)),
    ),
    _coefficients(
        "step_size_squared",
        "multiplies by the step size twice",
        "apply η once: to the gradient or to the buffer, not to both",
        _scaled(lambda method: method.step_size),
    ),
    _coefficients(
        "gradient_ascent",
        "climbs: the gradient enters with the wrong sign",
        "subtract η times the gradient",
        _scaled(lambda _: Fraction(-1)),
    ),
    _coefficients(
        "momentum_complement",
        "uses 1 − μ in the place of μ",
        "look which of the two conventions the kernel's momentum argument follows",
        _momentum(lambda momentum: 1 - momentum),
        field="momentum",
    ),
    _coefficients(
        "momentum_squared",
        "multiplies by μ twice",
        "apply μ once a step: to the buffer or to the displacement, not to both",
        _momentum(lambda momentum: momentum * momentum),
        field="momentum",
    ),
    Variant(
        "gradient_at_full_momentum",
        "asks Nesterov's gradient at β + p, not at β + μp",
        "multiply the momentum by μ where the gradient is taken",
        _full_momentum,
    ),
)
