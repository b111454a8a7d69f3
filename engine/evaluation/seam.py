"""Whether a tile shows where it repeats."""

from __future__ import annotations

import numpy as np

_LEAST = 1 / 1020  # a quarter of a step of 8 bits: a flat channel has no seam


def seam(channels: np.ndarray) -> float:
    """Mean absolute difference of texels across the borders of a tile [C, H, W] in [0, 1], as a ratio to that inside.

    1 where nothing marks the border. Averaged over channels and both directions; a constant channel counts as 1.
    """
    ratios = []
    for axis in (1, 2):
        across = np.abs(np.diff(channels, axis=axis, append=np.take(channels, [0], axis=axis)))
        steps = across.mean(axis=3 - axis)  # [C, length]
        inside, border = steps[:, :-1].mean(1), steps[:, -1]
        ratios.append((border + _LEAST) / (inside + _LEAST))
    return float(np.mean(ratios))
