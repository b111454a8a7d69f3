"""Normals of a height field that repeats at its borders."""

from __future__ import annotations

import torch
from torch import Tensor


def normals(height: Tensor) -> Tensor:
    """Unit normals [..., 3, H, W] of a height field [..., H, W] in texels: normalize(-dh/dx, -dh/dy, 1).

    Central differences with x right and y up (rows run down). The public implementation repeats its border instead of
    wrapping, which would show as a seam on every tile.
    """
    slope_x = (height.roll(-1, -1) - height.roll(1, -1)) / 2
    slope_y = (height.roll(1, -2) - height.roll(-1, -2)) / 2
    normal = torch.stack((-slope_x, -slope_y, torch.ones_like(height)), dim=-3)
    return normal / normal.square().sum(-3, keepdim=True).sqrt()


def normal_from_height(height: Tensor) -> Tensor:
    """Encoded normals [H, W, 3], 0.5 n + 0.5, of a height field [H, W] in texels."""
    return 0.5 * normals(height).permute(1, 2, 0) + 0.5
