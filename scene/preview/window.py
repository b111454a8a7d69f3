"""Showing the preview in the window that asked for it, and the way back."""

from __future__ import annotations

import bpy

from .scene import find_preview, home_of, remove_preview

_BEFORE = "patina_view_before"


def show(context: bpy.types.Context, scene: bpy.types.Scene, before: object = None) -> None:
    """Let the window show the preview: its 3D view, if it has one, looks through the camera, rendered.

    before: what `remembered` said of the preview whose place this one takes.
    """
    window = context.window
    if window is None:  # nothing but a script is there to see it
        return
    window.scene = scene
    space = _view(window)
    if space is None or bpy.app.background:
        return
    scene[_BEFORE] = before or (space.shading.type, space.region_3d.view_perspective)
    space.shading.type = "RENDERED"
    space.region_3d.view_perspective = "CAMERA"


def go_back(context: bpy.types.Context) -> None:
    """Take the preview away; the window shows the artist's scene again, as it was shown before."""
    scene = find_preview()
    if scene is None:
        return
    before = scene.get(_BEFORE)
    window = context.window
    if window is not None and window.scene == scene:
        if window.screen.is_animation_playing:
            bpy.ops.screen.animation_cancel(restore_frame=False)
        window.scene = home_of(scene)
    space = _view(window) if window is not None else None
    if space is not None and before is not None:
        space.shading.type, space.region_3d.view_perspective = before
    remove_preview()


def remembered() -> object:
    """How the window's 3D view was before the present preview, to hand on to the one that takes its place."""
    scene = find_preview()
    before = scene.get(_BEFORE) if scene is not None else None
    return tuple(before) if before is not None else None


def _view(window: bpy.types.Window) -> bpy.types.SpaceView3D | None:
    """The largest 3D view of a window."""
    areas = [area for area in window.screen.areas if area.type == "VIEW_3D"]
    return max(areas, key=lambda area: area.width * area.height).spaces.active if areas else None
