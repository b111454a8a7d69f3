"""While something is trained, or a picture is to be drawn, a timer keeps the panels up to date."""

from __future__ import annotations

import bpy

from .. import playback
from ..redraw import tag_panels
from . import pictures as training_pictures
from .jobs import Training, trainings

_POLL = 1.0  # seconds
_seen: list[Training] = []


def follow() -> list[Training]:
    """Every training, for a panel to draw; what changes from now on will be drawn too."""
    found = trainings()
    if not bpy.app.background and not bpy.app.timers.is_registered(tick) and _is_news(found):
        bpy.app.timers.register(tick, first_interval=0.1, persistent=True)
    return found


def _is_news(found: list[Training]) -> bool:
    return any(training.is_under_way or not training_pictures.are_current(training) for training in found)


def tick() -> float | None:
    """The timer: draw pictures and panels anew where something changed. None once nothing is under way."""
    if playback.is_rendering():
        return _POLL
    found = trainings()
    changed = found != _seen
    _seen[:] = found
    for training in found:
        if not training_pictures.are_current(training):
            training_pictures.refresh(training)
            changed = True
    if changed:
        tag_panels()
    return _POLL if any(training.is_under_way for training in found) else None


def unregister() -> None:
    """Stop the timer and free the pictures; the trainings go on."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    _seen.clear()
    training_pictures.close()
