"""Give the active material a model."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import library
from ..scene.materials import check_editable
from .context import active_material, poll_ageing


class UseModel(bpy.types.Operator):
    """Let the active material age by this model; its seed, extent and keys stay"""

    bl_idname = "patina.use_model"
    bl_label = "Use"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    model: bpy.props.StringProperty(name="Model", description="A model of the library by name, or a path")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        material = active_material(context)
        try:
            check_editable(material)
            library.model_header(self.model)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        material.patina.model = self.model
        return {"FINISHED"}
