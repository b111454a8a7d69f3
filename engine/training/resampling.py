"""Fewer texels: each new texel is the mean of the area that it covers.

An area mean keeps the mean of a picture exactly, has no overshoot that a patch statistic would take for grain, and
needs nothing beyond the border. Colour is averaged as linear light, as a camera farther away would.
"""

from __future__ import annotations

import numpy as np
import torch

from ..maps.color import linear_to_srgb, srgb_to_linear

_LINEAR = srgb_to_linear(torch.arange(256) / 255).numpy()  # of 8 bits


def reduced_size(height: int, width: int, texels: int) -> tuple[int, int]:
    """The height and width whose shorter side has `texels`, or as they are where that is no fewer."""
    scale = min(1.0, texels / min(height, width))
    return round(height * scale), round(width * scale)


def reduce_colour(frame: np.ndarray, texels: int) -> np.ndarray:
    """A display-encoded frame [H, W, 3], uint8 or float32 in [0, 1], with a shorter side of at most `texels`."""
    height, width = frame.shape[:2]
    size = reduced_size(height, width, texels)
    if size == (height, width):
        return frame
    channels = []
    for channel in np.moveaxis(frame, -1, 0):  # one at a time: photographs are large
        whole = frame.dtype == np.uint8
        linear = _LINEAR[channel] if whole else srgb_to_linear(torch.from_numpy(channel)).numpy()
        encoded = linear_to_srgb(torch.from_numpy(_area_mean(linear, size))).numpy()
        channels.append((encoded * 255 + 0.5).astype(np.uint8) if whole else encoded)
    return np.stack(channels, axis=-1)


def reduce_values(values: np.ndarray, texels: int) -> np.ndarray:
    """Linear values [H, W] float32 with a shorter side of at most `texels`."""
    height, width = values.shape
    size = reduced_size(height, width, texels)
    return values if size == (height, width) else _area_mean(values, size)


def _area_mean(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows, columns = size
    return np.ascontiguousarray(_mean_rows(_mean_rows(values, rows).T, columns).T)


def _mean_rows(values: np.ndarray, new: int) -> np.ndarray:
    """[new, W] of [old, W], new <= old: whole rows from edge to edge, and shares of those that an edge cuts."""
    edges = np.linspace(0, len(values), new + 1)
    whole = edges.astype(int)
    cut = (edges - whole)[:, None].astype(np.float32) * values[whole.clip(max=len(values) - 1)]
    sums = np.add.reduceat(values, whole[:-1], axis=0) + np.diff(cut, axis=0)
    return sums * np.float32(new / len(values))
