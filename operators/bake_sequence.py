"""Write the maps of materials as numbered pictures."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..engine.maps.picture_settings import LARGEST_PICTURE
from ..scene.baking import run as bake_run
from ..scene.baking.bake import Bake, count
from ..scene.baking.plan import BakeOrder
from ..scene.baking.settings import BAKED, BakeSettings
from ..scene.engine import process as engine_process
from ..scene.materials import ageing_materials
from ..scene.versions import RELATIVE_PATH
from .context import active_ageing, active_material, poll_ageing
from .long_job import LongJob
from .map_items import GREEN, MAPS

_MAPS = (
    *MAPS,
    ("ORM", "Packed ORM", "Occlusion (estimated from the height), roughness and metallic in red, green and blue"),
)
_FORMATS = (
    ("PNG8", "PNG, 8 bit", "Small; enough for colour"),
    ("PNG16", "PNG, 16 bit", "No steps in smooth gradients"),
    ("EXR", "OpenEXR, half", "Linear half floats"),
)
_MATERIALS = (
    ("ACTIVE", "Active", "The active material"),
    ("SELECTED", "Selected Objects", "Every material of the selected objects that ages"),
    ("ALL", "All", "Every material of the file that ages"),
)


class BakeSequence(LongJob, bpy.types.Operator):
    """Write the maps of each frame as numbered pictures; ESC stops between frames, baking again goes on from there"""

    bl_idname = "patina.bake_sequence"
    bl_label = "Bake Sequence"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Where the pictures go", subtype="DIR_PATH", options=RELATIVE_PATH
    )
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    materials: bpy.props.EnumProperty(name="Materials", description="What is baked", items=_MATERIALS)
    frame_start: bpy.props.IntProperty(name="Start", description="First frame", default=1)
    frame_end: bpy.props.IntProperty(name="End", description="Last frame", default=250)
    frame_step: bpy.props.IntProperty(name="Step", description="Every how manieth frame", default=1, min=1)
    maps: bpy.props.EnumProperty(
        name="Maps",
        description="Which maps are written",
        items=_MAPS,
        options={"ENUM_FLAG"},
        default={name for name, *_ in _MAPS if name not in ("ORM", "CHANGE")},
    )
    color_format: bpy.props.EnumProperty(name="Color", description="Format of the base colour", items=_FORMATS)
    data_format: bpy.props.EnumProperty(
        name="Data", description="Format of all other maps", items=_FORMATS, default="PNG16"
    )
    size: bpy.props.IntProperty(
        name="Size",
        description="Width and height of a picture; 0 for one pixel a texel",
        default=0,
        min=0,
        soft_max=4096,
        max=LARGEST_PICTURE,
        subtype="PIXEL",
    )
    normals: bpy.props.EnumProperty(
        name="Normals",
        description="Where green points in the normal map",
        items=GREEN,
    )
    suffixes: bpy.props.StringProperty(
        name="Suffixes",
        description="Other words for maps in file names, such as: base_color=Albedo, roughness=Rough",
    )
    udim: bpy.props.BoolProperty(
        name="UDIM Tiles", description="A picture for each UDIM tile, with the repeats of Scale", default=False
    )
    tiles: bpy.props.StringProperty(
        name="Tiles", description="Such as 1001-1003, 1011; empty for the tiles that objects with the material use"
    )
    overwrite: bpy.props.BoolProperty(
        name="Overwrite",
        description="Write all frames again, also those that are there and were made with the same settings",
        default=False,
    )
    link: bpy.props.BoolProperty(
        name="Play It Back",
        description="Let the materials play the baked pictures (playback Sequence), which needs no engine",
        default=False,
    )

    _bake: Bake

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        material = active_material(context)
        if material is None and next(ageing_materials(), None) is not None:
            return True
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.frame_start, self.frame_end = context.scene.frame_start, context.scene.frame_end
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "materials")
        frames = layout.column(align=True)
        for name in ("frame_start", "frame_end", "frame_step"):
            frames.prop(self, name)
        layout.column().prop(self, "maps")
        for name in ("color_format", "data_format", "size", "normals", "suffixes", "udim"):
            layout.prop(self, name)
        tiles = layout.column()
        tiles.active = self.udim
        tiles.prop(self, "tiles")
        layout.prop(self, "overwrite")
        layout.prop(self, "link")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self._bake = bake_run.begin(context.scene, self._chosen(context), self._order())
        except PatinaError as error:
            return self.fail(error)
        return self.work_off(context)

    def step(self, *, block: bool) -> tuple[float, str] | None:
        if not self._bake.step(engine_process.engine(), block=block):
            return None
        text = self._bake.describe()
        if bpy.app.background:
            print(text, flush=True)
        return self._bake.progress, text

    def stop(self) -> None:
        self._bake.stop()

    def stopped(self) -> str:
        return f"Stopped after {count(self._bake.written)}; baking again goes on from there"

    def _order(self) -> BakeOrder:
        settings = BakeSettings(
            maps=tuple(name for name in BAKED if name.upper() in self.maps),
            color=self.color_format.lower(),
            data=self.data_format.lower(),
            size=self.size,
            normals=self.normals,
            suffixes=BakeSettings.read_suffixes(self.suffixes),
        )
        return BakeOrder(
            directory=self.directory,
            frame_start=self.frame_start,
            frame_end=self.frame_end,
            frame_step=self.frame_step,
            settings=settings,
            tiles=self.tiles if self.udim else None,
            overwrite=self.overwrite,
        )

    def _chosen(self, context: bpy.types.Context) -> list[bpy.types.Material]:
        ageing = list(ageing_materials())
        if self.materials == "ALL":
            return ageing
        if self.materials == "SELECTED":
            slots = [slot.material for found in context.selected_objects for slot in found.material_slots]
            return [material for material in ageing if material in slots]
        material = active_ageing(context)
        return [material] if material is not None else []

    def finish(self) -> set[str]:
        bake_run.finish(self._bake, link=self.link)
        if len(self._bake.materials) > 1:
            for line in bake_run.statuses(self._bake):
                print(line, flush=True)
        failed = bool(self._bake.failed)
        self.report({"ERROR" if failed else "INFO"}, bake_run.summary(self._bake))
        return {"CANCELLED" if failed else "FINISHED"}
