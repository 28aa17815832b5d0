"""The proved norm: its growth, its turning and its factors, against sampled worst cases in floats."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest

from reference.error_norm import Certificate, ErrorNorm, NoCertificateError

DIMENSION, RANK = 7, 4


def norm_of(looks_ahead: bool, mu: str = "9/10", curvature: float = 0.5) -> ErrorNorm:
    """Return a norm with the weights that suit the method near μ = 0.9."""
    momentum = Fraction(mu)
    return ErrorNorm(momentum, looks_ahead, curvature, 0.5, 0.4 * float(1 - momentum) ** 2)


class Plant:
    """A random factor B with |BBᵀ| ≤ ā, and the step and norm written out in numpy.

    `sloppy` plants a fault: the momentum is not damped.
    """

    def __init__(self, norm: ErrorNorm, seed: int, *, sloppy: bool = False) -> None:
        self.random = np.random.default_rng(seed)
        B = self.random.standard_normal((DIMENSION, RANK))
        self.B = B * np.sqrt(norm.curvature_bound) / np.linalg.norm(B, 2)
        self.norm, self.mu = norm, 1.0 if sloppy else float(norm.momentum)

    def squared(self, beta: np.ndarray, p: np.ndarray, B: np.ndarray | None = None) -> float:
        """Return V of an error."""
        norm, mu = self.norm, float(self.norm.momentum)
        s, t = beta + mu / (1 - mu) * p, beta + float(norm.offset) * p
        seen = (self.B if B is None else B).T @ t
        return float(norm.momentum_weight * p @ p + norm.drift_weight * s @ s + seen @ seen)

    def step(self, beta: np.ndarray, p: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the next error under the forcing n."""
        p = self.mu * p - self.B @ (self.B.T @ self.argument(beta, p)) + n
        return beta + p, p

    def argument(self, beta: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return the error of the point where the gradient is taken."""
        return beta + float(self.norm.momentum) * p if self.norm.looks_ahead else beta

    def worst_ratio(self, sigma: float, tries: int = 400) -> float:
        """Return the largest √(V(z₊)/V(z)) met, each forcing pushing along the gradient of V(z₊)."""
        worst = 0.0
        beta, p = self.random.standard_normal((2, DIMENSION))
        for attempt in range(tries):
            if attempt % 20 == 0:
                beta, p = self.random.standard_normal((2, DIMENSION)) * (1, self.random.random())[attempt % 2]
            arg = self.argument(beta, p)
            push = self._push(beta, p)
            n = sigma * np.linalg.norm(arg) * push / max(np.linalg.norm(push), 1e-300)
            after = self.step(beta, p, n)
            worst = max(worst, np.sqrt(self.squared(*after) / self.squared(beta, p)))
            beta, p = after
        return worst

    def _push(self, beta: np.ndarray, p: np.ndarray) -> np.ndarray:
        b, q = self.step(beta, p, np.zeros(DIMENSION))
        mu, c, norm = float(self.norm.momentum), float(self.norm.offset), self.norm
        s = b + mu / (1 - mu) * q
        pull = norm.momentum_weight * q + norm.drift_weight / (1 - mu) * s
        push: np.ndarray = pull + (1 + c) * self.B @ (self.B.T @ (b + c * q))
        return push


@pytest.mark.parametrize("looks_ahead", [False, True])
@pytest.mark.parametrize("sigma", [1e-6, 1e-3, 3e-2, 0.4])
def test_growth_bounds_every_step_met(looks_ahead: bool, sigma: float) -> None:
    """√V(z₊) ≤ γ(σ) √V(z) for random A with 0 ≤ A ≤ ā and forcings chosen to hurt."""
    norm = norm_of(looks_ahead)
    gamma = norm.growth(sigma)
    assert all(Plant(norm, seed).worst_ratio(sigma) <= gamma for seed in range(8))


def test_growth_of_undamped_momentum_is_found_out() -> None:
    """A plant whose momentum is not damped breaks the bound: the check can fail."""
    norm = norm_of(looks_ahead=False)
    assert max(Plant(norm, seed, sloppy=True).worst_ratio(1e-6) for seed in range(8)) > norm.growth(1e-6)


@pytest.mark.parametrize("looks_ahead", [False, True])
def test_growth_is_nearly_the_inevitable_one(looks_ahead: bool) -> None:
    """A constant push σ on the drift grows it by 1 + σ/(1−μ) a step; the bound is within a fifth."""
    norm, sigma = norm_of(looks_ahead), 1e-3
    inevitable = log(1 + sigma / 0.1)
    assert inevitable <= log(norm.growth(sigma)) <= 1.2 * inevitable


def test_proves_refuses_a_certificate_that_claims_too_little_growth() -> None:
    """γ² below 1 + 2σ/(1−μ) is false, and is not proved whatever τ it comes with."""
    norm = norm_of(looks_ahead=False)
    honest = norm._certificate(14)
    assert norm.proves(honest)
    claimed = 1 + (honest.gamma_squared - 1) / 2
    assert not any(norm.proves(Certificate(honest.sigma, claimed, honest.tau * 2.0**k)) for k in range(-4, 5))


@pytest.mark.parametrize("seed", range(10))
def test_turning_bounds_the_change_of_norm(seed: int) -> None:
    """V_{B'}(z) ≤ turning(|B' − B|)² V_B(z)."""
    norm = norm_of(looks_ahead=False)
    plant = Plant(norm, seed)
    change = plant.random.standard_normal((DIMENSION, RANK)) * 0.05
    beta, p = plant.random.standard_normal((2, DIMENSION))
    ratio = np.sqrt(plant.squared(beta, p, plant.B + change) / plant.squared(beta, p))
    assert ratio <= norm.turning(float(np.linalg.norm(change, 2)))


@pytest.mark.parametrize("looks_ahead", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_factors_bound_errors_by_the_norm_and_defects_bound_the_norm(looks_ahead: bool, seed: int) -> None:
    """|β|, |arg|, |β + μp| ≤ κ√V, and √V ≤ of_defect(|β|, |p|)."""
    norm = norm_of(looks_ahead)
    plant = Plant(norm, seed)
    beta, p = plant.random.standard_normal((2, DIMENSION)) * (1.0, 10.0 ** (seed - 5))[seed % 2]
    size = np.sqrt(plant.squared(beta, p))
    ahead = beta + 0.9 * p
    assert np.linalg.norm(beta) <= norm.position_factor * size
    assert np.linalg.norm(plant.argument(beta, p)) <= norm.argument_factor * size
    assert np.linalg.norm(ahead) <= norm.lookahead_factor * size
    assert size <= norm.of_defect(float(np.linalg.norm(beta)), float(np.linalg.norm(p)))


@pytest.mark.parametrize("sigma", [1e7, 1e200, float("inf"), float("nan")])
def test_growth_refuses_forces_beyond_any_use(sigma: float) -> None:
    """A run far from stable gets no bound, and a message that says what to change."""
    with pytest.raises(NoCertificateError, match="use a smaller `step_size`"):
        norm_of(looks_ahead=False).growth(sigma)
