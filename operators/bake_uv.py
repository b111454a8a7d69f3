"""Write the object's aged maps in its own UV layout."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import playback
from ..scene.age.uv_bake import UV_MAPS, UvBake, UvJob, plan_uv
from ..scene.versions import RELATIVE_PATH
from .long_job import LongJob
from .map_items import GREEN, MAPS

_MAPS = (*MAPS, ("AGE", "Age", "The Age of each point, as the sources make it"))


class BakeUv(LongJob, bpy.types.Operator):
    """Write the active object's maps in its UV layout, with the Age of every point; ESC stops between pictures"""

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
    overwrite: bpy.props.BoolProperty(
        name="Overwrite", description="Write pictures again that are there; else they are skipped", default=True
    )

    _job: UvJob

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
        bake = UvBake(
            maps, self.size, self.margin, self.file_format == "EXR", self.normals == "DIRECTX", self.overwrite
        )
        try:
            self._job = plan_uv(context.active_object, self.directory, bake, context.scene)
        except PatinaError as error:
            return self.fail(error)
        return self.work_off(context)

    def step(self, *, block: bool) -> tuple[float, str] | None:
        if playback.is_rendering() and not block:
            return self._job.progress, self._job.describe()
        if not self._job.step():
            return None
        return self._job.progress, self._job.describe()

    def finish(self) -> set[str]:
        self.report({"INFO"}, self._counted())
        return {"FINISHED"}

    def stop(self) -> None:
        """Between two pictures there is nothing to clear up."""

    def stopped(self) -> str:
        return f"Stopped: {self._counted()}, each of them whole"

    def _counted(self) -> str:
        text = f"{self._job.written} picture{'' if self._job.written == 1 else 's'} written"
        return f"{text}, {self._job.skipped} were there already" if self._job.skipped else text
