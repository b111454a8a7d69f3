"""Give up an import."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene import library_import


class ImportCancel(bpy.types.Operator):
    """Give up the import that is under way; nothing of it stays"""

    bl_idname = "patina.import_cancel"
    bl_label = "Cancel"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if library_import.latest is None:
            cls.poll_message_set("Nothing is being imported")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        library_import.discard()
        return {"FINISHED"}
