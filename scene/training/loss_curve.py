"""A training's loss over its steps, as a picture. NumPy alone: Blender brings nothing that plots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SIZE = 256  # pixels
_MARGIN = 10
_GROUND, _GRID, _LINE = (0.10, 0.10, 0.11), (0.20, 0.20, 0.22), (0.38, 0.68, 0.95)
_WIDTH = 2.0  # of the line's half, in pixels
_SHADE = 0.22  # opacity below the line


def draw_curve(history: Sequence[tuple[int, float, float]], iterations: int) -> np.ndarray:
    """The losses of `history` (iteration, loss, learning rate) on a logarithmic scale from the lowest to the highest.

    The whole width is all `iterations`, so what is still to come is empty. Returns [SIZE, SIZE, 4] float32 in [0, 1],
    display-encoded, rows from the bottom.
    """
    picture = np.ones((SIZE, SIZE, 4), np.float32)
    picture[..., :3] = _GROUND
    for line in np.linspace(_MARGIN, SIZE - _MARGIN, 5).astype(int):
        picture[line, _MARGIN:-_MARGIN, :3] = _GRID
    steps = np.array([check[0] for check in history], float)
    losses = np.log(np.maximum([check[1] for check in history], 1e-12))
    if len(steps) < 2 or steps[-1] <= steps[0]:
        return picture
    columns = _MARGIN + (SIZE - 2 * _MARGIN) * steps / max(iterations, steps[-1])
    spread = max(float(np.ptp(losses)), 1e-6)
    heights = 2 * _MARGIN + (SIZE - 4 * _MARGIN) * (losses - losses.min()) / spread
    first, last = int(np.ceil(columns[0])), int(columns[-1])
    along = np.arange(first, last + 1)
    curve = np.interp(along, columns, heights)  # [columns]
    slope = np.gradient(curve) if len(curve) > 1 else np.zeros_like(curve)
    above = np.arange(SIZE)[:, None] - curve  # [SIZE, columns], in pixels
    opacity = np.clip(_WIDTH + 0.5 - np.abs(above) / np.hypot(1, slope), 0, 1)
    shade = np.where((above < 0) & (np.arange(SIZE)[:, None] >= _MARGIN), _SHADE, 0.0)
    opacity = np.maximum(opacity, shade)[..., None]
    region = picture[:, first : last + 1, :3]
    region += (np.array(_LINE, np.float32) - region) * opacity
    return picture
