"""Play the atlas that came with the model."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.atlas.ready import use_ready_atlas
from .context import active_material, poll_ageing
from .progress import shown_progress


class UseReadyAtlas(bpy.types.Operator):
    """Play the small atlas that came with the model, at once: with its own seed and resolution"""

    bl_idname = "patina.use_ready_atlas"
    bl_label = "Use Ready Atlas"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            with shown_progress(context) as report:
                use_ready_atlas(active_material(context), report)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
