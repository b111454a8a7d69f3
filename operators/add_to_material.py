"""Make the active object's material age."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import library
from ..scene.atlas.ready import ready_atlas, use_ready_atlas
from ..scene.engine import process as engine_process
from ..scene.materials import add_patina, check_editable
from ..scene.versions import use_nodes
from .context import active_material


class AddToMaterial(bpy.types.Operator):
    """Let the active object's material age: Patina's node group is wired to its Principled BSDF"""

    bl_idname = "patina.add_to_material"
    bl_label = "Add Patina"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    model: bpy.props.StringProperty(
        name="Model",
        description="A shipped model by name, or the path of a model file; empty for the first one shipped",
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
        active = context.active_object
        material = active_material(context)
        has_uvs = bool(getattr(active.data, "uv_layers", None))
        try:
            model = self.model or next(iter(library.model_names()), "")
            library.model_header(model)
            if material is None:
                material = _new_material(active)
            add_patina(material, model, "UV" if has_uvs else "Generated")
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if engine_process.lacking():
            self._play_ready_atlas(material)
        if not has_uvs:
            self.report({"WARNING"}, f"{active.name!r} has no UV map: generated coordinates are used instead")
        return {"FINISHED"}

    def _play_ready_atlas(self, material: bpy.types.Material) -> None:
        try:
            if ready_atlas(material.patina.model) is not None:
                use_ready_atlas(material)
        except PatinaError as error:
            self.report({"WARNING"}, str(error))


def _new_material(active: bpy.types.Object) -> bpy.types.Material:
    check_editable(active.data)
    material = bpy.data.materials.new(active.name)
    use_nodes(material)
    if active.material_slots:
        active.material_slots[active.active_material_index].material = material
    else:
        active.data.materials.append(material)
    return material
