"""A picture of an exemplar: base colour, roughness, height and the flash photograph at some ages.

.venv/bin/python -m synthetic.sheet FOLDER SHEET.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from patina.engine.maps.pictures import to_bytes, write_picture
from PIL import Image, ImageDraw

from .map_files import map_path, read_maps

COLUMNS = 6
HEIGHTS = 3.0  # texels: black is that much below the plane, white above
_GAP, _LABEL, _BACKGROUND = 4, 14, (24, 24, 26)


def sheet(folder: Path, output: Path) -> None:
    """Write the sheet of the exemplar in `folder`, a texel a pixel."""
    about = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    texels, ages, name = about["texels"], about["ages"], about["material"]
    numbers = [round(column * (len(ages) - 1) / (COLUMNS - 1)) + 1 for column in range(COLUMNS)]
    step = texels + _GAP
    picture = Image.new("RGB", (COLUMNS * step + _GAP, _LABEL + 4 * step + _GAP), _BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for column, number in enumerate(numbers):
        left = _GAP + column * step
        draw.text((left, 1), f"Age {ages[number - 1]:.2f}", fill=(220, 220, 220))
        for row, tile in enumerate(_tiles(folder, name, number)):
            picture.paste(tile, (left, _LABEL + _GAP + row * step))
    write_picture(output, picture)


def _tiles(folder: Path, name: str, number: int) -> list[Image.Image]:
    maps = read_maps(folder, name, number)
    grey = [maps["roughness"], maps["height"] / (2 * HEIGHTS) + 0.5]
    return [
        Image.open(map_path(folder, name, "base_color", number)),
        *(Image.fromarray(to_bytes(np.asarray(values))).convert("RGB") for values in grey),
        Image.open(folder / "flash" / f"{number:04d}.png"),
    ]


if __name__ == "__main__":
    sheet(Path(sys.argv[1]), Path(sys.argv[2]))
