"""What gradient flow keeps and a finite step size does not: the balance between layers.

For θ = u⊙v gradient flow keeps u² − v², coordinate by coordinate; with the factors of θ = u⊙u − v⊙v that is 4uv. Between
two layers in a row of a network that is linear or has ReLU between them it keeps ‖W_{l+1}‖² − ‖W_l‖² (Frobenius), where
the first layer's bias counts with its weights.

Source: paper 003, Sec. 3 (its Δ); Du, Hu, Lee 2018, Corollary 2.1.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = ["balance_of_factors", "balance_of_layers", "layers_of"]


def balance_of_factors(model: str, first: Tensor, second: Tensor) -> Tensor:
    """Return the signed balancedness of a network of two factors.

    Parameters
    ----------
    model : str
        ``hadamard``: u² − v²; ``diagonal``: 4uv; ``scalar_product``: a1² − a2².
    first, second : Tensor, shape (d,)
    """
    return 4 * first * second if model == "diagonal" else first * first - second * second


def layers_of(module: nn.Module) -> list[nn.Module]:
    """Return the layers with weights of a network whose layers follow each other as they are registered.

    A network that does anything else (skips, normalisation with weights) has no such balance, and gives an empty list.
    """
    inner = [layer for layer in module.modules() if not list(layer.children())]
    with_weights = [layer for layer in inner if list(layer.parameters(recurse=False))]
    plain = all(isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d) for layer in with_weights)
    homogeneous = all(
        isinstance(layer, nn.ReLU | nn.Identity | nn.Flatten | nn.LeakyReLU)
        or list(layer.parameters(recurse=False))
        for layer in inner
        if not _measures(layer)
    )
    return with_weights if plain and homogeneous and len(with_weights) > 1 else []


def balance_of_layers(layers: list[nn.Module]) -> Tensor:
    """Return ‖W_{l+1}‖² − ‖W_l‖² − ‖b_l‖² between layers in a row, shape (layers − 1,)."""
    return torch.stack(
        [_square(after, bias=False) - _square(before, bias=True) for before, after in pairwise(layers)]
    )


def _square(layer: nn.Module, *, bias: bool) -> Tensor:
    named = dict(layer.named_parameters(recurse=False))
    square = (named["weight"].detach() ** 2).sum()
    return square + (named["bias"].detach() ** 2).sum() if bias and "bias" in named else square


def _measures(layer: nn.Module) -> bool:
    """Return whether a module is a loss or a metric, no part of the network."""
    return isinstance(layer, nn.modules.loss._Loss) or type(layer).__module__.startswith("torchmetrics")
