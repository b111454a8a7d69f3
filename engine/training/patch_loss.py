"""How differently two textures are distributed: a sliced Wasserstein distance between their patches.

The patches of both are projected on random directions, the projections sorted and compared: no pre-trained network is
needed. Source: Elnekave and Weiss, "Generating natural images with direct patch distributions matching" (GPDM), CVPR
2022; the sliced distance is the one the appearance ODE was published with (on VGG19 features).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# One step of 8 bits, and a little: directions in which the exemplar hardly varies are not blown up beyond it.
_LEAST_SPREAD = 0.006


@dataclass(frozen=True)
class PatchLoss:
    """Distance between the patches of a periodic texture and those of a picture, at several scales.

    patch: side of a patch in texels. projections: random directions a scale and call. scales: octaves.
    Half of the directions ignore the patch's mean colour. Without them a projection is mostly the local mean, whose
    variance dwarfs that of detail, and fine noise goes unpunished. For the same reason each projection is measured in
    units of the exemplar's spread along it.
    """

    patch: int = 7
    projections: int = 64
    scales: int = 4

    def __call__(self, synthesis: Tensor, exemplar: Tensor, generator: torch.Generator) -> Tensor:
        """Distance (a scalar, 0 where the distributions agree) of synthesis [1, C, H, W] from exemplar [1, C, h, w]."""
        total = synthesis.new_zeros(())
        for scale in range(self.scales):
            if scale:
                synthesis = functional.avg_pool2d(synthesis, 2)
                exemplar = functional.avg_pool2d(exemplar, 2)
            if min(*synthesis.shape[-2:], *exemplar.shape[-2:]) < self.patch:
                break
            directions = self._directions(synthesis.shape[1], generator).to(synthesis)
            total = total + _sliced_distance(synthesis, exemplar, directions, generator)
        return total

    def _directions(self, channels: int, generator: torch.Generator) -> Tensor:
        shape = (self.projections, channels, self.patch, self.patch)
        directions = torch.randn(shape, generator=generator)
        half = directions[: self.projections // 2]
        half -= half.mean((2, 3), keepdim=True)
        return directions / directions.flatten(1).norm(dim=1)[:, None, None, None]


def _sliced_distance(synthesis: Tensor, exemplar: Tensor, directions: Tensor, generator: torch.Generator) -> Tensor:
    margin = directions.shape[-1] // 2
    wrapped = functional.pad(synthesis, (margin,) * 4, mode="circular")
    ours = functional.conv2d(wrapped, directions).flatten(2)[0].sort(dim=1).values  # [P, HW]
    with torch.no_grad():
        # A larger exemplar has more patches than are compared: every n-th serves, from a random start.
        stride = max(1, round(min(exemplar.shape[-2:]) / min(synthesis.shape[-2:])))
        top, left = torch.randint(stride, (2,), generator=generator).tolist()
        theirs = functional.conv2d(exemplar[..., top:, left:], directions, stride=stride).flatten(2)[0]  # [P, patches]
        spread = theirs.std(dim=1) + _LEAST_SPREAD
        quantiles = functional.interpolate(theirs.sort(dim=1).values[None], ours.shape[1], mode="linear")[0]
    return ((ours - quantiles).abs().mean(dim=1) / spread).mean()


def overflow(maps: Tensor) -> Tensor:
    """How far values leave [0, 1], on average (a scalar): the clipped part that the distance above cannot feel."""
    return (maps - maps.clamp(0, 1)).abs().mean()
