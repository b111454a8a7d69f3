"""How one material varies: its piece, extent, scale and mapping, and the course of its ageing."""

from __future__ import annotations

import bpy

from ..scene.variation import speed_node
from .text import sentence


def draw_variation(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: bpy.types.PropertyGroup,
    node: bpy.types.Node,
) -> None:
    """settings: `material.patina`. node: the material's group node."""
    column = layout.column()
    column.use_property_decorate = True
    row = column.row(align=True)
    row.prop(settings, "seed")
    row.operator("patina.next_seed", text="", icon="FILE_REFRESH")
    column.prop(settings, "resolution")
    column.prop(settings, "scale")
    column.prop(settings, "hide_repeats")
    column.prop(node.inputs["Strength"], "default_value", text="Strength")
    column.prop(settings, "mapping")
    column.prop(settings, "reverse")
    speed = speed_node(node.node_tree)
    if speed is None:
        layout.operator("patina.edit_speed", icon="FCURVE")
        return
    sentence(layout, context, "Speed: from the keyed Age (across) to the age that is shown (up)", "FCURVE", quiet=True)
    layout.template_curve_mapping(speed, "mapping")
