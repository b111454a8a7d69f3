"""How an atlas is laid out: three pictures for each kept age, each the texture with a periodic margin all round.

Known to both sides. A tile is a file of a tiled (UDIM) image; tiles of one size become separate layers on the GPU, so
ages never mix at a distance.
"""

from __future__ import annotations

from pathlib import Path

from ..maps.map_names import DEPARTURE

# Maps that have a value more halfway to the next kept age, and what it is called.
HALVES = {"metallic": "metallic halfway", "roughness": "roughness halfway"}
# What a picture holds in red, green, blue and alpha.
PICTURES: dict[str, tuple[str, ...]] = {
    "base_color": ("base_color", HALVES["metallic"]),
    "surface": ("metallic", "roughness", "height", DEPARTURE),
    "normal": ("normal", HALVES["roughness"]),
}
SCALARS = PICTURES["surface"][:3]
FEWEST_AGES, MOST_AGES = 2, 64
GOOD = 40.0  # dB at the worst moment: the aim for every map that is shaded
COLUMNS = 10  # a row of UDIM tiles
_MARGIN = 4  # an extent is this many margins


def margin_texels(extent: int) -> int:
    """Texels that are repeated on each side: a sixth of the extent is looked up, the rest is room for mip levels."""
    return -(-extent // _MARGIN)


def side_texels(extent: int) -> int:
    """Width of a tile."""
    return extent + 2 * margin_texels(extent)


def tile_number(index: int) -> int:
    """The UDIM number of a kept age: tiles are counted in rows of COLUMNS."""
    return 1001 + index


def tile_file(folder: Path, stem: str, picture: str, tile: int | str) -> Path:
    """The file of a tile; `tile` is its number, or <UDIM> for the name of them all."""
    return folder / f"{stem}_{picture}.{tile}.png"


def atlas_bytes(extent: int, ages: int, bits: int) -> int:
    """What an atlas takes in memory, without mip levels: four channels of 8 or 16 bits."""
    return len(PICTURES) * ages * side_texels(extent) ** 2 * 4 * bits // 8
