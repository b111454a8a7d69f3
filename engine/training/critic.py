"""A small network that learns to tell synthesised patches from an exemplar's.

Sources: Goodfellow et al., "Generative adversarial nets", NIPS 2014; one judgement for each patch: Isola et al.,
"Image-to-image translation with conditional adversarial networks", CVPR 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .patch_loss import Target

_WIDTH = 32
_LEAK = 0.2
_DETAIL = 5  # texels each way
_FINE = 0.5  # of what hardly shows: noise of so much shows a little


@dataclass(frozen=True)
class Scale:
    """What a channel is measured by at one age, so that a fresh surface that hardly varies is seen as well as rust.

    mean, spread, spread_of_detail: [1, C, 1, 1] of the exemplar there.
    """

    mean: Tensor
    spread: Tensor
    spread_of_detail: Tensor

    @classmethod
    def of(cls, target: Target, least: tuple[float, ...]) -> Scale:
        """That of pictures in their proportions. least: what hardly shows in each channel, or in all alike."""

        def mixed(values: list[Tensor]) -> Tensor:
            shares = [share for _, share in target]
            parts = [share * value.mean((2, 3), keepdim=True) for share, value in zip(shares, values, strict=True)]
            return torch.stack(parts).sum(0)

        pictures = [picture for picture, _ in target]
        mean = mixed(pictures)
        spread = mixed([(picture - mean).square() for picture in pictures]).sqrt()
        fine = mixed([_detail(picture).square() for picture in pictures]).sqrt()
        floor = mean.new_tensor(least)[:, None, None]
        return cls(mean, spread.maximum(floor), fine.maximum(_FINE * floor))

    @classmethod
    def joined(cls, scales: list[Scale]) -> Scale:
        """Those of several pictures, [n, C, 1, 1]."""
        return cls(*(torch.cat(values) for values in zip(*(scale.parts() for scale in scales), strict=True)))

    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.mean, self.spread, self.spread_of_detail

    def told(self) -> Tensor:
        """The scale itself as numbers of about 1, [n, 3 C]: it stands for the age."""
        logarithms = (self.spread.log() + 2, self.spread_of_detail.log() + 3)
        return torch.cat((4 * self.mean - 2, *logarithms), 1).flatten(1)


class Critic(nn.Module):
    """Scores of patches of 10 and of 28 texels each way, high for the exemplar's."""

    def __init__(self, channels: int):
        super().__init__()
        self.age = nn.Sequential(nn.Linear(3 * channels, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, 3 * _WIDTH))
        self.first = nn.Conv2d(2 * channels, _WIDTH, 3)
        self.second = nn.Conv2d(_WIDTH, 2 * _WIDTH, 4, stride=2)
        self.third = nn.Conv2d(2 * _WIDTH, 2 * _WIDTH, 4, stride=2)
        self.fourth = nn.Conv2d(2 * _WIDTH, 2 * _WIDTH, 3)
        self.small, self.large = nn.Conv2d(2 * _WIDTH, 1, 1), nn.Conv2d(2 * _WIDTH, 1, 1)
        for layer in (self.first, self.second, self.third, self.fourth):
            nn.init.kaiming_normal_(layer.weight, _LEAK)

    def forward(self, pictures: Tensor, scale: Scale) -> tuple[Tensor, Tensor]:
        """Scores [n, patches], small and large, of pictures [n, C, h, w] that have the scale."""
        values = (pictures - scale.mean) / scale.spread
        seen = torch.cat((values, _detail(pictures) / scale.spread_of_detail), 1)
        first, second = self.age(scale.told())[:, :, None, None].split((_WIDTH, 2 * _WIDTH), 1)
        values = functional.leaky_relu(self.first(seen) + first, _LEAK)
        values = functional.leaky_relu(self.second(values) + second, _LEAK)
        small = self.small(values).flatten(1)
        values = functional.leaky_relu(self.third(values), _LEAK)
        values = functional.leaky_relu(self.fourth(values), _LEAK)
        return small, self.large(values).flatten(1)


def _detail(pictures: Tensor) -> Tensor:
    """What differs from the mean of 5 x 5 texels."""
    wide = functional.pad(pictures, (_DETAIL // 2,) * 4, mode="reflect")
    return pictures - functional.avg_pool2d(wide, _DETAIL, stride=1)
