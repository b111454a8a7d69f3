"""Keep the material's life in images, so that it plays at every point without Patina."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.atlas.bake import AtlasBake, plan_atlas
from ..scene.atlas.words import quality_sentence, size_sentence
from ..scene.engine import process as engine_process
from ..scene.versions import RELATIVE_PATH
from .context import active_material, poll_ageing
from .long_job import LongJob


class BakeAtlas(LongJob, bpy.types.Operator):
    """Keep the material's life in images: Age may differ from point to point, and plays without Patina; ESC stops"""

    bl_idname = "patina.bake_atlas"
    bl_label = "Bake Atlas"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    ages: bpy.props.IntProperty(
        name="Ages",
        description="How many ages are kept; they lie closer where the material changes faster",
        default=17,
        min=2,
        max=64,
    )
    bits: bpy.props.EnumProperty(
        name="Depth",
        description="Bits of each channel",
        items=(("8", "8 Bits", "For most work"), ("16", "16 Bits", "Smoother gloss and relief, twice the memory")),
    )
    pack: bpy.props.BoolProperty(
        name="Pack", description="Keep the images inside the .blend, else in a folder", default=True
    )
    directory: bpy.props.StringProperty(
        name="Folder",
        description="Where the images go if they are not packed",
        subtype="DIR_PATH",
        default="//textures",
        options=RELATIVE_PATH,
    )

    _bake: AtlasBake

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=400)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        material = active_material(context)
        for owner, name in ((self, "ages"), (material.patina, "resolution"), (self, "bits"), (self, "pack")):
            layout.prop(owner, name)
        row = layout.row()
        row.enabled = not self.pack
        row.prop(self, "directory")
        layout.label(text=size_sentence(material, self.ages, int(self.bits)), icon="INFO")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self._bake = plan_atlas(
                active_material(context), self.ages, int(self.bits), None if self.pack else self.directory
            )
        except PatinaError as error:
            return self.fail(error)
        return self.work_off(context)

    def step(self, *, block: bool) -> tuple[float, str] | None:
        if not self._bake.step(engine_process.engine(), block=block):
            return None
        return self._bake.progress, f"Baking an atlas: {engine_process.describe()}"

    def finish(self) -> set[str]:
        record = self._bake.finish()
        self.report({"INFO"}, f"{len(record.ages)} ages kept: {quality_sentence(record)}")
        return {"FINISHED"}

    def stop(self) -> None:
        self._bake.stop()

    def stopped(self) -> str:
        return "Stopped: the material plays what it played before"
