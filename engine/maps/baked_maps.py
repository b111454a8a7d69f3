"""Maps as a bake wants them: packed, resampled, with normals of either convention."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .occlusion import ambient_occlusion
from .picture_settings import PACKED, PictureSettings
from .uv_window import sample_window


def baked_maps(maps: dict[str, np.ndarray], names: Iterable[str], settings: PictureSettings) -> dict[str, np.ndarray]:
    """The named maps ([H, W, 3] or [H, W], see `appearance`; "orm" is packed of three) as the settings want them."""
    return {name: _baked(maps, name, settings) for name in names}


def _baked(maps: dict[str, np.ndarray], name: str, settings: PictureSettings) -> np.ndarray:
    values = _packed(maps) if name == PACKED else maps[name]
    size = settings.size or values.shape[0]
    if size != values.shape[0] or settings.repeats != 1:
        values = sample_window(values, size, settings.repeats, settings.tile)
        if name == "normal":  # what is averaged is shorter than 1
            normals = values * 2 - 1
            values = normals / np.linalg.norm(normals, axis=-1, keepdims=True).clip(1e-6) * 0.5 + 0.5
    if name == "normal" and settings.directx:
        values = np.stack([values[..., 0], 1 - values[..., 1], values[..., 2]], axis=-1)
    return values


def _packed(maps: dict[str, np.ndarray]) -> np.ndarray:
    """Occlusion, roughness, metallic: [H, W, 3]."""
    return np.stack([ambient_occlusion(maps["height"]), maps["roughness"], maps["metallic"]], axis=-1)
