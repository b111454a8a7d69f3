"""Disjoint parts of a picture, equal in area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InvalidExemplarError

PATCHES = (64, 32, 16)  # sides in texels
_SPLITS = 6
_OVERLAPPING = 5  # patches in a part


@dataclass(frozen=True)
class Part:
    """A rectangle of a picture, in texels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, planes: np.ndarray) -> np.ndarray:
        """The part of planes [..., H, W]."""
        return planes[..., self.top : self.top + self.height, self.left : self.left + self.width]

    def is_shaped_like(self, other: Part) -> bool:
        """Whether both are as high and as wide."""
        return (self.height, self.width) == (other.height, other.width)

    def corners(self, patch: int) -> list[tuple[int, int]]:
        """Upper left corners of square patches that cover the part evenly, overlapping along its longer side."""
        places = np.linspace(0, max(self.height, self.width) - patch, _OVERLAPPING).round().astype(int).tolist()
        tall = self.height > self.width
        return [(self.top + k, self.left) if tall else (self.top, self.left + k) for k in places]


def largest_patch(*sides: int) -> int:
    """The largest side of a patch of which two fit beside each other into all `sides`.

    Raises InvalidExemplarError where not even the smallest does.
    """
    for patch in PATCHES:
        if 2 * patch <= min(sides):
            return patch
    raise InvalidExemplarError(
        f"{min(sides)} texels are too few to be told apart in parts", f"use {2 * PATCHES[-1]} x {2 * PATCHES[-1]}"
    )


def disjoint_parts(height: int, width: int, patch: int, seed: int = 0) -> list[tuple[Part, Part]]:
    """Pairs of disjoint parts, each of two patches: standing ones side by side, lying ones one above the other.

    The same for the same size. A picture of two patches by two has two such pairs, its halves; of larger ones there are
    `_SPLITS`, drawn at random.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    pairs = []
    for k in range(_SPLITS):
        stands = k % 2 == 0
        across, along = (width, height) if stands else (height, width)
        first = int(generator.integers(across - 2 * patch + 1))
        second = int(generator.integers(first + patch, across - patch + 1))
        starts = [int(value) for value in generator.integers(along - 2 * patch + 1, size=2)]
        one, other = (
            Part(start, place, 2 * patch, patch) if stands else Part(place, start, patch, 2 * patch)
            for start, place in zip(starts, (first, second), strict=True)
        )
        if (one, other) not in pairs:
            pairs.append((one, other))
    return pairs
