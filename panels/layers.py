"""What lies over a material: its own layer's mask, and other ageing materials."""

from __future__ import annotations

import bpy

from ..scene.layers import layer_nodes
from ..scene.materials import ageing_materials, group_node
from ..scene.mixing import mixed_name, mixed_over


def draw_layers(layout: bpy.types.UILayout, material: bpy.types.Material) -> None:
    """The masks of all layers of a material, and what may be added or taken off."""
    own = group_node(material)
    if own is not None:
        _draw_masks(layout, material, own.name)
    for node in mixed_over(material):
        box = layout.box()
        row = box.row()
        row.label(text=f"Over it: {mixed_name(node)}", icon="OVERLAY")
        row.operator("patina.unmix_material", text="", icon="X").name = node.name
        column = box.column()
        column.prop(node.inputs["Age"], "default_value", text="Age", slider=True)
        column.prop(node.inputs["Scale"], "default_value", text="Scale")
        _draw_masks(box, material, node.name)
    if any(found != material for found in ageing_materials()):
        layout.operator("patina.mix_material", icon="OVERLAY")


def _draw_masks(layout: bpy.types.UILayout, material: bpy.types.Material, name: str) -> None:
    for layer in layer_nodes(material.node_tree, name):
        mask = layer.inputs["Mask"]
        if not mask.is_linked:
            layout.prop(mask, "default_value", text="Mask", slider=True)
