"""Change: how far each point has left its fresh state. The one place that says what that means.

d(x, a) is the distance of a point's look at age a from its own look at age 0: Euclidean over the square root of linear
base colour, metallic and roughness, each in [0, 1]. A model's *reach* R is the median of d(., 1). Then

    Change(x, a) = smoothstep(0.15 R, 0.8 R, d(x, a)),   smoothstep(l, h, d) = t^2 (3 - 2 t), t = (d - l) / (h - l)

- Against the point's own past, so that the grain of a fresh surface is no change: it is exactly 0 at age 0.
- By the model's own reach, so that clay, which ends a third as far from where it began as steel does, gets to 1 too.
- 0 up to 0.15 R: a fresh surface that only fades a little stays fresh.
- Without relief: what is laid over another material by Change is what the eye sees as another material.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FRESH_UP_TO, TURNED_FROM = 0.15, 0.8  # of the reach
FURTHEST = 1.25  # of the reach: what an atlas keeps as 1. It keeps d, which is blended with less error than Change


def look(maps: Mapping[str, np.ndarray]) -> np.ndarray:
    """What is compared of the five maps: [5, H, W] in [0, 1]."""
    color = np.sqrt(np.clip(maps["base_color"], 0, 1))
    return np.stack([color[..., 0], color[..., 1], color[..., 2], maps["metallic"], maps["roughness"]])


def departure(now: np.ndarray, fresh: np.ndarray, reach: float) -> np.ndarray:
    """d / (FURTHEST R), [H, W] from 0, of two looks [5, H, W], float32."""
    square = np.zeros(now.shape[1:], np.float32)
    for one, other in zip(now, fresh, strict=True):
        difference = one - other
        square += difference * difference
    return np.sqrt(square, out=square) / np.float32(FURTHEST * reach)


def change(departed: np.ndarray) -> np.ndarray:
    """Change in [0, 1] of a departure."""
    along = (departed * FURTHEST - FRESH_UP_TO) / (TURNED_FROM - FRESH_UP_TO)
    along = np.clip(along, 0, 1)
    return along * along * (3 - 2 * along)
