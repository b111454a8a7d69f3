"""Distances between the distributions of colours, and of small patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .parts import Part
from .views import STEP

_DIRECTIONS = 64
_QUANTILES = 256
_LEAST_DISTANCE = 0.1  # of a spread
_SEED = 20_001  # other directions than training's


@dataclass(frozen=True)
class ValueDistribution:
    """Sliced Wasserstein distance between the values of texels, all planes together (for colour: in CIELAB)."""

    planes: int
    least = STEP  # a smaller floor counts as this: less is not seen

    def describe(self, planes: np.ndarray, parts: Sequence[Part]) -> list[Tensor]:
        """Quantiles [D, n] of projections of each part of planes [K, H, W]."""
        directions = _directions((_DIRECTIONS, self.planes))
        return [_quantiles(directions @ torch.from_numpy(part.of(planes)).flatten(1)) for part in parts]

    @staticmethod
    def scale(ages: Sequence[Tensor]) -> None:
        """Nothing is pooled."""

    def distance(self, reference: Tensor, other: Tensor, scale: None) -> Tensor:
        """Mean distance [1] of quantiles, in the units of the planes."""
        return (reference - other).abs().mean()[None]


@dataclass(frozen=True)
class PatchDistribution:
    """Sliced Wasserstein distance between patches, all planes together, blind to their mean colour.

    sides: (patch, octave) pairs; the first is of the finest grain alone, what a mean of 3 x 3 takes away, which the
    structures around it would drown. spread: [K] of the exemplar's planes over all ages, the unit of each plane.
    """

    spread: np.ndarray
    sides: tuple[tuple[int, int], ...] = ((5, 0), (11, 0), (11, 1))
    least = _LEAST_DISTANCE

    def describe(self, planes: np.ndarray, parts: Sequence[Part]) -> list[list[Tensor]]:
        """For each part of planes [K, H, W] the quantiles [D, n] of its projections, a tensor for each of `sides`."""
        scaled = (planes / np.maximum(self.spread, STEP)[:, None, None]).astype(np.float32)
        return [self._projections(torch.from_numpy(part.of(scaled))[None]) for part in parts]

    def _projections(self, planes: Tensor) -> list[Tensor]:
        found = []
        for number, (side, octave) in enumerate(self.sides):
            smaller = functional.avg_pool2d(planes, 2**octave)
            if number == 0:
                smaller = smaller[..., 1:-1, 1:-1] - functional.avg_pool2d(smaller, 3, stride=1)
            if min(smaller.shape[-2:]) > side:
                directions = _directions((_DIRECTIONS, planes.shape[1], side, side), detail=True)
                found.append(_quantiles(functional.conv2d(smaller, directions)[0].flatten(1)))
        return found

    @staticmethod
    def scale(ages: Sequence[list[Tensor]]) -> None:
        """Nothing is pooled."""

    @staticmethod
    def distance(reference: list[Tensor], other: list[Tensor], scale: None) -> Tensor:
        """Mean distance [1] of quantiles, each projection in units of the reference's spread along it."""
        distances = [
            ((ours - theirs).abs().mean(1) / ours.std(1)).mean() for ours, theirs in zip(reference, other, strict=True)
        ]
        return torch.stack(distances).mean()[None]


def _quantiles(projections: Tensor) -> Tensor:
    """[D, n] of projections [D, N]; sorted by NumPy, which is many times faster on a CPU."""
    ranks = np.linspace(0, projections.shape[1] - 1, min(_QUANTILES, projections.shape[1])).round().astype(int)
    return torch.from_numpy(np.sort(projections.numpy(), axis=1)[:, ranks])


def _directions(shape: tuple[int, ...], detail: bool = False) -> Tensor:
    """Random unit vectors; with `detail`, they sum to 0 over each plane of a patch."""
    directions = torch.randn(shape, generator=torch.Generator().manual_seed(_SEED))
    if detail:
        directions -= directions.mean((2, 3), keepdim=True)
    return directions / directions.flatten(1).norm(dim=1).reshape(-1, *[1] * (len(shape) - 1))
