"""What is to be baked: maps, formats, size, convention, suffixes, tiles; and the names of the files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...engine.maps.map_names import CHANGE
from ...engine.maps.picture_settings import FORMATS, LARGEST_PICTURE, PACKED
from ..errors import BakeError
from ..maps import LOOKS

BAKED = (*LOOKS, PACKED, CHANGE)
OPENGL, DIRECTX = "OPENGL", "DIRECTX"


@dataclass(frozen=True)
class BakeSettings:
    """maps: names out of `BAKED`. color, data: formats of base colour and of the rest. size: pixels, 0 for the extent.

    suffixes: what stands for a map in its files' names, where it is not the map's own name. tiles: UDIM numbers; none
    for the texture itself, which repeats.
    """

    maps: tuple[str, ...] = tuple(LOOKS)
    color: str = "png8"
    data: str = "png16"
    size: int = 0
    normals: str = OPENGL
    suffixes: Mapping[str, str] = field(default_factory=dict)
    tiles: tuple[int, ...] = ()

    def check(self) -> None:
        """Raises BakeError for what no bake can do."""
        unknown = sorted({*self.maps, *self.suffixes} - set(BAKED))
        if unknown:
            raise BakeError(f"There is no map {unknown[0]!r}", f"choose among {', '.join(BAKED)}")
        if not self.maps:
            raise BakeError("No map is chosen", "choose at least one")
        for form in (self.color, self.data):
            if form not in FORMATS:
                raise BakeError(f"There is no picture format {form!r}", f"choose among {', '.join(FORMATS)}")
        if self.normals not in (OPENGL, DIRECTX):
            raise BakeError(f"There are no normals {self.normals!r}", f"choose {OPENGL} or {DIRECTX}")
        if not 0 <= self.size <= LARGEST_PICTURE:
            raise BakeError(f"A size of {self.size} pixels is refused", f"choose 1 to {LARGEST_PICTURE}, or 0")
        words = [self.suffix(name).casefold() for name in self.maps]
        for word in words:
            if not re.fullmatch(r"[\w.-]+", word):
                raise BakeError(f"The suffix {word!r} is no part of a file name", "use letters, digits, - and _")
        if len(set(words)) < len(words):
            raise BakeError("Two maps have the same suffix", "give each its own")
        if wrong := [tile for tile in self.tiles if not 1001 <= tile <= 2000]:
            raise BakeError(f"There is no UDIM tile {wrong[0]}", "choose tiles from 1001 to 2000")

    @staticmethod
    def read_suffixes(text: str) -> dict[str, str]:
        """The suffixes of a text such as "base_color=Albedo, roughness=Rough". Raises BakeError."""
        suffixes = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, word = (piece.strip() for piece in part.partition("="))
            if not (name and equals and word):
                raise BakeError(f"{part!r} names no suffix", "write them like base_color=Albedo, roughness=Rough")
            suffixes[name] = word
        return suffixes

    def suffix(self, name: str) -> str:
        return self.suffixes.get(name) or name

    def extension(self, name: str) -> str:
        return FORMATS[self.color if name == "base_color" else self.data]

    def file_names(self, stem: str, frame: str, tile: str = "") -> dict[str, str]:
        """The file of each map: MATERIAL_MAP_0001.png for the frame "0001", MATERIAL_MAP_0001.1001.png of a tile."""
        end = f"_{frame}.{tile}" if tile else f"_{frame}"
        return {name: f"{stem}_{self.suffix(name)}{end}{self.extension(name)}" for name in self.maps}

    def as_json(self) -> dict[str, Any]:
        """For the sidecar; equal where the pictures are equal, given a material."""
        return {
            "maps": {name: self.suffix(name) for name in BAKED if name in self.maps},
            "color": self.color,
            "data": self.data,
            "normals": self.normals,
            "tiles": list(self.tiles),
        }
