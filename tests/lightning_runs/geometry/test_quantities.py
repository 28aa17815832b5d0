"""The geometry of losses whose geometry is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import torch
from torch import Tensor, nn

from lightning_runs.geometry import quantities
from lightning_runs.geometry.balance import balance_of_factors, balance_of_layers, layers_of
from lightning_runs.geometry.landscape import Landscape
from lightning_runs.geometry.quantities import (
    SharpnessError,
    directional_smoothness,
    gradient_norm_squared,
    sharpness,
)


def quadratic(eigenvalues: list[float], at: list[float], step_size: float = 0.1) -> Landscape:
    """Return ½ Σ λ x² in two tensors, at a point."""
    scale = torch.tensor(eigenvalues, dtype=torch.float64)
    first = torch.tensor(at[:1], dtype=torch.float64, requires_grad=True)
    rest = torch.tensor(at[1:], dtype=torch.float64, requires_grad=True)
    return Landscape("", [first, rest], lambda: (scale * torch.cat([first, rest]) ** 2).sum() / 2, step_size)


def test_of_a_quadratic_everything_is_known() -> None:
    """g = Λx, D = gᵀΛg/‖g‖² whatever η, and the sharpness is the largest λ."""
    values, at = [3.0, -1.0, 0.5], [1.0, 2.0, -4.0]
    landscape = quadratic(values, at)
    gradient = np.array(values) * at
    assert gradient_norm_squared(landscape) == pytest.approx(gradient @ gradient, rel=1e-14)
    expected = gradient @ (np.array(values) * gradient) / (gradient @ gradient)
    assert directional_smoothness(landscape) == pytest.approx(expected, rel=1e-12)
    assert sharpness(landscape) == pytest.approx(3.0, rel=1e-12)


def test_lanczos_finds_the_largest_not_the_largest_in_size() -> None:
    """Of eigenvalues −9, …, 2 the sharpness is 2, also where the Hessian is never formed."""
    values = [-9.0, *np.linspace(-1, 1.5, 38), 2.0]
    assert sharpness(quadratic(values, [0.0] * 40), tolerance=1e-10) == pytest.approx(2.0, rel=1e-8)


def test_lanczos_against_the_whole_hessian() -> None:
    """A network with 41 parameters: the same as the eigenvalues of torch's Hessian."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    data, target = torch.randn(10, 3, dtype=torch.float64), torch.randn(10, 1, dtype=torch.float64)
    parameters = list(net.parameters())
    landscape = Landscape("", parameters, lambda: nn.functional.mse_loss(net(data), target), 0.1)

    def loss(flat: Tensor) -> Tensor:
        names = [name for name, _ in net.named_parameters()]
        parts = torch.split(flat, [parameter.numel() for parameter in parameters])
        held = {n: part.view_as(p) for n, part, p in zip(names, parts, parameters, strict=True)}
        return nn.functional.mse_loss(torch.func.functional_call(net, held, (data,)), target)

    flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    hessian: Any = torch.autograd.functional.hessian
    whole = hessian(loss, flat)
    assert sharpness(landscape, tolerance=1e-10) == pytest.approx(
        float(torch.linalg.eigvalsh(whole)[-1]), rel=1e-8
    )


def test_directional_smoothness_is_taken_at_the_step_size() -> None:
    """For L = x⁴/4 it is (x³ − (x − ηx³)³)/(ηx³), no second derivative."""
    x = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    landscape = Landscape("", [x], lambda: (x**4).sum() / 4, 0.2)
    gradient = 1.5**3
    expected = (gradient - (1.5 - 0.2 * gradient) ** 3) / (0.2 * gradient)
    assert directional_smoothness(landscape) == pytest.approx(expected, rel=1e-12)
    assert abs(expected - 3 * 1.5**2) > 1  # the second derivative is another number


def test_measuring_leaves_the_point_to_the_bit() -> None:
    """Parameters and their gradients are what they were."""
    landscape = quadratic([3.0, 1.0, 2.0], [0.1, 0.7, -0.3])
    before = [parameter.detach().clone() for parameter in landscape.parameters]
    directional_smoothness(landscape)
    sharpness(landscape)
    assert all(torch.equal(a, b) for a, b in zip(before, landscape.parameters, strict=True))
    assert all(parameter.grad is None for parameter in landscape.parameters)


def test_at_a_stationary_point_there_is_no_direction() -> None:
    """D is not a number where the gradient is zero."""
    assert math.isnan(directional_smoothness(quadratic([1.0, 2.0], [0.0, 0.0])))


def test_a_parameter_without_part_in_the_loss_counts_as_zero() -> None:
    """Its gradient and its rows of the Hessian are zero."""
    used = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    idle = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    landscape = Landscape("", [used, idle], lambda: used @ used, 0.1)
    assert gradient_norm_squared(landscape) == 16.0
    assert sharpness(landscape) == pytest.approx(2.0)


def test_a_linear_loss_has_no_sharpness() -> None:
    """Its Hessian is zero."""
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    assert sharpness(Landscape("", [x], lambda: x @ torch.ones(3, dtype=torch.float64), 0.1)) == 0.0


def test_what_does_not_converge_says_so() -> None:
    """One restart is not enough for a hundred eigenvalues close together."""
    values = list(np.linspace(1.0, 1.001, 200))
    with pytest.raises(SharpnessError, match="allow more iterations"):
        sharpness(quadratic(values, [1.0] * 200), tolerance=1e-14, iterations=1)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("hadamard", [-3.0, 9.0]), ("scalar_product", [-3.0, 9.0]), ("diagonal", [8.0, 0.0])],
)
def test_balance_of_factors(model: str, expected: list[float]) -> None:
    """u² − v², and 4uv for the factors of u⊙u − v⊙v."""
    u, v = torch.tensor([1.0, 3.0]), torch.tensor([2.0, 0.0])
    assert balance_of_factors(model, u, v).tolist() == expected


@pytest.mark.parametrize("between", [nn.Identity, nn.ReLU])
def test_gradient_flow_keeps_the_balance_of_layers(between: Callable[[], nn.Module]) -> None:
    """Its derivative along the gradient vanishes, for linear and ReLU networks with a bias below."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(4, 5), between(), nn.Linear(5, 3, bias=False)).double()
    data = torch.randn(7, 4, dtype=torch.float64)
    gradients = torch.autograd.grad((net(data) ** 3).sum(), list(net.parameters()))
    weight, bias, above = (parameter.detach() for parameter in net.parameters())
    slope = 2 * ((above * gradients[2]).sum() - (weight * gradients[0]).sum() - (bias * gradients[1]).sum())
    scale = float((above * gradients[2]).sum().abs())
    assert abs(float(slope)) < 1e-12 * scale
    balance = balance_of_layers(layers_of(net))
    assert balance.shape == (1,)
    assert float(balance[0]) == pytest.approx(float((above**2).sum() - (weight**2).sum() - (bias**2).sum()))


def test_networks_without_such_a_balance_have_none() -> None:
    """Tanh and batch normalisation break it."""
    assert not layers_of(nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)))
    assert not layers_of(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1)))
    assert len(layers_of(nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)))) == 2


def test_a_planted_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moved along +g instead of −g, D of a quartic is another number."""
    x = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    landscape = Landscape("", [x], lambda: (x**4).sum() / 4, 0.2)
    right = quantities.directional_smoothness(landscape)
    moved = Landscape.moved
    monkeypatch.setattr(Landscape, "moved", lambda self, by: moved(self, -by))
    assert abs(quantities.directional_smoothness(landscape) - right) > 1
