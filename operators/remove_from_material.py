"""Put a material back as it was."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.materials import remove_patina
from .context import active_material, poll_ageing


class RemoveFromMaterial(bpy.types.Operator):
    """Remove Patina from the material: its links and values are again as they were before, Age's keys go"""

    bl_idname = "patina.remove_from_material"
    bl_label = "Remove Patina"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            remove_patina(active_material(context))
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
