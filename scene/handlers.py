"""Blender's events and what each sets in motion. Added once, kept across files, taken out at unregister."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from . import playback
from .baking import render_check
from .baking import run as bake_run
from .images import fill, shed_pixels
from .materials import (
    ageing_materials,
    group_node,
    restore_images,
    separate_duplicates,
    shown_materials,
    upgrade_groups,
)
from .node_group import group_images
from .unknown_spaces import look_again, tag_unknown


@persistent
def frame_changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    if depsgraph.mode == "RENDER":
        playback.show_exactly(depsgraph, scene.frame_current_final)
    elif not playback.is_rendering():
        _settle()
        playback.follow(depsgraph, scene.frame_current_final)


@persistent
def depsgraph_updated(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    # Our own writing of an image arrives here too, and ends here: what is wanted is shown already.
    if playback.is_rendering() or not (depsgraph.id_type_updated("MATERIAL") or depsgraph.id_type_updated("NODETREE")):
        return
    _settle()
    tag_unknown()  # what was appended
    playback.follow(depsgraph, scene.frame_current_final)


@persistent
def render_began(scene: bpy.types.Scene, _: object = None) -> None:
    playback.set_rendering(True)
    tag_unknown()
    _settle()  # here and not on a frame: no data-block is made while a frame is being evaluated
    render_check.warn(scene)


@persistent
def render_ended(scene: bpy.types.Scene, _: object = None) -> None:
    playback.set_rendering(False)


@persistent
def file_loaded(path: str, _: object = None) -> None:
    playback.set_rendering(False)
    playback.failures.clear()
    playback.forget()
    bake_run.latest = None  # its materials are of another file
    look_again()
    _settle()
    for material in shown_materials():
        fill(group_images(group_node(material).node_tree), 8, missing=False)  # neutral until the maps come
    # Only later: a tag that is set before the loaded scene has a depsgraph is lost. In the background no timer runs, a
    # render asks by itself, and the bpy package hangs at its exit with a timer that a load handler has left.
    if not bpy.app.background:
        bpy.app.timers.register(_tag_all, first_interval=0.1)


def _settle() -> None:
    """What appending, duplicating and deleting have left is put right, before anything is shown."""
    upgrade_groups()
    separate_duplicates()
    if restore_images():
        playback.forget()


def _tag_all() -> None:
    for material in shown_materials():
        material.node_tree.update_tag()


@persistent
def undone(scene: bpy.types.Scene, _: object = None) -> None:
    playback.forget()
    look_again()
    for material in shown_materials():
        images = group_images(group_node(material).node_tree)
        # A material that comes back has blank images, whose colour is the magenta of a missing texture.
        fill({name: image for name, image in images.items() if not image.is_dirty}, 8, missing=False)
    _tag_all()


@persistent
def saving(path: str, _: object = None) -> None:
    """Pixels that "Save All" packed are thrown out before they swell the file; what is lost is rebuilt."""
    for material in ageing_materials():
        shed = [shed_pixels(image) for image in group_images(group_node(material).node_tree).values()]
        if any(shed):
            material.node_tree.update_tag()


_HANDLERS = {
    "frame_change_post": frame_changed,
    "depsgraph_update_post": depsgraph_updated,
    "render_init": render_began,
    "render_complete": render_ended,
    "render_cancel": render_ended,
    "load_post": file_loaded,
    "undo_post": undone,
    "redo_post": undone,
    "save_pre": saving,
}


def register() -> None:
    unregister()
    for event, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, event).append(handler)


def unregister() -> None:
    for event, handler in _HANDLERS.items():
        handlers = getattr(bpy.app.handlers, event)
        # By name: a module that was reloaded has new functions, and the old ones must not stay.
        for found in list(handlers):
            if (found.__module__, found.__name__) == (handler.__module__, handler.__name__):
                handlers.remove(found)
    playback.forget()
    render_check.unregister()
    for timer in (playback.tick, _tag_all):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
