"""Portilla-Simoncelli texture statistics of patches, by the library plenoptic.

Source: Portilla and Simoncelli, "A parametric texture model based on joint statistics of complex wavelet coefficients",
IJCV 40(1), 2000: moments, and correlations within and between the bands of a steerable pyramid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import PatinaError
from .parts import Part

_SCALES = {64: 3, 32: 2, 16: 1}  # the coarsest band has to hold the 7 x 7 correlations
_LEAST_SPREAD = 1e-6
_POOLED = 0.25


class MissingLibraryError(PatinaError):
    """A library that only evaluation needs is not installed."""


@dataclass(frozen=True)
class Texture:
    """Statistics [K, S] of one part: their mean over its patches, and their standard deviation over all patches of the
    picture's parts."""

    mean: Tensor
    spread: Tensor


@dataclass(frozen=True)
class PortillaSimoncelli:
    """Statistics of square patches of side `patch`, of each plane by itself."""

    patch: int

    def describe(self, planes: np.ndarray, parts: Sequence[Part]) -> list[Texture]:
        """The statistics of each part of planes [K, H, W]."""
        corners = [part.corners(self.patch) for part in parts]
        places = sorted({corner for some in corners for corner in some})
        patches = [planes[:, y : y + self.patch, x : x + self.patch] for y, x in places]
        stacked = torch.from_numpy(np.stack(patches, axis=1))  # [K, n, p, p]
        with torch.inference_mode():
            values = _library(self.patch)(stacked.flatten(0, 1)[:, None])  # [K n, 1, S]
        values = values.unflatten(0, (len(planes), len(places)))[:, :, 0]  # [K, n, S]
        spread = values.std(1)
        return [Texture(values[:, [places.index(corner) for corner in some]].mean(1), spread) for some in corners]

    @staticmethod
    def scale(ages: Sequence[Texture]) -> Tensor:
        """The spread [K, S] pooled over all ages."""
        return torch.stack([texture.spread for texture in ages]).square().mean(0).sqrt()

    @staticmethod
    def distance(reference: Texture, other: Texture, scale: Tensor) -> Tensor:
        """How far apart two parts are, [K]: the mean difference of their statistics, each in units of its spread.

        Spread means that over the patches of the reference's picture, and a share of that over all ages: a statistic
        that happens to vary little over a few patches does not drown the others.
        """
        spread = reference.spread + _POOLED * scale + _LEAST_SPREAD
        return ((reference.mean - other.mean).abs() / spread).mean(1)


@cache
def _library(patch: int) -> Any:
    try:
        from plenoptic.models import PortillaSimoncelli as Statistics
    except ImportError as error:
        raise MissingLibraryError(
            f"Evaluation needs the package plenoptic ({error})",
            "install what requirements/evaluate.txt names",
        ) from error
    return Statistics((patch, patch), n_scales=_SCALES[patch])
