"""The panel in the Material tab and in the 3D view's sidebar: one picture in two places."""

from __future__ import annotations

import bpy

from ..engine.errors import PatinaError
from ..operators.context import active_material
from ..scene import library, playback
from ..scene.age.keyed import keyed_age
from ..scene.engine import process as engine_process
from ..scene.maps import LOOKS
from ..scene.materials import group_node
from .atlas import draw_atlas
from .bake import draw_bake
from .layers import draw_layers
from .places import MaterialTab, Sidebar, unfolded
from .text import sentence
from .variation import draw_variation


class MaterialPanel(MaterialTab, bpy.types.Panel):
    """Patina in the Material tab."""

    bl_idname = "MATERIAL_PT_patina"
    bl_label = "Patina"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.active_object is not None

    def draw(self, context: bpy.types.Context) -> None:
        body = unfolded(self.layout, "patina", "Patina")
        if body is not None:  # unfolded
            draw_material(body, context)


class SidebarPanel(Sidebar, bpy.types.Panel):
    """Patina in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina"
    bl_label = "Patina"

    def draw(self, context: bpy.types.Context) -> None:
        draw_material(self.layout, context)


def draw_material(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Everything about the active material."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    material = active_material(context)
    node = group_node(material) if material is not None else None
    rendering = playback.is_rendering()  # then the engine is in another thread's hands
    lacking = "" if rendering else engine_process.lacking()
    if lacking:
        sentence(layout, context, lacking, "ERROR")
        layout.operator(
            "preferences.addon_show", text="Preferences", icon="PREFERENCES"
        ).module = engine_process.PACKAGE
    if node is None:
        layout.operator("patina.add_to_material", icon="ADD")
        if material is not None:
            layout.operator("patina.add_to_material", text="Lay Patina Over", icon="OVERLAY").mode = "LAYER"
    elif material.library is not None:
        text = f"{material.name!r} is linked from another file: make it local to change it"
        sentence(layout, context, text, "LIBRARY_DATA_DIRECT")
    else:
        _draw_settings(layout, context, material, node)
        draw_atlas(layout, context, material, node.node_tree)
        draw_bake(layout, context, material, node.node_tree)
        _draw_actions(layout, context)
    if material is not None and material.library is None:
        draw_layers(layout, material)
    if not lacking:
        sentence(layout, context, "Rendering" if rendering else engine_process.describe(), "SYSTEM")
    _draw_failures(layout, context, lacking)


def _draw_settings(
    layout: bpy.types.UILayout, context: bpy.types.Context, material: bpy.types.Material, node: bpy.types.Node
) -> None:
    settings = material.patina
    column = layout.column()
    column.use_property_decorate = True  # for all, so that they end at the same edge
    column.prop(settings, "model")
    # The socket itself, so that keys and drivers land where they play without Patina.
    age = keyed_age(node)
    column.prop(age, "default_value", text="Age", slider=True)
    column.operator("patina.keyframe_age", icon="KEY_HLT")  # beside what it keys: further down nobody finds it
    if age.is_linked and settings.playback == "LIVE":
        text = "Age is linked: Live playback uses the socket's own value instead; an atlas follows the link"
        sentence(column, context, text, "INFO")
    draw_variation(layout, context, settings, node)
    if settings.notice:
        sentence(layout, context, settings.notice, "ERROR")
    try:
        estimated = library.model_header(settings.model_stored).estimated
    except PatinaError as error:
        sentence(layout, context, str(error), "ERROR")
        return
    if estimated:
        names = ", ".join(look.label.lower() for name, look in LOOKS.items() if name in estimated)
        sentence(layout, context, f"Estimated from the footage's colour: {names}", "INFO", quiet=True)


def _draw_actions(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    layout.operator("patina.remove_from_material", icon="X")
    if context.scene.render.use_lock_interface:
        return
    # Blender asks for the lock wherever data changes during a render; nothing is wrong before one begins.
    column = layout.column()
    text = "Before you render, lock the interface: the viewport shares these textures"
    sentence(column, context, text, "ERROR" if playback.is_rendering() else "INFO")
    column.operator("patina.lock_interface", icon="LOCKED")


def _draw_failures(layout: bpy.types.UILayout, context: bpy.types.Context, said: str) -> None:
    if not playback.failures:
        return
    column = layout.column()
    latest = playback.failures[-1]
    text = f"Magenta frames: {len(playback.failures)}, the last: {latest.material}, frame {latest.frame:g}"
    sentence(column, context, text, "ERROR")
    if latest.sentence != said:
        sentence(column, context, latest.sentence, "BLANK1")
