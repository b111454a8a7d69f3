"""A thumbnail of each model, made from the picture beside its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import bpy
import numpy as np

from . import playback
from .color import linear_to_srgb
from .icons import Icons, load_picture, stamp
from .library import Entry
from .redraw import tag_panels

STRIP = 8  # pictures side by side, from fresh to aged; several rows of them where a training made the picture
SIDE = 128  # pixels of a thumbnail
# The row that the model made first, by the number of rows: a strip alone; footage, or a photograph, above what was
# learned from it (and its four maps); four maps of the exemplar above those of the model.
_ROWS = {1: 0, 2: 1, 6: 1, 8: 4}
_POLL = 0.1  # seconds
_icons = Icons()
_shown: dict[str, object] = {}  # by model: what its thumbnail was drawn from
_wanted: list[Entry] = []


def icon(entry: Entry) -> int:
    """The model's thumbnail as an icon, 0 where there is none yet."""
    return _icons.icon(entry.model)


def pixels(model: str) -> np.ndarray | None:
    """What a model's thumbnail shows: [H, W, 4] in [0, 1], rows from the bottom."""
    return _icons.pixels(model)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """One square of a strip of STRIP ages ([H, W, 4], rows from the bottom): fresh at the left, aged at the right.

    Of a training's picture the first row is taken that the model made. All squares of a row are the same piece of
    material, so each column of the thumbnail can be of its own age. A picture that is no strip gives its middle.
    """
    height, width = picture.shape[:2]
    side = width // STRIP
    if side < 8 or width % STRIP or height % side or height // side not in _ROWS:
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return picture[top : top + side, left : left + side]
    row = height // side - 1 - _ROWS[height // side]  # counted from the bottom
    ages = picture[row * side : (row + 1) * side].reshape(side, STRIP, side, 4).swapaxes(0, 1)  # [STRIP, side, side, 4]
    return across(ages)


def across(ages: np.ndarray) -> np.ndarray:
    """One picture [S, S, C] of pictures of the same piece at several ages [N, S, S, C]: its age runs along x."""
    side = ages.shape[2]
    age = np.linspace(0, len(ages) - 1, side)
    first = np.minimum(age.astype(int), len(ages) - 2)
    share = (age - first).astype(np.float32)[:, None, None]
    columns = np.arange(side)
    blended = ages[first, :, columns] * (1 - share) + ages[first + 1, :, columns] * share  # [S of x, S of y, C]
    return blended.swapaxes(0, 1)


def ball(texture: np.ndarray) -> np.ndarray:
    """A thumbnail [S, S, 4] round a lit ball, fresh at its left and aged at its right: [2 S, 2 S, 4], clear around it.

    Rows from the bottom; display-encoded, as the thumbnail.
    """
    side = 2 * len(texture)
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side * 2.1 - 1.05
    radius = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - radius**2, 0, 1))
    seen = np.repeat(np.repeat(texture[..., :3], 2, 0), 2, 1)
    seen = (seen + np.roll(seen, 1, 0) + np.roll(seen, 1, 1) + np.roll(seen, (1, 1), (0, 1))) / 4  # no squares
    light = np.clip(-0.40 * x + 0.55 * y + 0.73 * z, 0, 1)
    picture = np.zeros((side, side, 4), np.float32)
    linear = seen**2.2 * (0.25 + 1.15 * light)[..., None] + 0.12 * (light**40)[..., None]
    picture[..., :3] = np.clip(linear, 0, 1) ** (1 / 2.2)
    picture[..., 3] = np.clip((1 - radius) * side / 2, 0, 1)
    return picture


def strip_file(base_colors: Sequence[np.ndarray], path: Path) -> Path:
    """Write linear base colours [S, S, 3], rows from the top, of STRIP ages as a strip; returns its path."""
    row = np.clip(np.concatenate(base_colors, axis=1), 0, 1)[::-1]
    height, width = row.shape[:2]
    picture = np.ones((height, width, 4), np.float32)
    picture[..., :3] = linear_to_srgb(row)
    with bpy.data.temp_data() as data:  # as in `icons.load_picture`
        image = data.images.new("strip", width, height)
        image.pixels.foreach_set(picture.ravel())
        image.file_format, image.filepath_raw = "PNG", str(path)
        image.save()
        del image
    del data
    return path


def follow(entries: Sequence[Entry]) -> None:
    """For a panel that draws thumbnails: those that are not there, or no more current, are drawn by a timer."""
    missing = [entry for entry in entries if _shown.get(entry.model, "") != _source(entry.path)]
    if missing and not bpy.app.background:
        _wanted[:] = missing
        if not bpy.app.timers.is_registered(tick):
            bpy.app.timers.register(tick, first_interval=0.0, persistent=True)


def refresh(entries: Iterable[Entry]) -> None:
    """Draw the thumbnails that have changed."""
    for entry in entries:
        source = _source(entry.path)
        if _shown.get(entry.model, "") == source:
            continue
        _shown[entry.model] = source
        picture = load_picture(entry.path.with_suffix(".png")) if source is not None else None
        if picture is not None:
            _icons.put(entry.model, thumbnail(picture))


def tick() -> float | None:
    """The timer: one thumbnail at a time, so that nothing waits for a large library."""
    if playback.is_rendering():
        return _POLL
    refresh(_wanted[:1])
    del _wanted[:1]
    tag_panels()
    return 0.01 if _wanted else None


def close() -> None:
    """Stop the timer and free the thumbnails."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    _wanted.clear()
    _shown.clear()
    _icons.close()


def _source(path: Path) -> object:
    """What the picture of a model is, as its file tells."""
    return stamp(path.with_suffix(".png"))
