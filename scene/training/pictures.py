"""The pictures that the panel shows of a training, as icons: they belong to no file and reach no .blend."""

from __future__ import annotations

import numpy as np

from ..icons import Icons, load_picture, stamp
from .jobs import Training, picture_path
from .loss_curve import draw_curve

_GAP = 8  # pixels between two bands
_icons = Icons()
_shown: dict[str, object] = {}  # by icon: what it was drawn from


def curve_icon(training: Training) -> int:
    """The icon of the loss curve, 0 where there is none yet."""
    return _icons.icon(_curve_key(training))


def picture_icon(training: Training) -> int:
    """The icon of the exemplar above the synthesis, 0 where there is none yet."""
    return _icons.icon(_picture_key(training))


def are_current(training: Training) -> bool:
    """Whether both icons show how the training stands."""
    wanted = {_curve_key(training): _curve_source(training), _picture_key(training): _picture_source(training)}
    return all(_shown.get(key) == source for key, source in wanted.items())


def refresh(training: Training) -> None:
    """Draw what has changed. Not while a panel is drawn: pictures are read through Blender's data."""
    key, source = _curve_key(training), _curve_source(training)
    if _shown.get(key) != source:
        _shown[key] = source
        if training.progress is not None and len(training.progress.history) > 1:
            _icons.put(key, draw_curve(training.progress.history, training.progress.iterations))
    key, source = _picture_key(training), _picture_source(training)
    if _shown.get(key) != source:
        _shown[key] = source
        picture = load_picture(picture_path(training.model)) if source is not None else None
        if picture is not None:
            _icons.put(key, fold(picture))


def pixels(icon: str) -> np.ndarray | None:
    """What an icon shows: [H, W, 4] in [0, 1], rows from the bottom."""
    return _icons.pixels(icon)


def close() -> None:
    """Free every icon."""
    _shown.clear()
    _icons.close()


def fold(picture: np.ndarray) -> np.ndarray:
    """Cut a wide picture ([H, W, 4], rows from the bottom) into bands of equal width, one below the other, so that it
    fills the square that an icon is given."""
    height, width = picture.shape[:2]
    bands = max(1, round((width / height) ** 0.5))
    across = -(-width // bands)
    folded = np.zeros((bands * height + (bands - 1) * _GAP, across, 4), np.float32)
    for band in range(bands):
        part = picture[:, band * across : (band + 1) * across]
        bottom = (bands - 1 - band) * (height + _GAP)
        folded[bottom : bottom + height, : part.shape[1]] = part
    return folded


def _curve_key(training: Training) -> str:
    return f"curve {training.model}"


def _picture_key(training: Training) -> str:
    return f"picture {training.model}"


def _curve_source(training: Training) -> object:
    return (training.progress.history, training.progress.iterations) if training.progress is not None else None


def _picture_source(training: Training) -> object:
    return stamp(picture_path(training.model))
