"""Leave the relit preview."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.preview.scene import find_preview
from ..scene.preview.window import go_back


class PreviewRelightBack(bpy.types.Operator):
    """Go back to your own scene; the preview is taken away with all that was made for it"""

    bl_idname = "patina.preview_relight_back"
    bl_label = "Back to My Scene"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if find_preview() is None:
            cls.poll_message_set("There is no preview to go back from")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        go_back(context)
        return {"FINISHED"}
