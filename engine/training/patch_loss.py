"""How differently two textures are distributed: a sliced Wasserstein distance between their patches.

The patches of both are projected on random directions, the projections sorted and compared: no pre-trained network is
needed. Source: Elnekave and Weiss, "Generating natural images with direct patch distributions matching" (GPDM), CVPR
2022; the sliced distance is the one the appearance ODE was published with (on VGG19 features).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from .sorting import differentiably_sorted_rows, sorted_rows

LEAST_SPREAD = 0.006  # one step of 8 bits, and a little
COLOUR = slice(0, 3)

Target = list[tuple[Tensor, float]]
"""Pictures [1, C, h, w] and their shares, which add up to 1: what a texture between two frames is drawn from."""


class Loss(Protocol):
    """A distance between textures. `describe`: what it is and its settings, in words that decide its identity."""

    def __call__(
        self, synthesis: Tensor, target: Target, generator: torch.Generator, periodic: bool = True
    ) -> Tensor: ...

    def describe(self) -> str: ...


@dataclass(frozen=True)
class PatchLoss:
    """Distance between the patches of a texture and those of pictures, at several scales.

    patch: side of a patch in texels. projections: random directions a scale and call. scales: octaves.
    Half of the directions ignore the patch's mean. Without them a projection is mostly the local mean, whose variance
    dwarfs that of detail, and fine noise goes unpunished. For the same reason each projection is measured in units of
    the exemplar's spread along it.
    A third of the directions see differences of the first three channels only: in the others lightness drowns colour,
    and noise of colour would go unpunished. Where there are more maps, these are a sixth, and half of the directions
    see one map alone, lightness twice as often as another.
    inner: a quarter of the directions see only so many texels each way in the middle of a patch, 0 for none: random
    sums over all of a patch are nearly normal however its grain clusters.
    least: what hardly shows in each channel, or in all of them alike; directions in which the exemplar varies less are
    not blown up beyond it.
    """

    patch: int = 7
    projections: int = 64
    scales: int = 4
    inner: int = 0
    least: tuple[float, ...] = (LEAST_SPREAD,)
    sorted = staticmethod(sorted_rows)
    sorted_with_gradient = staticmethod(differentiably_sorted_rows)

    def __call__(self, synthesis: Tensor, target: Target, generator: torch.Generator, periodic: bool = True) -> Tensor:
        """Distance (a scalar, 0 where the distributions agree) of synthesis [1, C, H, W] from the target.

        periodic: the synthesis repeats beyond its borders, so patches wrap around them.
        """
        total = synthesis.new_zeros(())
        for scale in range(self.scales):
            if scale:
                synthesis = functional.avg_pool2d(synthesis, 2)
                target = [(functional.avg_pool2d(picture, 2), share) for picture, share in target]
            smallest = min(min(picture.shape[-2:]) for picture in (synthesis, *(picture for picture, _ in target)))
            if smallest < self.patch:
                break
            directions = self._directions(synthesis.shape[1], generator).to(synthesis)
            total = total + self._sliced_distance(synthesis, target, directions, generator, periodic)
        return total

    def describe(self) -> str:
        kinds = f"a quarter of {self.inner} x {self.inner}" if self.inner else "a third of colour"
        return f"patches of {self.patch} x {self.patch}, {self.projections} projections, {kinds}, {self.scales} scales"

    def _directions(self, channels: int, generator: torch.Generator) -> Tensor:
        seen = torch.ones(self.projections, 1, self.patch, self.patch)
        if self.inner:
            outer = (self.patch - self.inner) // 2
            seen[3::4] = functional.pad(torch.ones(self.inner, self.inner), (outer,) * 4)
        directions = seen * torch.randn((self.projections, channels, self.patch, self.patch), generator=generator)
        means = directions.sum((2, 3), keepdim=True) / seen.sum((2, 3), keepdim=True)
        half = slice(self.projections // 2)
        directions[half] -= (means * seen)[half]
        if channels >= 3:
            colour = directions[:: 3 if channels == 3 else 6]
            colour[:, 3:] = 0
            colour[:, COLOUR] -= colour[:, COLOUR].mean(1, keepdim=True)
        if channels > 3:
            alone = directions[1::2]
            chosen = torch.randint(1, channels, (len(alone),), generator=generator)
            alone[:, COLOUR] = alone[:, :1]  # the three alike: lightness
            of_one = functional.one_hot(chosen, channels)
            of_one[:, COLOUR] = of_one[:, COLOUR].sum(1, keepdim=True)
            alone *= of_one[:, :, None, None]
        return directions / directions.flatten(1).norm(dim=1)[:, None, None, None]

    def _sliced_distance(
        self, synthesis: Tensor, target: Target, directions: Tensor, generator: torch.Generator, periodic: bool
    ) -> Tensor:
        margin = self.patch // 2
        wrapped = functional.pad(synthesis, (margin,) * 4, mode="circular") if periodic else synthesis
        ours = self.sorted_with_gradient(functional.conv2d(wrapped, directions).flatten(2)[0])  # [P, patches]
        count = ours.shape[1]
        with torch.no_grad():
            drawn = []
            for picture, share in target:
                # A larger picture has more patches than are compared: every n-th serves, from a random start.
                stride = max(1, round(min(picture.shape[-2:]) / min(synthesis.shape[-2:])))
                top, left = torch.randint(stride, (2,), generator=generator).tolist()
                theirs = functional.conv2d(picture[..., top:, left:], directions, stride=stride).flatten(2)[0]
                drawn.append((self.sorted(theirs), share))
            quantiles = mixed_quantiles(drawn, count, self.sorted)
            least = (directions * directions.new_tensor(self.least)[:, None, None]).flatten(1).norm(dim=1)
            spread = _deviation(quantiles) + least
        return ((ours - quantiles).abs().mean(dim=1) / spread).mean()


def mixed_quantiles(
    drawn: list[tuple[Tensor, float]], count: int, sort: Callable[[Tensor], Tensor] = sorted_rows
) -> Tensor:
    """`count` sorted values [P, count] of a mixture, each part given by sorted values [P, n] and its share."""
    parts, left = [], count
    for k, (values, share) in enumerate(drawn):
        number = left if k == len(drawn) - 1 else min(left, round(share * count))
        left -= number
        if number:
            parts.append(functional.interpolate(values[None], number, mode="linear")[0])
    return parts[0] if len(parts) == 1 else sort(torch.cat(parts, dim=1))


def _deviation(values: Tensor) -> Tensor:
    """Standard deviation of each row [P, N]; torch's own takes 17 times as long on a CPU."""
    centred = values - values.mean(dim=1, keepdim=True)
    return torch.linalg.vector_norm(centred, dim=1) / (values.shape[1] - 1) ** 0.5


def overflow(maps: Tensor) -> Tensor:
    """How far values leave [0, 1], on average (a scalar): the clipped part that the distance above cannot feel."""
    return (maps - maps.clamp(0, 1)).abs().mean()
