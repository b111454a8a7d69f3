"""Drawing the panels again when something has changed that Blender does not know of."""

from __future__ import annotations

import bpy

_said = ""


def tag_panels() -> None:
    """Draw the panels again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if area.type == "PROPERTIES" or (area.type == "VIEW_3D" and region.type == "UI"):
                    region.tag_redraw()


def tag_panels_once(sentence: str) -> None:
    """Draw the panels again if what they say has become another sentence since the last call."""
    global _said
    if sentence != _said:
        _said = sentence
        tag_panels()
