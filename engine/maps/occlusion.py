"""Ambient occlusion of a periodic height field, for the packed picture that games read."""

from __future__ import annotations

import numpy as np

_DIRECTIONS = 16
_DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16)  # texels: farther slopes are the surface's own form, not its grain
_UNIT = 256  # heights are fractions of the width of 256 texels


def ambient_occlusion(height: np.ndarray) -> np.ndarray:
    """How much of the sky each texel of a height field [H, W] sees, weighted by the cosine: [H, W] in [0, 1].

    Over a level surface a horizon at elevation e leaves cos^2 e of the light of its direction (Max 1988, horizon
    mapping); directions are averaged. Heights are fractions of the width of 256 texels, as `appearance` gives them.
    """
    texels = height.astype(np.float32) * _UNIT
    light = np.zeros_like(texels)
    for direction in range(_DIRECTIONS):
        angle = 2 * np.pi * direction / _DIRECTIONS
        steepest = np.zeros_like(texels)
        for distance in _DISTANCES:
            rows, columns = round(distance * np.sin(angle)), round(distance * np.cos(angle))
            rise = np.roll(texels, (-rows, -columns), (0, 1)) - texels
            np.maximum(steepest, rise / np.float32(np.hypot(rows, columns)), out=steepest)
        light += 1 / (1 + steepest**2)
    return light / _DIRECTIONS
