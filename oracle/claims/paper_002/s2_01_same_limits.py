"""S2-1: the rescaled gradient flow and the gradient flow end at one point.

If β* solves β' = −∇L(β)/(1 − μ), then β†(t) = β*((1 − μ)t) has β†' = (1 − μ)·(−∇L(β†)/(1 − μ)) = −∇L(β†): one orbit,
another clock.  In Lie series: the field r∇L, r = 1/(1 − μ), has r^|τ| e(τ) at every tree τ of the map in time η, and
(1 − μ)^|τ| of it in time (1 − μ)η, which is the e(τ) of ∇L itself.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq_poly

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import DIAGONAL_BIASED, HADAMARD, Instance
from oracle.claims.measures import apart, identity_check, row
from reference.b_series import exponential
from reference.case import Case, Flow, FlowCase, Method
from reference.discrete_limit import certified_limit
from reference.flows.limit import certified_flow_limit
from reference.rooted_trees import LEAF, trees_up_to

__all__ = ["CLAIM"]

DIGITS = 16
NODES = 6
MOMENTUM = Fraction(3, 4)
STEP_SIZE = Fraction(1, 20)


def compute(setting: Setting) -> Findings:
    """Hold the maps of both flows together, then their certified limits."""
    digits = setting.digits(DIGITS)
    limits = [_limits(instance, digits) for instance in (DIAGONAL_BIASED, HADAMARD)]
    return Findings((_same_orbit(), *limits, _methods_apart(DIAGONAL_BIASED, digits)))


def clock() -> int:
    """Return the power of 1 − μ by which the rescaled flow's time is multiplied: β†(t) = β*((1 − μ)^1 t)."""
    return 1


def rescaled() -> Flow:
    """Return Eq. 1."""
    return Flow("rescaled_gradient_flow", momentum=MOMENTUM)


def _same_orbit() -> Check:
    """Compare the maps tree by tree, in polynomials of r = 1/(1 − μ)."""
    trees = trees_up_to(NODES)
    zero, r = fmpq_poly([0]), fmpq_poly([0, 1])
    plain = exponential({tree: zero + (tree == LEAF) for tree in trees}, trees)
    fast = exponential({tree: r if tree == LEAF else zero for tree in trees}, trees)
    wrong = sum(fast[tree] != plain[tree] * r ** (clock() * tree.nodes) for tree in trees)
    return identity_check(
        Role.AS_PRINTED,
        wrong == 0,
        "β†(t) = β*((1 − μ)t): the Lie series of both flows agree",
        f"{wrong} of {len(trees)} coefficients differ",
        f"all μ and L, to the power {NODES} of t",
        "polynomials of 1/(1 − μ) over the rationals (FLINT)",
    )


def _limits(instance: Instance, digits: int) -> Check:
    case = instance.case
    ends = []
    for flow in (rescaled(), Flow("gradient_flow")):
        found = certified_flow_limit(FlowCase(case.problem, case.model, case.init, flow), digits)
        ends.append(sum((row(found, name) for name in sorted(case.init)), start=()))
    distance = apart(*ends)
    return Check(
        Role.AS_PRINTED,
        distance < 10.0 ** (2 - digits),
        f"RGF with μ = {MOMENTUM} and GF end at one point",
        f"apart by {distance:.1g}, with {digits} digits asked",
        instance.name,
        Grade.CERTIFIED,
        ("certified limits of both flows",),
    )


def _methods_apart(instance: Instance, digits: int) -> Check:
    """Return whether heavy ball and gradient descent, whose flows these are, end at one point too."""
    case = instance.case
    methods = (
        Method("heavy_ball", STEP_SIZE, MOMENTUM),
        Method("gradient_descent", STEP_SIZE),
    )
    ends = [
        row(
            certified_limit(Case(case.problem, case.model, case.init, method), digits, cross_check=False),
            "theta",
        )
        for method in methods
    ]
    distance = apart(*ends)
    return Check(
        Role.BESIDE,
        distance < 10.0 ** (2 - digits),
        f"so do heavy ball (μ = {MOMENTUM}) and gradient descent, both with η = {STEP_SIZE}",
        f"apart by {distance:.2g}: what the two flows cannot tell",
        instance.name,
        Grade.CERTIFIED,
        ("certified limits of both runs",),
    )


CLAIM = Claim(
    identifier="S2-1",
    paper="002",
    place="Sec. 1",
    statement=(
        "If β* solves the rescaled gradient flow and β† the gradient flow from the same start, then β†(t) = β*((1 "
        "− μ)t): both end at the same point."
    ),
    printed_tex=r"\beta^{\dagger}(t) = \beta^{*}((1-\mu)t)",
    confirms=(
        "Both flows have the same Lie series once the clock is changed, and certified limits agree to every digit "
        "asked."
    ),
    refutes="A coefficient that differs, or two limits that certainly differ.",
    compute=compute,
    seconds=3,
)
