"""Remove the engine."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.engine import setup as engine_setup


class SetupRemove(bpy.types.Operator):
    """Delete the engine's environment with everything that was downloaded for it; models and kept lives stay"""

    bl_idname = "patina.setup_remove"
    bl_label = "Remove Engine"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if engine_setup.is_running():
            cls.poll_message_set("The engine is being installed or tried")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            engine_setup.remove()
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
