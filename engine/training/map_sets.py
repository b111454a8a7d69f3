"""PBR texture sets of one surface at several ages, as one stack of maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InvalidExemplarError
from .height import height_from_normal
from .height_unit import HeightUnit
from .limits import LARGEST, MOST_FRAMES, MOST_HELD
from .map_files import Files, common_kinds, common_size, find_sets
from .picture_files import read_values
from .resampling import reduce_colour, reduce_values, reduced_size
from .times import ages_of

COLOUR = slice(0, 3)
METALLIC, ROUGHNESS, HEIGHT = 3, 4, 5
CHANNELS = 6


def read_map_sets(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Maps [N, H, W, 6] float32 and their ages [N] float64 from 0 to 1.

    Channels: display-encoded (sRGB) base colour (3), metallic, roughness in [0, 1], height in texels, zero on average
    over all ages. Metallic is 0 where no set has it. Height comes from the height maps, in units of the width of 256
    texels, or in those in which it fits the normals if there are both; from normals alone by integration; else it is 0.
    Maps with a shorter side of more than `LARGEST` texels are reduced to it.
    Raises InvalidExemplarError where a map is missing at one age or has another size, or a file cannot be read.
    """
    if not path.is_dir():
        raise InvalidExemplarError(f"{path.name} is no folder of texture sets", "choose a folder")
    sets = find_sets(path)
    if len(sets) < 2:
        raise InvalidExemplarError(
            f"{path.name} has texture sets of {len(sets)} age(s), and ageing needs two or more",
            "choose a folder with one sub-folder for each age",
        )
    if len(sets) > MOST_FRAMES:
        raise InvalidExemplarError(f"{path.name} has more than {MOST_FRAMES} ages", "leave some out")
    kinds = common_kinds([(name, files) for name, files, _ in sets])
    height, width = common_size([files[kind] for _, files, _ in sets for kind in sorted(kinds)])
    rows, columns = reduced_size(height, width, LARGEST)
    if len(sets) * rows * columns * CHANNELS * 4 > MOST_HELD:
        raise InvalidExemplarError(f"The maps of {path.name} take more than {MOST_HELD >> 30} GB", "reduce them first")
    frames = np.empty((len(sets), rows, columns, CHANNELS), np.float32)
    unit = HeightUnit()
    for frame, (_, files, _) in zip(frames, sets, strict=True):
        frame[...] = _read_set(files, kinds, unit)
    frames[..., HEIGHT] *= unit.scale(path.name) * rows / height
    frames[..., HEIGHT] -= frames[..., HEIGHT].mean(dtype=np.float64)
    return frames, ages_of([time for _, _, time in sets])


def reduced_maps(maps: np.ndarray, texels: int) -> np.ndarray:
    """One set [H, W, 6] with a shorter side of at most `texels`; heights, counted in texels, shrink with them."""
    values = [reduce_values(maps[..., channel], texels)[..., None] for channel in (METALLIC, ROUGHNESS, HEIGHT)]
    values[-1] = values[-1] * np.float32(values[-1].shape[0] / maps.shape[0])
    return np.concatenate([reduce_colour(maps[..., COLOUR], texels), *values], axis=-1)


def _read_set(files: Files, kinds: set[str], unit: HeightUnit) -> np.ndarray:
    """The six channels of one age, reduced; height still in the unit of its map."""
    colour = reduce_colour(read_values(files["base_color"], 3), LARGEST)
    rows, columns = colour.shape[:2]
    maps = np.zeros((rows, columns, CHANNELS), np.float32)
    maps[..., COLOUR] = colour
    if "metallic" in kinds:
        maps[..., METALLIC] = reduce_values(read_values(files["metallic"], 1), LARGEST)
    if "roughness" in kinds:
        maps[..., ROUGHNESS] = reduce_values(read_values(files["roughness"], 1), LARGEST)
    else:
        maps[..., ROUGHNESS] = 1 - reduce_values(read_values(files["gloss"], 1), LARGEST)
    normal = next((_read_normal(files[kind], kind) for kind in ("normal", "normal_dx") if kind in kinds), None)
    if "height" in kinds:
        height = read_values(files["height"], 1)
        unit.compare(height, normal)
        maps[..., HEIGHT] = reduce_values(height, LARGEST)
    elif normal is not None:
        unit.is_in_texels = True
        maps[..., HEIGHT] = reduce_values(height_from_normal(normal), LARGEST)
    return maps


def _read_normal(path: Path, kind: str) -> np.ndarray:
    normal = read_values(path, 3)
    if kind == "normal_dx":
        normal[..., 1] = 1 - normal[..., 1]  # DirectX's y runs down
    return normal
