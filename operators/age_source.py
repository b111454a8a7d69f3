"""Let some places of a material age before others, or let them go together again."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.age.sources import add_source, remove_source
from ..scene.age.words import KIND_ITEMS, advice
from ..scene.playback_source import prefer_atlas
from .context import active_material, poll_ageing


class AgeSource(bpy.types.Operator):
    """Let some places age first: plain nodes before the material's Age, which stays the one number that is keyed"""

    bl_idname = "patina.age_source"
    bl_label = "Add Age Source"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    kind: bpy.props.EnumProperty(name="Kind", description="Which places age first", items=KIND_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        material = active_material(context)
        try:
            node = add_source(material, context.active_object, self.kind)
            prefer_atlas(material)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{node.name!r} feeds Age")
        text = advice(material)
        if text:
            self.report({"WARNING"}, text)
        if self.kind == "PAINT" and context.mode == "OBJECT" and not bpy.app.background:
            bpy.ops.object.mode_set(mode="VERTEX_PAINT")
        return {"FINISHED"}


class AgeSourceRemove(bpy.types.Operator):
    """Take a source out: its nodes go, what it measured or what was painted stays on the mesh"""

    bl_idname = "patina.age_source_remove"
    bl_label = "Remove Age Source"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Source", description="The source's node")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            remove_source(active_material(context), self.name)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
