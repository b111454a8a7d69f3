"""Lock the interface while rendering."""

from __future__ import annotations

from typing import ClassVar

import bpy


class LockInterface(bpy.types.Operator):
    """Lock Blender's interface while it renders: textures change on every frame, and the viewport shares them"""

    bl_idname = "patina.lock_interface"
    bl_label = "Lock Interface"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.render.use_lock_interface = True
        return {"FINISHED"}
