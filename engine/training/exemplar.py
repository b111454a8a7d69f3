"""One surface at several ages: a stack of frames and their times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InvalidExemplarError
from ..rendering.flash import Frame
from .footage import read_footage
from .limits import SMALLEST
from .map_sets import read_map_sets, reduced_maps
from .resampling import reduce_colour

Region = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of a picture, in shares of its width and height from the upper left corner."""

Gains = tuple[float, float, float]
"""What red, green and blue are multiplied by, as linear light."""


@dataclass(frozen=True)
class Exemplar:
    """Frames of one surface in the order of its ageing.

    name: the file or folder they came from. frames: [N, H, W, C], rows from the top; footage: uint8, display-encoded
    colour (sRGB); map sets: float32, display-encoded base colour (3), metallic, roughness in [0, 1], height in texels.
    ages: [N] float64, rising from 0 to 1. region: the part of each picture that the frames are, where they are not all
    of it; cut_from: that picture, which lies under the flash. white_balance: of the frames, where it was corrected.
    """

    name: str
    frames: np.ndarray
    ages: np.ndarray
    region: Region | None = None
    cut_from: Frame | None = None
    white_balance: Gains | None = None

    @property
    def plane(self) -> Frame:
        """Where the frames lie in what the camera saw."""
        height, width = self.frames.shape[1:3]
        return self.cut_from or Frame(width, height)

    def neighbours(self, age: float) -> list[tuple[int, float]]:
        """The frames next to `age` in [0, 1] and their shares, which add up to 1; one frame where it lies on it."""
        after = int(np.searchsorted(self.ages, age).clip(1, len(self.ages) - 1))
        share = float((age - self.ages[after - 1]) / (self.ages[after] - self.ages[after - 1]))
        return [(index, part) for index, part in ((after - 1, 1 - share), (after, share)) if part > 0]

    def index_at(self, age: float) -> int:
        """The frame nearest to `age` in [0, 1]."""
        return int(np.abs(self.ages - age).argmin())


def read_exemplar(path: Path, kind: str = "rgb") -> Exemplar:
    """Read footage (kind "rgb" or "flash") or texture sets ("maps"); see `read_footage` and `read_map_sets`.

    Raises InvalidExemplarError where there is nothing that can be learned from.
    """
    if not path.exists():
        raise InvalidExemplarError(f"There is no file or folder {path}", "check the path of the footage")
    try:
        frames, ages = read_map_sets(path) if kind == "maps" else read_footage(path)
    except OSError as error:  # of a folder, or a file that goes away meanwhile
        raise InvalidExemplarError(
            f"{path.name} cannot be read ({error.strerror or error})", "check that you may read it"
        ) from error
    height, width = frames.shape[1:3]
    if min(height, width) < SMALLEST:
        raise InvalidExemplarError(
            f"The frames of {path.name} are only {width} x {height} texels", f"use at least {SMALLEST} x {SMALLEST}"
        )
    return Exemplar(path.resolve().name if path.is_dir() else path.stem, frames, ages)


def reduced(exemplar: Exemplar, texels: int) -> Exemplar:
    """The exemplar with `texels` along the shorter side of its frames; as it is where that is no fewer.

    Each texel is the mean of the area that it covers, colour as linear light. Heights shrink as the texels grow.
    Raises InvalidExemplarError for fewer than `SMALLEST` texels.
    """
    if texels < SMALLEST:
        raise InvalidExemplarError(
            f"Frames of {texels} texels are too small to learn from", f"use at least {SMALLEST} texels"
        )
    reduce = reduced_maps if exemplar.frames.shape[-1] > 3 else reduce_colour
    return replace(exemplar, frames=np.stack([reduce(frame, texels) for frame in exemplar.frames]))


def cut(exemplar: Exemplar, region: Region) -> Exemplar:
    """The exemplar with only this part of its pictures: what is alike everywhere, where not all of a picture is.

    Photographs keep their place under the flash; whoever reduces them, too, does so first. Raises InvalidExemplarError
    for what is no part of a picture or too small to learn from.
    """
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise InvalidExemplarError(
            f"The region {','.join(f'{share:g}' for share in region)} is no part of a picture",
            "state left, top, right and bottom from 0 to 1, such as 0.5,0,1,1 for the right half",
        )
    height, width = exemplar.frames.shape[1:3]
    rows, columns = (
        slice(round(start * size), round(end * size))
        for start, end, size in ((top, bottom, height), (left, right, width))
    )
    frames = exemplar.frames[:, rows, columns]
    if min(frames.shape[1:3]) < SMALLEST:
        raise InvalidExemplarError(
            f"The region of {exemplar.name} is only {frames.shape[2]} x {frames.shape[1]} texels",
            f"choose at least {SMALLEST} x {SMALLEST}",
        )
    plane = Frame(width, height, rows.start, columns.start)
    return replace(exemplar, frames=np.ascontiguousarray(frames), region=region, cut_from=plane)
