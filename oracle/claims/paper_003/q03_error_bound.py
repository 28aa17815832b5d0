"""Q3: max_{k ≤ K} ‖w_k − w(kε)‖ ≤ e^{CK} ε with one C, where the run stays bounded; far too pessimistic there.

The backward difference makes a local error O(ε²), so where ∇F is Lipschitz along run and flow the error up to the
time T = Kε is at most c(T) ε, c(T) = A e^{BT}, and A e^{BKε} ≤ e^{CK} for C = ln⁺A + B ε_max: the printed bound
holds, with an exponent that grows like 1/ε at a fixed time while the error itself falls like ε.

The poster assumes ∇F locally Lipschitz and ε > 0.  That is too little.  On F = w⁴/4 with λ = ε = 1 (so γ = 1, β = 0) from
w_0 = 2, w_{k+1} = w_k − w_k³ and |w_{k+1}| ≥ ½|w_k|³: by induction |w_k| ≥ 2^{(3^k + 1)/2}, which no e^{CK} bounds,
while the flow's energy keeps |w(t)| ≤ 2.

Source: paper 003, Sec. 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import log

from flint import arb

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import HADAMARD, QUARTIC_TWO, Instance
from reference.arithmetic import Vector
from reference.balls import ball, ball_precision
from reference.case import Case, Flow, FlowCase, Method
from reference.enclosures import enclose
from reference.observed_order import estimate_order, flow_at_steps

__all__ = ["CLAIM"]

BITS = 128
LAMBDA = Fraction(1, 2)
LADDER = tuple(Fraction(1, 8 * 2**i) for i in range(4))  # ε
HORIZON = Fraction(2)
GROWTH = 1.2  # of error/ε along the ladder, which tends to a constant
START, STEPS = Fraction(2), 6  # of the run that diverges


def _farther(instance: Instance, factor: int) -> Instance:
    """Return an instance from a start so large that the error exceeds ε, and the bound needs a C > 0."""
    start = {name: tuple(factor * x for x in values) for name, values in instance.case.init.items()}
    return Instance(f"{instance.name}, start times {factor}", replace(instance.case, init=start))


TRIED = ((0, _farther(HADAMARD, 8)), (1, _farther(QUARTIC_TWO, 3)))


def compute(setting: Setting) -> Findings:
    """Enclose run and flow on a ladder of ε, and follow a run that diverges in rationals."""
    bits = setting.bits(BITS)
    checks, lines = [], []
    for index, instance in TRIED:
        errors = [distances(index, step, bits) for step in LADDER]
        for role in (Role.AS_PRINTED, Role.UNDER_ASSUMPTION):
            checks += [_one_constant(role, instance, errors), _pessimistic(role, instance, errors)]
        lines.append(Line(instance.name, tuple(map(float, LADDER)), tuple(max(e) for e in errors)))
    checks.append(_diverging())
    plot = Plot(
        "max ‖w_k − w(kε)‖ up to the time 2", "ε", "error", tuple(lines), x_log=True, y_log=True,
        caption="The error falls like ε; exp(CK) with K = 2/ε would grow beyond every bound.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


@lru_cache(maxsize=32)
def distances(index: int, step: Fraction, bits: int) -> tuple[float, ...]:
    """Return ‖w_k − w(kε)‖ for k = 1, … up to the horizon, from w_0 = w_1, upper bounds of enclosures."""
    instance = TRIED[index][1]
    beta = 1 - step / LAMBDA
    method = Method("heavy_ball", LAMBDA * (1 - beta) ** 2, beta)
    case = Case(instance.case.problem, instance.case.model, instance.case.init, method)
    count = int(HORIZON / step)
    run = enclose(case, range(count), bits).positions  # its position j is the paper's w_{j+1}
    flow = FlowCase(case.problem, case.model, case.init, Flow("mgf", inertia=LAMBDA))
    path = flow_at_steps(flow, step, count, bits)
    with ball_precision(bits):
        return tuple(_norm(run[k - 1] - path[k]) for k in range(1, count + 1))


def constant(errors: Sequence[float], step: Fraction) -> float:
    """Return the least C with error_K ≤ e^{CK} ε for all K."""
    return max(log(error / float(step)) / (k + 1) for k, error in enumerate(errors) if error > 0)


def _norm(vector: Vector) -> float:
    return float(sum((x * x for x in vector), start=arb(0)).sqrt().abs_upper())


def _one_constant(role: Role, instance: Instance, errors: list[tuple[float, ...]]) -> Check:
    found = [constant(e, step) for e, step in zip(errors, LADDER, strict=True)]
    return Check(
        role,
        all(c <= found[0] for c in found) if found[0] > 0 else None,
        "one C gives ‖w_k − w(kε)‖ ≤ e^{CK} ε for all K and every smaller ε",
        f"the least C is {', '.join(f'{c:.3g}' for c in found)} along the ladder",
        f"{instance.name}, λ = {LAMBDA}, ε = 1/8 to 1/64",
        Grade.CERTIFIED,
        ("enclosures of run and flow",),
    )


def _pessimistic(role: Role, instance: Instance, errors: list[tuple[float, ...]]) -> Check:
    shares = [max(e) / float(step) for e, step in zip(errors, LADDER, strict=True)]
    order = estimate_order([max(e) for e in errors]).order
    return Check(
        role,
        max(shares) < GROWTH * shares[0],
        "pessimistically: up to a fixed time the error is at most a constant times ε, though K = T/ε grows",
        f"error/ε is {', '.join(f'{x:.4g}' for x in shares)} for K = {', '.join(str(len(e)) for e in errors)} (order "
        f"{order:.3f})",
        f"{instance.name}, λ = {LAMBDA}, T = {HORIZON}",
        Grade.CERTIFIED,
        ("enclosures of run and flow",),
    )


def diverging_run() -> list[Fraction]:
    """Return w_0, w_1, … of w ↦ w − w³: γ = 1, β = 0 on F = w⁴/4."""
    path = [START]
    for _ in range(STEPS):
        path.append(path[-1] - path[-1] ** 3)
    return path


def _diverging() -> Check:
    """Return whether ln(error_K/ε)/K stays bounded; |w(t)| ≤ |w_0| by the energy."""
    path = diverging_run()
    with ball_precision(BITS):
        needed = [float((ball(abs(w)) - ball(START)).log().mid()) / (k + 1) for k, w in enumerate(path[1:])]
    return Check(
        Role.AS_PRINTED,
        not all(after > 1.5 * before for before, after in pairwise(needed)),
        "one C serves all K at a fixed ε, with ∇F locally Lipschitz alone",
        f"the C needed for K = 1, 2, … is {', '.join(f'{c:.3g}' for c in needed)}: it more than doubles with every "
        "late step",
        f"F = w⁴/4, λ = ε = 1, from w_0 = w_1 = {START}",
        Grade.CERTIFIED,
        ("run in rationals, flow bounded by its energy",),
    )


CLAIM = Claim(
    identifier="Q3",
    paper="003",
    place="Sec. 1",
    statement="For ∇F locally Lipschitz, max_{k ≤ K} ‖w_k − w(kε)‖ ≤ exp(CK) ε, which is unnecessarily pessimistic.",
    confirms="Enclosed errors for which one C, independent of K and ε, does; and that at a fixed time fall like ε.",
    refutes="A run whose error outgrows exp(CK) for every C.",
    compute=compute,
    printed_tex=r"\max_{k \in [K]} |w_k - w(k\varepsilon)| \le \exp(CK) \cdot \varepsilon",
    assumption="ε is small enough for the run to stay bounded, so that ∇F is Lipschitz along it (or is so globally)",
    seconds=2,
)
