"""Give a material a curve of its speed."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.materials import group_node
from ..scene.variation import add_course
from .context import active_material, poll_ageing


class EditSpeed(bpy.types.Operator):
    """Put a curve between the keyed Age and the age that is shown: slow beginnings, sudden ends; straight at first"""

    bl_idname = "patina.edit_speed"
    bl_label = "Edit Speed"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        material = active_material(context)
        add_course(group_node(material).node_tree)
        material.node_tree.update_tag()
        return {"FINISHED"}
