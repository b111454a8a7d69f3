"""Cancel the installation of the engine."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.engine import setup as engine_setup


class SetupCancel(bpy.types.Operator):
    """Give up the installation; what has been downloaded whole is kept for the next time"""

    bl_idname = "patina.setup_cancel"
    bl_label = "Cancel"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return engine_setup.is_running()

    def execute(self, context: bpy.types.Context) -> set[str]:
        engine_setup.cancel()
        self.report({"INFO"}, engine_setup.outcome)
        return {"FINISHED"}
