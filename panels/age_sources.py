"""The panel of the sources of Age: which places age first."""

from __future__ import annotations

import bpy

from ..engine.errors import PatinaError
from ..operators.context import active_ageing
from ..scene.age.kinds import KINDS
from ..scene.age.sources import material_sources, source_kind
from ..scene.age.words import advice
from ..scene.atlas.kept import atlas_of
from ..scene.atlas.ready import ready_atlas
from ..scene.materials import group_node
from .places import MaterialTab, Sidebar, unfolded
from .text import sentence


def _poll(context: bpy.types.Context) -> bool:
    material = active_ageing(context)
    return material is not None and material.library is None


class AgeSourcesMaterialPanel(MaterialTab, bpy.types.Panel):
    """Sources of Age in the Material tab."""

    bl_idname = "MATERIAL_PT_patina_age_sources"
    bl_label = "Patina: What Ages First"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll(context)

    def draw(self, context: bpy.types.Context) -> None:
        body = unfolded(self.layout, "patina_age_sources", "Patina: What Ages First")
        if body is not None:  # unfolded
            _draw(body, context)


class AgeSourcesSidebarPanel(Sidebar, bpy.types.Panel):
    """Sources of Age in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina_age_sources"
    bl_label = "What Ages First"
    bl_parent_id = "VIEW3D_PT_patina"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll(context)

    def draw(self, context: bpy.types.Context) -> None:
        _draw(self.layout, context)


def _draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    material = active_ageing(context)
    sources = material_sources(material)
    layout.operator_menu_enum("patina.age_source", "kind", text="Add Source", icon="ADD")
    for node in sources:
        box = layout.box()
        row = box.row()
        kind = KINDS.get(source_kind(node))
        row.label(text=node.label or node.name, icon=kind.icon if kind is not None else "NODE")
        row.operator("patina.age_source_remove", text="", icon="X", emboss=False).name = node.name
        column = box.column()
        for name in ("Amount", "Softness", "Delay"):
            column.prop(node.inputs[name], "default_value", text=name, slider=True)
    if sources:
        layout.operator("patina.bake_uv", icon="GROUP_UVS")
    text = advice(material) if sources else ""
    if text:
        _draw_offer(layout, context, material, text)


def _draw_offer(
    layout: bpy.types.UILayout, context: bpy.types.Context, material: bpy.types.Material, text: str
) -> None:
    sentence(layout, context, text, "INFO")
    column = layout.column(align=True)
    if atlas_of(group_node(material).node_tree) is not None:
        column.prop(material.patina, "playback")
        return
    column.operator("patina.bake_atlas", icon="TEXTURE")
    try:
        ready = ready_atlas(material.patina.model_stored)
    except PatinaError:
        ready = None
    if ready is not None:
        column.operator("patina.use_ready_atlas", icon="PACKAGE")
