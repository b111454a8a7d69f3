"""The images of a material: one per map, rewritten as it ages, never stored in the .blend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np

from ..engine.maps.map_names import DEPARTURE
from .maps import CARRIER, LOOKS
from .versions import tag_pixels
from .working_space import from_rec709

_PLACEHOLDER = 8  # texels: what a saved file keeps is only the size and colour of a blank image of this size


def make_images(material_name: str, extent: int, names: Iterable[str] = LOOKS) -> dict[str, bpy.types.Image]:
    """One float image per map, neutral until its maps come; a Blender without Patina shows it magenta."""
    images = {}
    for name in names:
        look = LOOKS[name]
        image = bpy.data.images.new(
            f"{material_name} {look.label} (Patina)",
            _PLACEHOLDER,
            _PLACEHOLDER,
            float_buffer=True,
            is_data=name != "base_color",
        )
        image.generated_color = (*look.missing, 1.0)
        image["patina_map"] = name
        images[name] = image
    fill(images, extent, missing=False)
    return images


def write_maps(images: Mapping[str, bpy.types.Image], maps: Mapping[str, np.ndarray]) -> None:
    """Put maps and the departure ([H, W, 3] or [H, W], rows from the top) into the images."""
    pixels = np.ones((*maps["height"].shape, 4), np.float32)
    for name, image in images.items():
        values = from_rec709(maps[name]) if name == "base_color" else maps[name]
        for channel in range(3):  # one at a time: NumPy copies three neighbours at a time ten times more slowly
            plane = values[..., channel] if values.ndim == 3 else values
            pixels[..., channel] = plane[::-1]  # Blender's rows start at the bottom
        if name == CARRIER and DEPARTURE in maps:
            pixels[..., 1] = np.minimum(maps[DEPARTURE][::-1], 1)
        _write(image, pixels)


def repeated(maps: Mapping[str, np.ndarray], times: int) -> Mapping[str, np.ndarray]:
    """Maps as many `times` side by side, along both axes."""
    if times == 1:
        return maps
    return {name: np.tile(values, (times, times, *(1,) * (values.ndim - 2))) for name, values in maps.items()}


def fill(images: Mapping[str, bpy.types.Image], extent: int, *, missing: bool) -> None:
    """Fill the images with the colour of a missing texture (magenta) or of one that is still to come."""
    for name, image in images.items():
        look = LOOKS[name]
        pixels = np.ones((extent, extent, 4), np.float32)
        pixels[..., :3] = look.missing if missing else look.waiting
        _write(image, pixels)


def _write(image: bpy.types.Image, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    shed_pixels(image)
    if tuple(image.size) != (width, height):
        image.scale(width, height)  # leaves the size that is stored in the file at the placeholder's
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    tag_pixels(image)


def shed_pixels(image: bpy.types.Image) -> bool:
    """Make an image blank again whose pixels were packed into the file (Save All does it). Whether it was so."""
    if image.source == "GENERATED" and image.packed_file is None:
        return False
    if image.packed_file is not None:
        image.unpack(method="REMOVE")
    image.filepath_raw = ""
    image.source = "GENERATED"
    return True
