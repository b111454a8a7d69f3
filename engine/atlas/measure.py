"""How near what is kept of a life comes to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from ..maps.change import FRESH_UP_TO, FURTHEST
from ..maps.change import change as change_of
from ..maps.color import srgb_to_linear
from ..maps.map_names import CHANGE, DEPARTURE
from .kept_life import KeptLife
from .layout import HALVES, PICTURES, SCALARS

_ERROR_FREE = 99.0  # dB
_LEAST_TILT = 1 / 64  # of the normal's range: what hardly varies is not blown up beyond it


def stored_of(sampled: Mapping[str, np.ndarray], kept: KeptLife) -> dict[str, np.ndarray]:
    """The parts of what is kept, {part: [n, texels]}, of maps {map: [S, texels]} as `make.look_at` gives them, with all
    that a picture cannot hold cut off."""
    stored = {part: kept.stored(part, sampled) for part in kept.weights}
    for name in ("base_color", "normal"):
        stored[name] = np.clip(stored[name], 0, 1)
    stored[DEPARTURE] = kept_departure(stored[DEPARTURE], sampled[DEPARTURE][kept.knots])
    return stored


def unpacked(pictures: Mapping[str, np.ndarray], bounds: Mapping[str, list[float]]) -> dict[str, np.ndarray]:
    """The parts {part: [n, texels]} that pictures of 8 bits hold, {picture: uint8 [n, E, E, 4]}."""
    parts = {}
    for picture, names in PICTURES.items():
        values = pictures[picture].reshape(len(pictures[picture]), -1, 4) / 255
        first = 0
        for name in names:
            width = 3 if name in ("base_color", "normal") else 1
            parts[name] = values[..., first : first + width].reshape(len(values), -1)
            first += width
    parts["base_color"] = np.sqrt(srgb_to_linear(torch.from_numpy(parts["base_color"])).numpy())
    for name in SCALARS:
        low, high, *_ = bounds[name]
        for part in {name, HALVES.get(name, name)}:
            parts[part] = parts[part] * (high - low) + low
    parts["normal"] = unpacked_normals(parts["normal"].reshape(-1, 3), bounds).reshape(parts["normal"].shape)
    return parts


def decibels_of(
    sampled: Mapping[str, np.ndarray], kept: KeptLife, stored: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """PSNR in dB of each map and of Change at the worst of its ages, as the node group shows what is stored."""
    decibels = {}
    for name, values in sampled.items():
        shown = kept.shown(name, stored)
        if name == DEPARTURE:
            decibels[CHANGE] = _decibels(change_of(shown), change_of(values))
            continue
        least, most = (float(values.min()), float(values.max())) if name in SCALARS else (0.0, 1.0)
        peak = (most - least or 1.0) if name == "height" else 1.0
        decibels[name] = _decibels(np.clip(shown, least, most) / peak, values / peak)
    return decibels


def _decibels(shown: np.ndarray, values: np.ndarray) -> float:
    """PSNR in dB, peak 1, at the worst of the ages: [S, texels]."""
    error = float(((shown - values) ** 2).mean(1).max())
    return min(_ERROR_FREE, float(-10 * np.log10(max(error, 1e-12))))


def bounds_of(sampled: Mapping[str, np.ndarray], kept: KeptLife) -> dict[str, list[float]]:
    """{scalar map: [low, high, least, most]}: of what is kept of it, and of the life; and of the normal's x and y, of
    which low and high lie as far from 0.5.

    In 8 bits nothing is exactly 0.5, and mip levels are rounded to 8 bits one after the other: far away a surface that
    is nearly flat, as polished metal is, would be tilted by half a degree.
    """
    tilts = kept.stored("normal", sampled).reshape(len(kept.knots), -1, 3)[..., :2]
    furthest = max(_LEAST_TILT, float(np.abs(tilts - 0.5).max()))
    bounds = {name: _bounds(sampled, kept, name) for name in SCALARS}
    return bounds | {"normal": [0.5 - furthest, 0.5 + furthest, 0.0, 1.0]}


def packed_normals(normals: np.ndarray, bounds: Mapping[str, list[float]]) -> np.ndarray:
    """Normals [..., 3] as a picture holds them: x and y between their bounds."""
    low, high, *_ = bounds["normal"]
    return (normals - (low, low, 0)) / (high - low, high - low, 1)


def unpacked_normals(packed: np.ndarray, bounds: Mapping[str, list[float]]) -> np.ndarray:
    """What `packed_normals` made of normals."""
    low, high, *_ = bounds["normal"]
    return packed * (high - low, high - low, 1) + (low, low, 0)


def _bounds(sampled: Mapping[str, np.ndarray], kept: KeptLife, name: str) -> list[float]:
    """[low, high, least, most] of a scalar map: of what is kept of it, and of the life."""
    parts = [kept.stored(part, sampled) for part in (name, HALVES.get(name, name))]
    low, high = float(np.min(parts)), float(np.max(parts))
    return [low, high if high > low else low + 1.0, float(sampled[name].min()), float(sampled[name].max())]


def kept_departure(fitted: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The fitted departures in [0, 1]; where there is no Change at that age, none is made of them."""
    fresh = FRESH_UP_TO / FURTHEST - 1 / 255  # rounding to 8 bits may add half a step
    return np.where(own <= fresh, np.clip(fitted, 0, fresh), np.clip(fitted, 0, 1))
