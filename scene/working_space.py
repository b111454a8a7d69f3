"""Linear Rec.709, in which the engine gives base colour, and the space in which this Blender renders.

They are the same in Blender's own colour configuration. They differ where a configuration such as ACES's has ACEScg as
its scene-linear role, and from Blender 5.0 where a file was given another working space. Blender takes the pixels of a
float image that was made in it for scene-linear whatever the image's colour space says, and turns only files that it
reads into scene-linear. Colour spaces have other names in other configurations: what a space means is tried where none
of the usual names is there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from mathutils import Color

from .color import srgb_to_linear

_LINEAR = ("Linear Rec.709", "Linear Rec.709 (sRGB)", "Utility - Linear - sRGB", "lin_rec709_srgb")
_SRGB = ("sRGB", "sRGB - Texture", "Utility - sRGB - Texture", "sRGB Encoded Rec.709 (sRGB)", "srgb_texture")
_TRIED = np.array([[0.9, 0.3, 0.1], [0.05, 0.5, 0.8]], np.float32)  # colours by which a space is told
_ALIKE = 2e-3

_found: dict[tuple, str] = {}  # what was tried, by the configuration's names, its matrix and the names asked for


def is_rec709() -> bool:
    """Whether scene-linear is linear Rec.709."""
    # A little is the configuration's own rounding.
    return bool(np.abs(_matrix("from_rec709_linear_to_scene_linear") - np.eye(3)).max() < 1e-4)


def from_rec709(values: np.ndarray) -> np.ndarray:
    """Linear Rec.709 [..., 3] as scene-linear."""
    return _through(values, "from_rec709_linear_to_scene_linear")


def to_rec709(values: np.ndarray) -> np.ndarray:
    """Scene-linear [..., 3] as linear Rec.709."""
    return _through(values, "from_scene_linear_to_rec709_linear")


def tag_linear_rec709(image: bpy.types.Image) -> None:
    """Say that a float file holds linear Rec.709."""
    _tag(image, _LINEAR, lambda values: values)


def tag_srgb(image: bpy.types.Image | bpy.types.Strip) -> None:
    """Say that a file, or a strip of the sequencer, holds Rec.709 with the transfer function of sRGB."""
    _tag(image, _SRGB, srgb_to_linear)


def is_unknown(image: bpy.types.Image) -> bool:
    """Whether an image was tagged in another colour configuration, by a name that this one does not have."""
    return image.colorspace_settings.name not in _names(image)


def _names(image: bpy.types.Image) -> list[str]:
    return image.colorspace_settings.bl_rna.properties["name"].enum_items.keys()


def _through(values: np.ndarray, way: str) -> np.ndarray:
    return values if is_rec709() else values @ _matrix(way)


def _matrix(way: str) -> np.ndarray:
    return np.array([getattr(Color(primary), way)() for primary in np.eye(3).tolist()], np.float32)


def _tag(image: bpy.types.Image, usual: tuple[str, ...], decode: Callable[[np.ndarray], np.ndarray]) -> None:
    names = _names(image)
    name = next((name for name in usual if name in names), None)
    if name is None:
        key = (*names, *_matrix("from_rec709_linear_to_scene_linear").ravel(), *usual)
        if key not in _found:
            _found[key] = _try_all(names, from_rec709(decode(_TRIED)))
        name = _found[key]
    if name:
        image.colorspace_settings.name = name


def _try_all(names: list[str], wanted: np.ndarray) -> str:
    """The colour space in which the tried colours are read as those wanted, or empty."""
    made = bpy.data.images.new("Patina Colours", len(_TRIED), 1, float_buffer=True, is_data=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            made.pixels.foreach_set(np.append(_TRIED, np.ones((len(_TRIED), 1), np.float32), axis=1).ravel())
            made.file_format, made.filepath_raw = "OPEN_EXR", str(Path(folder) / "colours.exr")
            made.save()
            return next((name for name in names if np.abs(_read(made.filepath_raw, name) - wanted).max() < _ALIKE), "")
    finally:
        bpy.data.images.remove(made)


def _read(path: str, name: str) -> np.ndarray:
    image = bpy.data.images.load(path, check_existing=False)
    try:
        image.colorspace_settings.name = name
        pixels = np.zeros(4 * len(_TRIED), np.float32)
        if len(image.pixels) == len(pixels):
            image.pixels.foreach_get(pixels)
        return pixels.reshape(-1, 4)[:, :3]
    finally:
        bpy.data.images.remove(image)
