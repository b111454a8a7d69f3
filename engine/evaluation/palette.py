"""Distance between the colours that occur, however seldom they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .parts import Part

_CELL = 0.05  # 5 units of CIELAB: within it colours look alike
_SHARE = 0.002  # of the texels; what is rarer counts as not there


class Palette:
    """How far, in CIELAB, colours of one picture are from the nearest of the other, both ways.

    Spots are few texels, so that their hue hardly moves a distance of distributions; here each colour counts once.
    """

    least = 0.02  # a smaller floor counts as this: about what is just noticed

    @staticmethod
    def describe(planes: np.ndarray, parts: Sequence[Part]) -> list[Tensor]:
        """The colours [n, 3] of each part of planes [3 or more, H, W], of which the first are L*, a*, b* over 100."""
        return [_colours(part.of(planes)[:3].reshape(3, -1)) for part in parts]

    @staticmethod
    def scale(ages: Sequence[Tensor]) -> None:
        """Nothing is pooled."""

    @staticmethod
    def distance(reference: Tensor, other: Tensor, scale: None) -> Tensor:
        """Mean distance [1] to the nearest, in the units of the planes."""
        apart = torch.cdist(reference, other)
        return 0.5 * (apart.amin(0).mean() + apart.amin(1).mean())[None]


def _colours(texels: np.ndarray) -> Tensor:
    """Mean colours [n, 3] of the cells that texels [3, N] lie in; of too scattered a picture the fullest cells."""
    cells = np.round(texels / _CELL)
    _, of_texel, counts = np.unique(cells, axis=1, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(of_texel.ravel(), plane) for plane in texels], axis=1)
    seen = counts >= min(_SHARE * texels.shape[1], counts.max())
    return torch.from_numpy((sums[seen] / counts[seen, None]).astype(np.float32))
