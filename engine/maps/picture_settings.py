"""How maps become pictures: format, size, the convention of normals, and which part of the UV plane they show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import InvalidRequestError

FORMATS = {"png8": ".png", "png16": ".png", "exr": ".exr"}  # and the ends of their file names
PACKED = "orm"  # occlusion, roughness and metallic in one picture
LARGEST_PICTURE = 16384


@dataclass(frozen=True)
class PictureSettings:
    """How a bake writes its maps. Raises InvalidRequestError for what cannot be written.

    color, data: format of base colour and of the other maps, one of `FORMATS` (exr: half floats).
    size: width and height in pixels, 0 for one pixel a texel.
    directx: normals with y down.
    tile: the lower left corner, in UV, of the unit square that the picture shows; the texture repeats `repeats` times
    over it. With (0, 0) and 1 that is the texture itself.
    """

    color: str = "png8"
    data: str = "png16"
    size: int = 0
    directx: bool = False
    tile: tuple[int, int] = (0, 0)
    repeats: float = 1.0

    def __post_init__(self) -> None:
        for form in (self.color, self.data):
            if form not in FORMATS:
                raise InvalidRequestError(f"There is no picture format {form!r}", f"choose among {', '.join(FORMATS)}")
        if not 0 <= self.size <= LARGEST_PICTURE:
            raise InvalidRequestError(
                f"A picture of {self.size} pixels is refused", f"choose a width from 1 to {LARGEST_PICTURE}"
            )
        if not (math.isfinite(self.repeats) and self.repeats > 0):
            raise InvalidRequestError(f"A texture cannot repeat {self.repeats} times", "choose a Scale above 0")

    def form(self, name: str) -> str:
        """The format of a map."""
        return self.color if name == "base_color" else self.data
