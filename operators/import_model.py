"""Take a model into the library."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import library_import
from ..scene.library_import import WEIGHTS, ImportOrder
from ..scene.versions import RELATIVE_PATH

_KINDS = (
    ("RGB", "Colour", "The model gives colours as a camera saw them; the other maps are estimated"),
    ("SVBRDF", "Reflectance", "The model gives the maps of a BRDF"),
)
_BRDFS = (
    ("DIFFUSE_SPECULAR", "Diffuse and Specular", "What the public implementation uses by default"),
    ("METALLIC_ANISOTROPIC", "Metallic, Anisotropic", "Base colour, metallic and two roughnesses"),
    ("METALLIC_ISOTROPIC", "Metallic, Isotropic", "Base colour, metallic and one roughness"),
)


class ImportModel(bpy.types.Operator):
    """Take a model into the library: a model of Patina, or weights of the public implementation of the paper"""

    bl_idname = "patina.import_model"
    bl_label = "Import Model"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    filepath: bpy.props.StringProperty(
        name="File",
        description="A .safetensors file of Patina, or .eqx weights of the public implementation",
        subtype="FILE_PATH",
        options=RELATIVE_PATH | {"SKIP_SAVE"},
    )
    name: bpy.props.StringProperty(
        name="Name", description="The model's name in the library; empty for the file's", options={"SKIP_SAVE"}
    )
    kind: bpy.props.EnumProperty(name="Kind", description="What the weights were trained on", items=_KINDS)
    brdf: bpy.props.EnumProperty(name="BRDF", description="The reflectance they were trained with", items=_BRDFS)
    duration: bpy.props.FloatProperty(
        name="Duration",
        description="Time of the ODE from fresh to aged; 0 for the paper's (5 for colour, 10 for reflectance)",
        min=0.0,
        max=1000.0,
    )
    filter_glob: bpy.props.StringProperty(default="*.safetensors;*.eqx", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        one = library_import.latest
        if one is not None and one.is_under_way:
            cls.poll_message_set(f"{one.target.stem!r} is being imported already")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        if self._has_weights():  # dropped: of these a few things must be asked
            return context.window_manager.invoke_props_dialog(self, title="Import Weights", confirm_text="Import")
        return self.execute(context)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "name")
        if self._has_weights():
            layout.prop(self, "kind")
            if self.kind == "SVBRDF":
                layout.prop(self, "brdf")
            layout.prop(self, "duration")

    def execute(self, context: bpy.types.Context) -> set[str]:
        order = ImportOrder(Path(self.filepath), self.name, self.kind.lower(), self.brdf.lower(), self.duration)
        try:
            one = library_import.begin(order)
            if bpy.app.background:
                library_import.wait(lambda text: print(text, flush=True))
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if one.is_under_way:
            self.report({"INFO"}, f"{one.target.stem!r} is being imported; the library shows how far it is")
            return {"FINISHED"}
        self.report({"INFO"}, one.text)
        return {"FINISHED"}

    def _has_weights(self) -> bool:
        return self.filepath.lower().endswith(WEIGHTS)


class ModelFiles(bpy.types.FileHandler):
    """A model that is dropped into the 3D view or the properties is taken into the library"""

    bl_idname = "PATINA_FH_model"
    bl_label = "Patina Model"
    bl_import_operator = "patina.import_model"
    bl_file_extensions = ".safetensors;.eqx"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type in {"VIEW_3D", "PROPERTIES"}
