"""Key Age from 0 to 1."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.animation import key_age
from .context import active_material, poll_ageing


class KeyframeAge(bpy.types.Operator):
    """Key the material's Age from 0 to 1 over a range of frames, at even speed"""

    bl_idname = "patina.keyframe_age"
    bl_label = "Keyframe Age"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    frame_start: bpy.props.IntProperty(name="Start", description="Frame at which the material is fresh", default=1)
    frame_end: bpy.props.IntProperty(name="End", description="Frame at which it has aged wholly", default=250)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.frame_start, self.frame_end = context.scene.frame_start, context.scene.frame_end
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.frame_end <= self.frame_start:
            self.report(
                {"ERROR"}, f"Frame {self.frame_end} does not come after {self.frame_start}: choose a later end."
            )
            return {"CANCELLED"}
        key_age(active_material(context), self.frame_start, self.frame_end)
        return {"FINISHED"}
