"""Takes uneven light out of footage.

A texture model learns what is the same everywhere. A lamp that lights one side more is not; learned, it comes back as
large blotches at no place in particular.
"""

from __future__ import annotations

import numpy as np

_ROUNDS = 12
_LEAST_RESIDUAL = 1.0  # steps of 8 bits
_GAINS = (0.67, 1.5)  # a stronger trend is not the light's


def flatten_illumination(frames: np.ndarray) -> np.ndarray:
    """The frames [N, H, W, 3] uint8 with each channel divided by its smooth trend over the picture, its level kept.

    The trend is a quadratic surface fitted with least absolute deviations (iteratively reweighted least squares), so
    that it follows the ground and not the spots on it. Light multiplies, in display-encoded values too (they are nearly
    a power of linear ones): dividing leaves dark spots dark.
    """
    height, width = frames.shape[1:3]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    surface = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=-1).reshape(-1, 6)
    return np.stack([_flatten(frame, surface) for frame in frames])


def _flatten(frame: np.ndarray, surface: np.ndarray) -> np.ndarray:
    flat = np.empty(frame.shape, np.float64)
    for channel in range(frame.shape[2]):
        values = frame[..., channel].reshape(-1).astype(np.float64)
        weights = np.ones_like(values)
        for _ in range(_ROUNDS):
            weighted = surface * weights[:, None]
            trend = surface @ np.linalg.solve(weighted.T @ surface, weighted.T @ values)
            weights = 1 / np.maximum(np.abs(values - trend), _LEAST_RESIDUAL)
        # A trend that is smaller than what scatters about it may be chance: it is believed in proportion.
        belief = trend.var() / (trend.var() + np.median(np.abs(values - trend)) ** 2 + _LEAST_RESIDUAL)
        gain = 1 + belief * (np.clip(np.median(trend) / np.maximum(trend, 1), *_GAINS) - 1)
        flat[..., channel] = (values * gain).reshape(frame.shape[:2])
    return np.clip(flat.round(), 0, 255).astype(np.uint8)
