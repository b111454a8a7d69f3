"""Before a render: materials that play Live need an engine; where there is none, they are named."""

from __future__ import annotations

import sys

import bpy

from ..engine import process as engine_process
from ..materials import shown_materials

_NAMED = 5
_sentence = ""


def live_without_engine(scene: bpy.types.Scene) -> str:
    """Which of the scene's materials cannot be rendered here and what to do, in one sentence; empty where all can."""
    used = {slot.material for found in scene.objects for slot in found.material_slots}
    live = [one.name for one in shown_materials() if one in used and one.patina.playback == "LIVE"]
    if not live or not engine_process.lacking():
        return ""
    names = ", ".join(map(repr, live[:_NAMED]))
    if len(live) > _NAMED:
        names += f" and {len(live) - _NAMED} more"
    play, them = ("play", "them") if len(live) > 1 else ("plays", "it")
    return (
        f"{names} {play} Live and will render magenta, for there is no engine here: "
        f"bake {them} to an atlas or a sequence on a computer that has one, or set one up."
    )


def warn(scene: bpy.types.Scene) -> None:
    """Say it where a render begins: in the terminal, and in a window if there is one."""
    global _sentence
    _sentence = live_without_engine(scene)
    if not _sentence:
        return
    print(f"Patina: {_sentence} {engine_process.lacking()}", file=sys.stderr, flush=True)
    if not bpy.app.background and not bpy.app.timers.is_registered(_show):
        bpy.app.timers.register(_show, first_interval=0.0)  # a render's handlers run on another thread


def _show() -> None:
    def draw(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
        for part in _sentence.split(": ", 1):
            menu.layout.label(text=part)

    bpy.context.window_manager.popup_menu(draw, title="Patina", icon="ERROR")


def unregister() -> None:
    if bpy.app.timers.is_registered(_show):
        bpy.app.timers.unregister(_show)
