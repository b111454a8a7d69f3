"""Maps on disk, written as `patina synth` writes them, and read again: the files are the truth of the photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from patina.engine.appearance import TEXELS_PER_HEIGHT
from patina.engine.maps.color import srgb_to_linear
from patina.engine.maps.map_names import MAPS
from patina.engine.maps.normals import normal_from_height
from patina.engine.maps.pictures import to_bytes, write_map
from PIL import Image


def map_path(folder: Path, name: str, map_name: str, number: int) -> Path:
    """Where one map of one frame lies; frames count from 1."""
    return folder / "maps" / f"{name}_{map_name}_{number:04d}.png"


def has_maps(folder: Path, name: str, number: int) -> bool:
    """Whether all maps of a frame are there."""
    return all(map_path(folder, name, map_name, number).exists() for map_name in MAPS)


def write_maps(folder: Path, name: str, number: int, maps: dict[str, np.ndarray]) -> None:
    """Write the five maps of one frame; `maps` as a material gives them, height in texels.

    The height is rounded to the 16 bits of its file first (1/256 texel), so that the normals are those of the file.
    """
    height = to_bytes(maps["height"] / TEXELS_PER_HEIGHT + 0.5, depth=16) / 65535 - 0.5
    normal = normal_from_height(torch.from_numpy(height * TEXELS_PER_HEIGHT)).numpy()
    for map_name, values in {**maps, "height": height, "normal": normal}.items():
        write_map(map_path(folder, name, map_name, number), map_name, values)


def read_maps(folder: Path, name: str, number: int) -> dict[str, np.ndarray]:
    """The maps of one frame as its files hold them, float64.

    base_color [T, T, 3] linear; metallic, roughness [T, T] in [0, 1]; height [T, T] in texels; normal [T, T, 3] with
    components in [-1, 1], derived from the height anew: 8 bits are too few for a highlight.
    """
    picture = {key: np.asarray(Image.open(map_path(folder, name, key, number))) for key in MAPS if key != "normal"}
    height = (picture["height"] / 65535 - 0.5) * TEXELS_PER_HEIGHT
    return {
        "base_color": srgb_to_linear(torch.from_numpy(picture["base_color"] / 255)).numpy(),
        "metallic": picture["metallic"] / 65535,
        "roughness": picture["roughness"] / 65535,
        "height": height,
        "normal": 2 * normal_from_height(torch.from_numpy(height)).numpy() - 1,
    }
