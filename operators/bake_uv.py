"""Write the object's aged maps in its own UV layout."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.age.uv_bake import UV_MAPS, UvBake, bake_uv
from ..scene.versions import RELATIVE_PATH
from .map_items import GREEN, MAPS

_MAPS = (*MAPS, ("AGE", "Age", "The Age of each point, as the sources make it"))


class BakeUv(bpy.types.Operator):
    """Write the active object's maps in its UV layout, as they are at this frame: with the Age of every point"""

    bl_idname = "patina.bake_uv"
    bl_label = "Bake to UVs"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Where the pictures go", subtype="DIR_PATH", options=RELATIVE_PATH
    )
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    maps: bpy.props.EnumProperty(
        name="Maps",
        description="Which maps are written",
        items=_MAPS,
        options={"ENUM_FLAG"},
        default={"BASE_COLOR", "METALLIC", "ROUGHNESS", "NORMAL"},
    )
    size: bpy.props.IntProperty(
        name="Size",
        description="Width and height of a picture",
        default=1024,
        min=16,
        max=16384,
        subtype="PIXEL",
    )
    margin: bpy.props.IntProperty(
        name="Margin",
        description="How far the borders of the UV islands are extended",
        default=16,
        min=0,
        max=64,
        subtype="PIXEL",
    )
    file_format: bpy.props.EnumProperty(
        name="Format",
        description="Format of the pictures",
        items=(
            ("PNG", "PNG", "Colour and normals of 8 bits, the rest of 16"),
            ("EXR", "OpenEXR, half", "Linear half floats"),
        ),
    )
    normals: bpy.props.EnumProperty(
        name="Normals",
        description="Which way green points",
        items=GREEN,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.active_object is None:
            cls.poll_message_set("There is no active object")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        maps = tuple(name for name in UV_MAPS if name.upper() in self.maps)
        bake = UvBake(maps, self.size, self.margin, self.file_format == "EXR", self.normals == "DIRECTX")
        window_manager = context.window_manager
        window_manager.progress_begin(0, len(maps))
        written = 0
        try:
            for _ in bake_uv(context.active_object, self.directory, bake, context.scene):
                written += 1
                window_manager.progress_update(written)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            window_manager.progress_end()
        self.report({"INFO"}, f"{written} pictures written")
        return {"FINISHED"}
