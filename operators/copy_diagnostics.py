"""Copy a report about this installation."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.engine import diagnostics


class CopyDiagnostics(bpy.types.Operator):
    """Copy versions, devices and the last errors, for a report; paths are shortened and your name is left out"""

    bl_idname = "patina.copy_diagnostics"
    bl_label = "Copy Diagnostics"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        text = diagnostics.report()
        if bpy.app.background:  # there is no clipboard
            print(text, flush=True)
        else:
            context.window_manager.clipboard = text
        self.report({"INFO"}, "Printed" if bpy.app.background else "Copied")
        return {"FINISHED"}
