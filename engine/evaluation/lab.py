"""CIELAB, in which equal distances look about equally different."""

from __future__ import annotations

import torch
from torch import Tensor

from ..maps.color import srgb_to_linear

# Linear Rec.709 to XYZ (IEC 61966-2-1, D65), each row divided by its sum: white is (1, 1, 1).
_TO_XYZ = torch.tensor(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))
_KNEE = (6 / 29) ** 3


def srgb_to_lab(encoded: Tensor) -> Tensor:
    """Display-encoded colour [..., 3, H, W] in [0, 1] as L*, a*, b* of CIE 1976, [..., 3, H, W], divided by 100."""
    linear = srgb_to_linear(encoded.clamp(0, 1))
    weights = (_TO_XYZ / _TO_XYZ.sum(1, keepdim=True)).to(linear)
    xyz = torch.einsum("ij,...jhw->...ihw", weights, linear)
    cube_root = xyz.clamp(min=_KNEE) ** (1 / 3)
    x, y, z = torch.where(xyz > _KNEE, cube_root, xyz * (29 / 6) ** 2 / 3 + 4 / 29).unbind(-3)
    return torch.stack((1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)), dim=-3)
