"""Make the active object's material age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import library
from ..scene.atlas.ready import ready_atlas, use_ready_atlas
from ..scene.engine import process as engine_process
from ..scene.materials import add_patina
from ..scene.targets import Target, new_material, targets
from .context import active_material
from .progress import shown_progress


class AddToMaterial(bpy.types.Operator):
    """Let the active object's material age: Patina's node group feeds its Principled BSDF, or lies over it"""

    bl_idname = "patina.add_to_material"
    bl_label = "Add Patina"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    model: bpy.props.StringProperty(
        name="Model",
        description="A shipped model by name, or the path of a model file; empty for rusting steel",
    )
    mode: bpy.props.EnumProperty(
        name="Mode",
        description="What becomes of the material that is there",
        items=(
            ("REPLACE", "Replace", "The aged maps feed its Principled BSDF"),
            ("LAYER", "Layer", "The aged surface lies over it where it has changed: rust over paint"),
        ),
    )
    selected: bpy.props.BoolProperty(
        name="All Selected",
        description="The active materials of all selected objects, not of the active one alone; one that objects share "
        "ages once for all of them",
        default=False,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        active = context.active_object
        if active is None:
            cls.poll_message_set("There is no active object")
            return False
        if not hasattr(active.data, "materials"):
            cls.poll_message_set(f"The object {active.name!r} cannot have a material")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        errors = []
        done = 0
        for material, objects in self._targets(context):
            try:
                self._age(context, material, objects)
                done += 1
            except PatinaError as error:
                errors.append(str(error))
        for sentence in errors:
            self.report({"WARNING" if done else "ERROR"}, sentence)
        return {"FINISHED"} if done else {"CANCELLED"}

    def _targets(self, context: bpy.types.Context) -> list[Target]:
        if self.selected:
            return targets([*context.selected_objects, context.active_object])
        return [(active_material(context), [context.active_object])]

    def _age(
        self, context: bpy.types.Context, material: bpy.types.Material | None, objects: Sequence[bpy.types.Object]
    ) -> None:
        """Let one material age, or a new one of objects that have none. Raises PatinaError."""
        model = self.model or library.default_model()
        library.model_header(model)
        if material is None:
            material = new_material(objects)
        add_patina(material, model, layer=self.mode == "LAYER")
        if engine_process.lacking():
            self._play_ready_atlas(context, material)
        bare = [found.name for found in objects if not getattr(found.data, "uv_layers", None)]
        if bare:
            material.patina.mapping = "BOX"
            self.report({"WARNING"}, f"{bare[0]!r} has no UV map: box mapping is used instead")

    def _play_ready_atlas(self, context: bpy.types.Context, material: bpy.types.Material) -> None:
        try:
            if ready_atlas(material.patina.model) is not None:
                with shown_progress(context) as report:
                    use_ready_atlas(material, report)
        except PatinaError as error:
            self.report({"WARNING"}, str(error))
