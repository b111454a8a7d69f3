"""A periodic map seen through a window of the UV plane: other sizes, and UDIM tiles."""

from __future__ import annotations

import numpy as np


def sample_window(values: np.ndarray, size: int, repeats: float, tile: tuple[int, int]) -> np.ndarray:
    """A map [H, W] or [H, W, C] over the unit square of UV whose lower left corner is `tile`: [size, size(, C)].

    The map repeats `repeats` times over a unit of UV. Enlarged linearly, as textures are sampled; shrunk by a
    triangle as wide as two pixels of the result, so that nothing is left out. Rows from the top.
    """
    height, width = values.shape[:2]
    across = tile[0] + (np.arange(size) + 0.5) / size
    up = tile[1] + 1 - (np.arange(size) + 0.5) / size
    sampled = _sample_rows(values, (1 - up * repeats) * height - 0.5, repeats * height / size)
    columns = _sample_rows(sampled.swapaxes(0, 1), across * repeats * width - 0.5, repeats * width / size)
    return np.ascontiguousarray(columns.swapaxes(0, 1))


def _sample_rows(values: np.ndarray, positions: np.ndarray, footprint: float) -> np.ndarray:
    """Weighted sums of rows around each position, in rows; the map goes on after its last row with its first."""
    radius = max(1.0, footprint)
    first = np.ceil(positions - radius).astype(np.int64)
    taps = first[:, None] + np.arange(int(np.ceil(2 * radius)) + 1)
    weights = np.maximum(0, 1 - np.abs(taps - positions[:, None]) / radius)
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    sampled = np.zeros((len(positions), *values.shape[1:]), np.float32)
    shape = (-1,) + (1,) * (values.ndim - 1)
    for tap in range(taps.shape[1]):
        sampled += weights[:, tap].reshape(shape) * values[taps[:, tap] % len(values)]
    return sampled
