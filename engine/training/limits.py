"""How much footage is taken in. Whatever a file claims of itself is held against these before memory is given to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SMALLEST = 16  # texels; less holds no patch at the coarser scales of the loss
LARGEST = 1024  # texels of the shorter side; larger frames are reduced to it as they are read
MOST_FRAMES = 256  # longer footage is thinned evenly
MOST_PIXELS = 1 << 26  # of one picture as it is decoded: 8,192 x 8,192
MOST_DECODED = 8 << 30  # bytes of all frames of one animation as they are decoded
MOST_VIDEO_FRAMES = 50_000  # all are decoded, whatever is kept: minutes
_MOST_PACKED = 1024  # texels a byte: a solid colour may come to that, footage never
MOST_HELD = 2 << 30  # bytes of an exemplar


def thinned(count: int) -> list[int]:
    """Which of `count` frames are kept, evenly spaced, with the first and the last."""
    return np.linspace(0, count - 1, min(count, MOST_FRAMES)).round().astype(int).tolist()


def is_too_small_for(path: Path, texels: int) -> bool:
    """Whether a file has too few bytes for a picture of so many texels: then it lies, to be given memory."""
    return texels > _MOST_PACKED * max(1024, path.stat().st_size)
