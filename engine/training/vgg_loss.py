"""How differently two textures are distributed, seen by VGG19: the loss that the appearance ODE was published with.

A sliced Wasserstein distance between features. Sources: Liu and Ritschel 2024, section 5; Heitz et al., "A Sliced
Wasserstein Loss for Neural Texture Synthesis", CVPR 2021; Simonyan and Zisserman, "Very Deep Convolutional Networks for
Large-Scale Image Recognition", ICLR 2015. An option: nobody but the user supplies the weights (`vgg_weights`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import InvalidRequestError
from .patch_loss import Target, mixed_quantiles
from .sorting import differentiably_sorted_rows, sorted_rows

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions
_MEAN = (0.485, 0.456, 0.406)  # of ImageNet, in display-encoded values
_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class VggLoss:
    """Distance between VGG19's features of a texture and of pictures, at six levels: the pixels, then each block's end.

    kernels: weight [C', C, 3, 3] and bias [C'] of the 16 convolutions. Average pooling in place of maxima, as many
    random projections as channels, squared differences; a level's are averaged, the levels added.
    Both sides are padded with zeros, as the network was trained, also where the texture repeats: wrapping one side and
    not the other would compare two borders. The field has no place of its own where it wraps, so nothing is unseen.
    """

    kernels: tuple[tuple[Tensor, Tensor], ...]

    def __call__(self, synthesis: Tensor, target: Target, generator: torch.Generator, periodic: bool = True) -> Tensor:
        """Distance (a scalar, 0 where the distributions agree) of synthesis [1, 3, H, W] from the target.

        Display-encoded colour in [0, 1]. periodic: without effect, see above.
        Raises InvalidRequestError for other than three channels.
        """
        if synthesis.shape[1] != 3:
            raise InvalidRequestError(
                f"VGG19 sees three channels of colour and not {synthesis.shape[1]}", "train texture sets on patches"
            )
        ours = self.features(synthesis)
        with torch.no_grad():
            theirs = [(self.features(picture), share) for picture, share in target]
        levels = (
            sliced_distance(level, [(features[k], share) for features, share in theirs], generator)
            for k, level in enumerate(ours)
        )
        return torch.stack(list(levels)).sum()

    def features(self, picture: Tensor) -> list[Tensor]:
        """Six levels [C, positions] of a picture [1, 3, H, W]: itself, and the last ReLU of each block."""
        levels = [picture.flatten(2)[0]]
        values = (picture - picture.new_tensor(_MEAN)[:, None, None]) / picture.new_tensor(_STD)[:, None, None]
        kernels = iter(self.kernels)
        for block, (_, convolutions) in enumerate(BLOCKS):
            if block:
                values = functional.avg_pool2d(values, 2)
            for _ in range(convolutions):
                weight, bias = next(kernels)
                values = functional.conv2d(values, weight, bias, padding=1).relu()
            levels.append(values.flatten(2)[0])
        return levels

    def to(self, device: str | torch.device) -> VggLoss:
        """The same loss on another device."""
        return VggLoss(tuple((weight.to(device), bias.to(device)) for weight, bias in self.kernels))

    def describe(self) -> str:
        return "VGG19 features, six levels, average pooling, as many projections as channels, squared"


def sliced_distance(features: Tensor, target: Target, generator: torch.Generator) -> Tensor:
    """Mean squared difference (a scalar) between sorted projections of features [C, n] and of a mixture of [C, m]."""
    channels, count = features.shape
    directions = torch.randn((channels, channels), generator=generator)
    directions = (directions / directions.norm(dim=1, keepdim=True)).to(features)
    ours = differentiably_sorted_rows(directions @ features)  # [C, n]
    with torch.no_grad():
        theirs = mixed_quantiles([(sorted_rows(directions @ values), share) for values, share in target], count)
    return (ours - theirs).square().mean()
