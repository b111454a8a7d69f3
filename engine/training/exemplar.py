"""Footage of an ageing material: a stack of frames and their times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from ..errors import InvalidExemplarError

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}
SMALLEST = 16  # texels; less holds no patch at the coarser scales of the loss


@dataclass(frozen=True)
class Exemplar:
    """Frames of one surface in the order of its ageing.

    name: the file or folder they came from. frames: [N, H, W, C], rows from the top; footage: uint8, display-encoded
    colour (sRGB); map sets: float32, display-encoded base colour (3), metallic, roughness in [0, 1], height in texels.
    ages: [N] float64, rising from 0 to 1.
    """

    name: str
    frames: np.ndarray
    ages: np.ndarray

    def neighbours(self, age: float) -> list[tuple[int, float]]:
        """The frames next to `age` in [0, 1] and their shares, which add up to 1; one frame where it lies on it."""
        after = int(np.searchsorted(self.ages, age).clip(1, len(self.ages) - 1))
        share = float((age - self.ages[after - 1]) / (self.ages[after] - self.ages[after - 1]))
        return [(index, part) for index, part in ((after - 1, 1 - share), (after, share)) if part > 0]

    def index_at(self, age: float) -> int:
        """The frame nearest to `age` in [0, 1]."""
        return int(np.abs(self.ages - age).argmin())


def read_exemplar(path: Path) -> Exemplar:
    """Read an animated WebP, GIF or PNG, or a folder of pictures in the order of their names.

    Raises InvalidExemplarError where there is nothing to read, fewer than two frames, or frames of different sizes.
    """
    if not path.exists():
        raise InvalidExemplarError(f"There is no file or folder {path}", "check the path of the footage")
    frames = _read_folder(path) if path.is_dir() else _read_animation(path)
    if len(frames) < 2:
        raise InvalidExemplarError(
            f"{path.name} has {len(frames)} frame(s), and ageing needs two or more",
            "choose an animation or a folder of pictures",
        )
    sizes = sorted({f"{frame.shape[1]} x {frame.shape[0]}" for frame in frames})
    if len(sizes) > 1:
        raise InvalidExemplarError(
            f"The frames of {path.name} have different sizes ({', '.join(sizes[:4])})", "crop all frames to one size"
        )
    if min(frames[0].shape[:2]) < SMALLEST:
        raise InvalidExemplarError(
            f"The frames of {path.name} are only {sizes[0]} texels", f"use at least {SMALLEST} x {SMALLEST}"
        )
    return Exemplar(path.stem, np.stack(frames), np.linspace(0, 1, len(frames)))


def _read_folder(path: Path) -> list[np.ndarray]:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
    return [_rgb(file)[0] for file in files]


def _read_animation(path: Path) -> list[np.ndarray]:
    return _rgb(path)


def _rgb(path: Path) -> list[np.ndarray]:
    """All frames of one file, [H, W, 3] uint8."""
    try:
        with Image.open(path) as image:
            return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InvalidExemplarError(
            f"{path.name} cannot be read as a picture ({error})", "choose PNG, JPEG, TIFF, WebP or GIF"
        ) from error
