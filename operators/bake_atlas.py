"""Keep the material's life in images, so that it plays at every point without Patina."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import playback
from ..scene.atlas.bake import AtlasBake, plan_atlas
from ..scene.atlas.words import quality_sentence, size_sentence
from ..scene.engine import process as engine_process
from ..scene.versions import RELATIVE_PATH
from .context import active_material, poll_ageing


class BakeAtlas(bpy.types.Operator):
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
    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

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
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if bpy.app.background:
            return self._step(context, block=True)
        window_manager = context.window_manager
        window_manager.progress_begin(0.0, 1.0)
        self._timer = window_manager.event_timer_add(0.05, window=context.window)
        window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            self._end(context)
            self.report({"WARNING"}, "Stopped: the material plays what it played before")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        return self._step(context, block=False)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this where it ends the operator itself, as when a file is opened meanwhile."""
        self._end(context)

    def _step(self, context: bpy.types.Context, *, block: bool) -> set[str]:
        try:
            if self._bake.step(engine_process.engine(), block=block):
                context.window_manager.progress_update(self._bake.progress)
                context.workspace.status_text_set(f"Baking an atlas: {engine_process.describe()}  (ESC stops)")
                playback.redraw_panels()
                return {"RUNNING_MODAL"}
            record = self._bake.finish()
        except PatinaError as error:
            self._end(context)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._end(context)
        self.report({"INFO"}, f"{len(record.ages)} ages kept: {quality_sentence(record)}")
        return {"FINISHED"}

    def _end(self, context: bpy.types.Context) -> None:
        self._bake.stop()
        playback.tag_panels()
        if self._timer is not None:
            playback.watch()
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
            context.window_manager.progress_end()
            context.workspace.status_text_set(None)
