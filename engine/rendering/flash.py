"""A flat surface photographed with camera and light side by side, as the paper's exemplars were.

Source: Liu and Ritschel 2024, section 4 and the public implementation: camera at (0, 0, 1) with a field of view of 50
degrees, looking at the plane z = 0, which spans [-tan 25 deg, tan 25 deg] in x; a point light at height 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .brdf import Geometry

HALF_WIDTH = math.tan(math.radians(25))
GAMMA = 2.2
_DARKEST, _BRIGHTEST = 1e-6, 1.0  # the range of linear light that a picture holds


@dataclass(frozen=True)
class Light:
    """A point light at (x, y, 1). intensity: radiance times squared distance that it sends out, in W / sr.

    Blender's point light of 4 pi x intensity watts with radius 0 is the same light.
    """

    intensity: Tensor | float = 1.0
    x: Tensor | float = 0.0
    y: Tensor | float = 0.0


@dataclass(frozen=True)
class Frame:
    """The picture that a surface fills: its size in texels, of which the width spans the camera's view.

    top, left: the row and the column from which all others count, where only a part of the picture is looked at.
    """

    width: int
    height: int
    top: int = 0
    left: int = 0

    def positions(self, top: int, left: int, height: int, width: int) -> Tensor:
        """Centres [2, height, width] (x, y) of the texels of a window whose upper left one is (top, left)."""
        return self.position_of(*torch.meshgrid(_run(top, height), _run(left, width), indexing="ij"))

    def position_of(self, row: Tensor, column: Tensor) -> Tensor:
        """Centres [2, ...] (x, y) of the texels at these rows and columns; rows run down, y runs up."""
        texel = 2 * HALF_WIDTH / self.width
        row, column = row + self.top, column + self.left
        return torch.stack(((column + 0.5 - self.width / 2) * texel, (self.height / 2 - row - 0.5) * texel))


def _run(start: int, count: int) -> Tensor:
    return torch.arange(start, start + count, dtype=torch.float32)


def geometry_at(positions: Tensor, normal: Tensor, light: Light) -> tuple[Geometry, Tensor]:
    """Directions at positions [..., 2, H, W] on the plane, and the irradiance [..., 1, H, W] at normal incidence."""
    x, y = positions[..., 0, :, :], positions[..., 1, :, :]
    one = torch.ones_like(x)
    to_light = torch.stack((light.x - x, light.y - y, one), dim=-3)
    to_camera = torch.stack((-x, -y, one), dim=-3)
    squared = to_light.square().sum(-3, keepdim=True)
    to_camera = to_camera / to_camera.square().sum(-3, keepdim=True).sqrt()
    return Geometry(normal, to_light / squared.sqrt(), to_camera), light.intensity / squared


def exposed(radiance: Tensor) -> Tensor:
    """Linear light as the picture's values in (0, 1]: clipped to [1e-6, 1], then raised to 1 / 2.2."""
    return radiance.clamp(_DARKEST, _BRIGHTEST) ** (1 / GAMMA)
