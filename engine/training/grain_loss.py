"""How differently two textures are grained: where one is smooth and where it is rough, and how much.

Random sums over a patch are nearly normal however grain clusters in it, and their spread, that of the roughest places,
hides noise in the smooth ones. So grain is measured first and its patches are compared then. Such energies of details,
seen by a second layer, are what a scattering transform consists of: Bruna and Mallat, "Invariant scattering convolution
networks", IEEE PAMI 35(8), 2013.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from .patch_loss import PatchLoss, Target

_WEIGHT = 0.3
_HIDDEN = 0.25  # of `PatchLoss.least`: less grain than this counts as none
_LEAST_LOGARITHM = 0.1  # a tenth more grain hardly shows


@dataclass(frozen=True)
class GrainLoss:
    """Distance between the patches of textures, and 0.3 of that between the patches of their grain.

    Grain of a texel and channel is the logarithm of the standard deviation, over 3 x 3 texels, of what differs there
    from the mean of 3 x 3. Its patches are 5 x 5 at 3 scales: up to 20 texels, however fine the grain is.
    """

    patches: PatchLoss

    def __call__(self, synthesis: Tensor, target: Target, generator: torch.Generator, periodic: bool = True) -> Tensor:
        """Distance (a scalar) of synthesis [1, C, H, W] from the target; periodic as for `PatchLoss`."""
        distance = self.patches(synthesis, target, generator, periodic)
        with torch.no_grad():
            theirs = [(self.grain(picture, periodic=False), share) for picture, share in target]
        return distance + _WEIGHT * self._of_grain(self.grain(synthesis, periodic), theirs, generator, periodic)

    def grain(self, picture: Tensor, periodic: bool) -> Tensor:
        """Grain [1, C, H, W] of a picture [1, C, H, W]; two texels less at each border where it does not repeat."""
        hidden = _HIDDEN * picture.new_tensor(self.patches.least)[:, None, None]
        fine = (picture if periodic else picture[..., 1:-1, 1:-1]) - _mean_around(picture, periodic)
        return 0.5 * (_mean_around(fine.square(), periodic) + hidden.square()).log()

    def describe(self) -> str:
        return f"{self.patches.describe()}; {_WEIGHT} of the same for grain: {self._of_grain.describe()}"

    @property
    def _of_grain(self) -> PatchLoss:
        return replace(self.patches, patch=5, projections=32, scales=3, least=(_LEAST_LOGARITHM,))


def _mean_around(values: Tensor, periodic: bool) -> Tensor:
    """Means over 3 x 3 texels."""
    wrapped = functional.pad(values, (1,) * 4, mode="circular") if periodic else values
    return functional.avg_pool2d(wrapped, 3, stride=1)
