"""The panel in the Material tab and in the 3D view's sidebar: one picture in two places."""

from __future__ import annotations

import textwrap

import bpy

from ..engine.errors import PatinaError
from ..operators.context import active_material
from ..scene import engine_process, library, playback
from ..scene.maps import LOOKS
from ..scene.materials import group_node

_WIDTH = 46  # characters to a line of a sentence; labels do not wrap


class MaterialPanel(bpy.types.Panel):
    """Patina in the Material tab."""

    bl_idname = "MATERIAL_PT_patina"
    bl_label = "Patina"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.active_object is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_material(self.layout, context)


class SidebarPanel(bpy.types.Panel):
    """Patina in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina"
    bl_label = "Patina"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Patina"

    def draw(self, context: bpy.types.Context) -> None:
        draw_material(self.layout, context)


def draw_material(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Everything about the active material."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    material = active_material(context)
    node = group_node(material) if material is not None else None
    if node is None:
        layout.operator("patina.add_to_material", icon="ADD")
    elif material.library is not None:
        _sentence(
            layout, f"{material.name!r} is linked from another file: make it local to change it", "LIBRARY_DATA_DIRECT"
        )
    else:
        _draw_settings(layout, material, node)
        _draw_estimated(layout, material)
        _draw_actions(layout, context)
    rendering = playback.is_rendering()  # then the engine is in another thread's hands
    _sentence(layout, "Rendering" if rendering else engine_process.describe(), "SYSTEM")
    _draw_failures(layout)


def _draw_settings(layout: bpy.types.UILayout, material: bpy.types.Material, node: bpy.types.Node) -> None:
    settings = material.patina
    column = layout.column()
    column.prop(settings, "model", icon="MATERIAL")
    age = column.row()
    # The socket itself, so that keys and drivers land where they play without Patina.
    age.use_property_decorate = True
    age.prop(node.inputs["Age"], "default_value", text="Age", slider=True)
    if node.inputs["Age"].is_linked:
        _sentence(layout, "Age is linked: Live playback uses the socket's own value instead", "INFO")
    column.prop(settings, "seed")
    column.prop(settings, "resolution")
    column.prop(settings, "scale")
    column.prop(node.inputs["Strength"], "default_value", text="Normal Strength")
    if settings.notice:
        _sentence(layout, settings.notice, "ERROR")


def _draw_estimated(layout: bpy.types.UILayout, material: bpy.types.Material) -> None:
    try:
        estimated = library.model_header(material.patina.model_stored).estimated
    except PatinaError as error:
        _sentence(layout, str(error), "ERROR")
        return
    column = layout.column(align=True)
    for name, look in LOOKS.items():
        row = column.split(factor=0.4)
        row.label(text=look.label)
        row.label(text="estimated" if name in estimated else "learned")


def _draw_actions(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    column = layout.column(align=True)
    column.operator("patina.keyframe_age", icon="KEY_HLT")
    column.operator("patina.bake_sequence", icon="RENDER_ANIMATION")
    column.operator("patina.remove_from_material", icon="X")
    if not context.scene.render.use_lock_interface:
        _sentence(layout, "While rendering, the viewport shares these textures", "ERROR")
        layout.operator("patina.lock_interface", icon="LOCKED")


def _draw_failures(layout: bpy.types.UILayout) -> None:
    if not playback.failures:
        return
    box = layout.box()
    latest = playback.failures[-1]
    _sentence(
        box,
        f"Magenta frames: {len(playback.failures)}, the last: {latest.material}, frame {latest.frame:g}",
        "ERROR",
    )
    _sentence(box, latest.sentence, "NONE")


def _sentence(layout: bpy.types.UILayout, text: str, icon: str) -> None:
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, _WIDTH)):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon)
