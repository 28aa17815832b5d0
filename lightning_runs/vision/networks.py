"""The networks of the papers' image experiments.

ResNet-18 is written out because torchvision's packages are built for CUDA and do not load beside the CPU build of torch.

Source: He et al. 2016, Table 1 and Sec. 4.2; paper 001, Sec. 6; paper 002, App. C.1 (two hidden layers of 200).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

__all__ = ["NETWORKS", "BasicBlock", "ResNet18", "mlp", "network_of"]

WIDTHS = (64, 128, 256, 512)
NETWORKS = ("mlp", "resnet18")


class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions with batch normalisation, and the input added to them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        """Return the activation of body plus shortcut."""
        out: Tensor = self.activation(self.body(images) + self.shortcut(images))
        return out


class ResNet18(nn.Sequential):
    """Four stages of two basic blocks, 64 to 512 channels, after a 3 × 3 convolution.

    Parameters
    ----------
    channels, classes : int
    """

    def __init__(self, channels: int, classes: int) -> None:
        first = [nn.Conv2d(channels, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
        blocks = [
            BasicBlock(before if place == 0 else after, after, stride if place == 0 else 1)
            for (before, after), stride in zip(pairwise((64, *WIDTHS)), (1, 2, 2, 2), strict=True)
            for place in range(2)
        ]
        super().__init__(*first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def mlp(inputs: int, classes: int, width: int = 200, hidden: int = 2) -> nn.Sequential:
    """Return a perceptron with ReLU between its layers.

    Parameters
    ----------
    inputs, classes : int
    width, hidden : int
        Of the hidden layers, and how many.
    """
    sizes = [inputs, *[width] * hidden]
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))


def network_of(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return a network by its name, for images of a shape (channels, height, width)."""
    channels, height, width = shape
    return ResNet18(channels, classes) if name == "resnet18" else mlp(channels * height * width, classes)
