"""Pictures of a panel as icons of Blender's preview collections: they belong to no file and reach no .blend."""

from __future__ import annotations

import atexit
from pathlib import Path

import bpy
import bpy.utils.previews
import numpy as np

_LARGEST = 1024  # pixels


class Icons:
    """Icons by name. Timers draw them, never a panel that is being drawn: pictures are read through Blender's data."""

    def __init__(self) -> None:
        self._collection: bpy.utils.previews.ImagePreviewCollection | None = None
        atexit.register(self.close)

    def icon(self, key: str) -> int:
        """What a layout wants for an icon; 0 where there is none."""
        return self._collection[key].icon_id if self._has(key) else 0

    def put(self, key: str, picture: np.ndarray) -> None:
        """Let an icon show [H, W, 4] in [0, 1], display-encoded, rows from the bottom."""
        if self._collection is None:
            self._collection = bpy.utils.previews.new()
        step = -(-max(picture.shape[:2]) // _LARGEST)
        picture = np.ascontiguousarray(picture[::step, ::step], np.float32)
        preview = self._collection[key] if key in self._collection else self._collection.new(key)
        height, width = picture.shape[:2]
        preview.image_size = width, height
        preview.image_pixels_float.foreach_set(picture.ravel())

    def pixels(self, key: str) -> np.ndarray | None:
        """What an icon shows: [H, W, 4] in [0, 1], rows from the bottom."""
        if not self._has(key):
            return None
        width, height = self._collection[key].image_size
        values = np.empty(width * height * 4, np.float32)
        self._collection[key].image_pixels_float.foreach_get(values)
        return values.reshape(height, width, 4)

    def close(self) -> None:
        """Free every icon."""
        if self._collection is not None:
            bpy.utils.previews.remove(self._collection)
            self._collection = None

    def _has(self, key: str) -> bool:
        return self._collection is not None and key in self._collection


def stamp(path: Path) -> tuple[int, int] | None:
    """What tells whether a picture file has changed; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def load_picture(path: Path) -> np.ndarray | None:
    """A picture file as [H, W, 4] in [0, 1], display-encoded, rows from the bottom; None where it cannot be read.

    It is read beside the open file's data. References into that must die before it does: Blender crashes when Python
    collects them later.
    """
    with bpy.data.temp_data() as data:
        try:
            image = data.images.load(str(path))
        except RuntimeError:
            return None
        width, height = image.size
        values = np.empty(width * height * 4, np.float32)
        if values.size:
            image.pixels.foreach_get(values)
        del image
    del data
    return values.reshape(height, width, 4) if values.size else None
