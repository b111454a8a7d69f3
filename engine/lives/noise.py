"""What a life starts from: Gaussian noise, and a plain colour where its model says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def initial_noise(channels: int, height: int, width: int, seed: int) -> np.ndarray:
    """Standard normal noise [C, H, W], float32, from NumPy's PCG64 on the CPU, so that every device starts alike.

    The texels are drawn in square shells around the corner, each shell's channels together: a smaller extent is the
    corner of a larger one with the same seed.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    side = max(height, width)
    noise = np.empty((channels, side, side), np.float32)
    for k in range(side):  # shell k: row k up to the diagonal, then column k above it
        shell = generator.standard_normal((2 * k + 1, channels), dtype=np.float32).T
        noise[:, k, : k + 1] = shell[:, : k + 1]
        noise[:, :k, k] = shell[:, k + 1 :]
    return np.ascontiguousarray(noise[:, :height, :width])


def initial_state(channels: int, height: int, width: int, seed: int, start: Sequence[float] = ()) -> np.ndarray:
    """The noise [C, H, W] of `initial_noise` with its first channels replaced by the values of `start`."""
    state = initial_noise(channels, height, width, seed)
    state[: len(start)] = np.asarray(start, np.float32)[:, None, None]
    return state
