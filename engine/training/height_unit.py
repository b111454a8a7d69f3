"""The unit of height maps, which texture sets do not state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InvalidExemplarError
from .height import slope_along_x, slopes_of_normal

_UNIT = 256.0  # texels: a height is a fraction of their width (what `patina synth` writes) unless normals say otherwise
_STEEPEST = 2.0  # texels a texel, root mean square; above 60 degrees all over, the unit is not what we take it for
_LIKENESS = 0.5  # correlation of a height's slopes with the normals' from which they are of one surface


@dataclass
class HeightUnit:
    """Finds the unit of the height maps, one for all ages."""

    is_in_texels: bool = False
    texels: int = 0
    slopes: float = 0.0  # sums of squares over all ages: of the height's slopes,
    normals: float = 0.0  # of the normals',
    both: float = 0.0  # of their products

    def compare(self, height: np.ndarray, normal: np.ndarray | None) -> None:
        """Take in one age. Only slopes along x: whether y runs up or down, sets label wrongly."""
        slope = slope_along_x(height.astype(np.float64))
        self.texels += slope.size
        self.slopes += float(np.square(slope).sum())
        if normal is not None:
            shown = slopes_of_normal(normal)[0]
            self.normals += float(np.square(shown).sum())
            self.both += float((slope * shown).sum())

    def scale(self, name: str) -> float:
        """Texels to a unit. Raises InvalidExemplarError where the height is steeper than any surface."""
        if self.is_in_texels:
            return 1.0
        if self.both > _LIKENESS * np.sqrt(self.slopes * self.normals):
            return self.both / self.slopes
        if self.texels and (steepness := _UNIT * np.sqrt(self.slopes / self.texels)) > _STEEPEST:
            raise InvalidExemplarError(
                f"The height of {name} rises by {steepness:.1f} texels from one to the next, read as a fraction of the "
                "width of 256 texels",
                "add the normal maps that belong to it, from which its unit is taken, or lower its contrast",
            )
        return _UNIT
