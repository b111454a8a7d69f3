"""What every form of model has in common: the same five maps, so nothing outside the engine knows what kind it is.

base_color [H, W, 3] linear Rec.709 in [0, 1]; metallic, roughness [H, W] in [0, 1] (Blender's roughness, the square
root of GGX's alpha); height [H, W] as a fraction of the width of 256 texels; normal [H, W, 3], OpenGL tangent space (x
right, y up), encoded 0.5 n + 0.5. Rows start at the top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from torch import Tensor

from ..maps.normals import normal_from_height

TEXELS_PER_HEIGHT = 256.0


class Appearance(ABC):
    """How a state is seen. `observed`: how many of its first channels that takes."""

    observed: int

    @abstractmethod
    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        """All maps but the normal, from the observed channels in [0, 1] and as they are [C, H, W]; height in texels."""

    def maps(self, state: Tensor) -> dict[str, np.ndarray]:
        """The five maps of the observed channels of a state [observed, H, W]."""
        raw = state.float()
        maps = self.scalar_maps((0.5 * raw + 0.5).clamp(0, 1), raw)
        texels = maps["height"]
        maps["height"] = texels / TEXELS_PER_HEIGHT
        maps["normal"] = normal_from_height(texels)
        return {name: value.cpu().numpy().astype(np.float32, copy=False) for name, value in maps.items()}
