"""Orders of approximation: the recurrences expanded along a smooth curve, and any inertia measured on a ladder.

Let b(t) solve b' = c f(b) + η e f'f(b) with f = −∇L. Then b(t + ση) − b(t) = σ c · ηf + (σe + σ²c²/2) · η²f'f + O(η³), and
heavy ball b(t + η) − b(t) = μ(b(t) − b(t − η)) + ηf(b(t)), Nesterov with f at b(t) + μ(b(t) − b(t − η)), leave the residue
that `residue` returns by its parts in ηf and η²f'f; f'f is the one elementary differential of its size, so two numbers say
everything for every smooth L. A flow α β'' + β' = c f has on its slow manifold e = −a c², α = a η.

Inertia and gradient factor are free in `inertial_order`: in the time τ = ct the flow is that of paper 003 with λ = αc, and
a step takes cη.

Source: paper 000, Eq. 2–4, Definition 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly, fmpq_mpoly_ctx

from oracle.claims.claim import Setting
from oracle.claims.instances import Instance
from oracle.claims.measures import BITS
from reference.case import Case, Flow, FlowCase, Method
from reference.flows.systems import start_blocks
from reference.models import MODELS
from reference.observed_order import ObservedOrder, observed_order

__all__ = [
    "METHODS",
    "RUNGS",
    "Oscillator",
    "along_gradient",
    "constants",
    "inertial_order",
    "leaves_nothing",
    "making_up",
    "residue",
    "scaled",
]

METHODS = ("heavy_ball", "nesterov")
RUNGS = tuple(Fraction(1, 160 * 2**i) for i in range(3))
HORIZON = Fraction(1, 4)
Blocks = Mapping[str, tuple[Fraction, ...]]


@dataclass(frozen=True)
class Oscillator:
    """α β'' + β' + c∇L = 0.

    Parameters
    ----------
    inertia : Fraction
        α/η.
    factor : Fraction
        c.
    """

    inertia: Fraction
    factor: Fraction


def constants(*names: str) -> tuple[fmpq_mpoly, ...]:
    """Return symbols of one polynomial ring over the rationals."""
    return tuple(fmpq_mpoly_ctx.get(names, Ordering.lex).gens())


def residue(method: str, mu: Any, c: Any, e: Any) -> tuple[Any, Any]:
    """Return what a recurrence leaves along b' = c f + η e f'f: its parts in ηf and η²f'f.

    Parameters
    ----------
    method : str
        ``heavy_ball`` or ``nesterov``.
    mu, c, e : polynomials of one ring
    """

    def displaced(steps: int) -> tuple[Any, Any]:
        return steps * c, steps * e + steps**2 * c * c / 2

    forward, back = displaced(1), displaced(-1)
    looked = -mu * back[0] if method == "nesterov" else 0 * mu
    return forward[0] + mu * back[0] - 1, forward[1] + mu * back[1] - looked


def leaves_nothing(part: Any, mu: Any, c: Any) -> bool:
    """Return whether a polynomial vanishes for all its symbols with c = 1/(1 − μ), by division with remainder."""
    _, remainder = divmod(part, (1 - mu) * c - 1)
    return bool(remainder == 0)


def along_gradient(instance: Instance, share: Fraction) -> Blocks:
    """Return share · (−∇L(β(0))) by parameter, exactly."""
    case = instance.case
    flow = Flow("momentum_flow", Fraction(1), initial_velocity="slow_manifold")
    slope = start_blocks(FlowCase(case.problem, case.model, case.init, flow))[1]
    found, first = {}, 0
    for name in MODELS[case.model].names:
        size = len(case.init[name])
        found[name] = tuple(share * entry for entry in slope[first : first + size])
        first += size
    return found


def making_up(inertia: Fraction, mu: Fraction) -> Fraction:
    """Return s for which β'(0) = −s∇L makes up the transient of p0 = 0.

    Both approach an orbit on their slow manifolds: the flow from β(0) + α(β'(0) + c∇L), the methods from β(0) + ημc²∇L
    up to O(η²). Equal where α(c − s) = ημc².
    """
    c = 1 / (1 - mu)
    return c - mu * c**2 / inertia


def scaled(blocks: Blocks, factor: Fraction) -> Blocks:
    """Return a multiple of every block."""
    return {name: tuple(factor * entry for entry in block) for name, block in blocks.items()}


def inertial_order(
    instance: Instance,
    method: Method,
    oscillator: Oscillator,
    velocity: Callable[[Fraction], Blocks],
    setting: Setting,
    ladder: Sequence[Fraction] = RUNGS,
) -> ObservedOrder:
    """Return how fast α β'' + β' + c∇L = 0 approaches a method as η falls.

    Parameters
    ----------
    instance : Instance
    method : Method
        Its step size is replaced by those of the ladder.
    oscillator : Oscillator
    velocity : callable
        From η to β'(0) in the time of the steps.
    setting : Setting
    ladder : sequence of Fraction
    """
    c = oscillator.factor

    def flow_of(eta: Fraction) -> Flow:
        start = scaled(velocity(eta), 1 / c)
        return Flow("mgf", inertia=oscillator.inertia * eta * c, initial_velocity=start)

    case = Case(instance.case.problem, instance.case.model, instance.case.init, method)
    return observed_order(
        case, flow_of, ladder, HORIZON * c, clock=lambda eta: eta * c, bits=setting.bits(BITS)
    )
