"""Mix another ageing material over this one, or take it off."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.materials import group_node
from ..scene.mixing import mix_over, unmix
from .context import active_material

_found: list[str] = []  # Blender keeps no reference to the strings of a search callback


def _search(self: bpy.types.OperatorProperties, context: bpy.types.Context, text: str) -> list[str]:
    active = active_material(context)
    _found[:] = [found.name for found in bpy.data.materials if found != active and group_node(found) is not None]
    return _found


def _poll(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if active_material(context) is None:
        cls.poll_message_set("There is no active object with a material")
        return False
    return True


class MixMaterial(bpy.types.Operator):
    """Lay another material that ages over this one, by a mask that can be painted or linked"""

    bl_idname = "patina.mix_material"
    bl_label = "Mix Material Over"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    material: bpy.props.StringProperty(
        name="Material", description="An ageing material that plays an atlas", search=_search
    )
    by_change: bpy.props.BoolProperty(
        name="Only Where Changed", description="Mix by the other's Change times the mask, not by the mask alone"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        other = bpy.data.materials.get(self.material)
        if other is None:
            self.report({"ERROR"}, f"There is no material {self.material!r}: choose one of this file.")
            return {"CANCELLED"}
        try:
            mix_over(active_material(context), other, by_change=self.by_change)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class UnmixMaterial(bpy.types.Operator):
    """Take a mixed material off this one; the other material stays as it is"""

    bl_idname = "patina.unmix_material"
    bl_label = "Take Off"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Node", description="The mixed material's node")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _poll(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            unmix(active_material(context), self.name)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
