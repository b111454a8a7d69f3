"""The ages that a model is judged at."""

from __future__ import annotations

import math

import numpy as np

COUNT = 11
_MARGIN = 0.01  # of a life: how far from a grid time, where half a step is longer
_NEAR = 0.03  # of a life: a frame this near says what a surface should look like


def judged_ages(frames: np.ndarray, steps: int) -> list[float]:
    """`COUNT` ages in (0, 1), rising, none of them a grid time of a life with so many steps.

    frames: [N] ages of the exemplar's frames, rising from 0 to 1. Evenly spaced where the exemplar has that many
    frames; else at its frames, and in the middle of the widest gaps between them.
    """
    if len(frames) >= COUNT:
        wanted = np.linspace(0, 1, COUNT).tolist()
    else:
        wanted = [float(age) for age in frames]
        while len(wanted) < COUNT:
            gap = int(np.diff(wanted).argmax())
            wanted.insert(gap + 1, (wanted[gap] + wanted[gap + 1]) / 2)
    return [_off_grid(age, steps) for age in wanted]


def _off_grid(age: float, steps: int) -> float:
    below = min(math.floor(age * steps + 1e-9), steps - 1)
    margin = min(0.5, _MARGIN * steps)
    return (below + min(max(age * steps - below, margin), 1 - margin)) / steps


def is_near_a_frame(age: float, frames: np.ndarray) -> bool:
    """Whether the exemplar shows what the surface looks like at `age`, rather than before and after it."""
    return bool(np.abs(frames - age).min() <= _NEAR)
