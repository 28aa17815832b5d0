"""F2a: Fig. 2(a), the limits from a biased start with φ = 0.03 against ‖ξ‖₁.

The paper names neither ε nor the range of ‖ξ‖₁.  Taken are ε = 0.2, at which every run converges (at ε = 1 Nesterov diverges
for most data sets and starts), and ‖ξ‖₁ from 0.0004 to 0.124, which contains 0.0046 of Fig. 2(b) and 0.1240 of Fig. 3.
From where on momentum is ahead was read from these runs: the assumption names a range in which the figure can have been
drawn, and no theory says that it starts there.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.figure_results import figure
from oracle.claims.paper_000.shared_figures import (
    GRADIENT,
    HEAVY,
    LOOP,
    NESTEROV,
    STOCHASTIC,
    Again,
    end_distance,
    log_ratios,
    medians,
    met,
    ratio_plot,
)  # fmt: skip
from oracle.claims.seed_counts import count_check, counted
from oracle.records.figure import Figure

__all__ = ["CLAIM"]

DATA_SCALE, BIASEDNESS = Fraction(1, 5), Fraction(3, 100)
STEP, MOMENTUM = Fraction(1, 10), Fraction(9, 10)
AGAIN = (Fraction(678, 100_000), Fraction(2, 100))  # c; ‖ξ‖₁ = 0.0046 and 0.04
LARGE = 0.04  # ‖ξ‖₁
FROM_RESULTS = (
    f"The bound {LARGE} of the assumption was read from these very runs: no theory gives it, and at other ε it lies "
    "elsewhere."
)


def compute(setting: Setting) -> Findings:
    """Count the seeds in which each method ends closer to the truth than gradient descent."""
    found = figure("000-fig-2a", setting)
    again, other = _recomputed(found, setting), _other_batches(setting)
    x = found.curve(GRADIENT).x
    large = [at for at in x if at >= LARGE * 0.99]
    checks = [_check(Role.AS_PRINTED, found, name, [at], again) for at in x for name in (HEAVY, NESTEROV)]
    checks.append(_check(Role.AS_PRINTED, found, STOCHASTIC, list(x), other))
    for name, by in ((HEAVY, again), (NESTEROV, again), (STOCHASTIC, other)):
        checks += [_check(Role.UNDER_ASSUMPTION, found, name, [at], by) for at in large]
    pairs = [(name, GRADIENT) for name in (STOCHASTIC, HEAVY, NESTEROV)]
    caption = "Above 1 a method ends farther from the truth than gradient descent."
    plot = ratio_plot(found, pairs, "Biased start, φ = 0.03, ε = 0.2", caption)
    return Findings(tuple(checks), (plot,), (found.seen, found.robustness, FROM_RESULTS))


def advantage(found: Figure, name: str, points: list[float]) -> list[float]:
    """Return by seed the mean log of a method's D over gradient descent's: negative where the method is closer."""
    return log_ratios(found, name, GRADIENT, points)


def _check(role: Role, found: Figure, name: str, points: list[float], again: tuple[bool, str]) -> Check:
    logs = advantage(found, name, points)
    span = f"{points[0]:.2g}" if len(points) == 1 else f"{points[0]:.2g} to {points[-1]:.2g}"
    return count_check(
        role,
        counted(logs, [0.0] * len(logs)),
        f"{name} ends closer to θ* than {GRADIENT}",
        f"φ = 0.03, ε = 0.2, ‖ξ‖₁ = {span}; median ratio of D {medians(logs):.3g}",
        again,
    )


def _recomputed(found: Figure, setting: Setting) -> tuple[bool, str]:
    """Return whether seed 0 has the stored distances at two of the starts."""
    pairs = []
    for start in AGAIN:
        at = min(
            range(len(found.curve(HEAVY).x)),
            key=lambda i: abs(found.curve(HEAVY).x[i] - 100 * float(start) ** 2),
        )
        for name in (GRADIENT, HEAVY, NESTEROV):
            again = end_distance(_run(name, start, 100_000), setting)
            pairs.append((found.curve(name).values[found.seeds.index(0)][at], again))
    return met(pairs, 2e-3), LOOP


def _other_batches(setting: Setting) -> tuple[bool, str]:
    """Return whether SGD with other batches ends closer than gradient descent as well, on seed 0."""
    closer = [
        end_distance(_run(STOCHASTIC, start, 100_000), setting)
        < end_distance(_run(GRADIENT, start, 100_000), setting)
        for start in AGAIN
    ]
    return all(closer), "a loop in w± = u ± v over other batches, which ends closer too"


def _run(name: str, start: Fraction, steps: int) -> Again:
    momentum = MOMENTUM if name in {HEAVY, NESTEROV} else Fraction(0)
    return Again(name, 0, DATA_SCALE, (BIASEDNESS * start, start / BIASEDNESS), STEP, momentum, steps)


CLAIM = Claim(
    identifier="F2a",
    paper="000",
    place="Fig. 2(a)",
    statement="From a biased start, φ = 0.03, η = 0.1, μ = 0.9: HB, NAG and SGD generalise better than GD.",
    confirms="Read as: at every ‖ξ‖₁ that is drawn. Over 16 data sets, D(θ(∞), θ*) of each below GD's there (sign tests "
    "by seed, p < 0.01). The paper names neither ε nor the range; tried are ε = 0.2 and ‖ξ‖₁ from 0.0004 to 0.12.",
    refutes="A ‖ξ‖₁ in the range of the paper's figures at which one ends farther from θ* than GD (p < 0.01), where runs "
    "made again by another formula have the stored numbers.",
    compute=compute,
    assumption="‖ξ‖₁ is 0.04 or more (ε = 0.2)",
    seconds=3,
)
