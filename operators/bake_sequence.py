"""Write the material's maps as numbered pictures."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import engine_process, playback
from ..scene.errors import BakeError
from ..scene.sequence import Sequence, check_folder, plan_sequence
from ..scene.versions import RELATIVE_PATH
from .context import active_material, poll_ageing


class BakeSequence(bpy.types.Operator):
    """Write every map of the material as a numbered picture for each frame; ESC stops between frames"""

    bl_idname = "patina.bake_sequence"
    bl_label = "Bake Sequence"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Where the pictures go", subtype="DIR_PATH", options=RELATIVE_PATH
    )
    frame_start: bpy.props.IntProperty(name="Start", description="First frame", default=1)
    frame_end: bpy.props.IntProperty(name="End", description="Last frame", default=250)
    overwrite: bpy.props.BoolProperty(
        name="Overwrite", description="Write frames again that are there already", default=False
    )

    _sequence: Sequence
    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.frame_start, self.frame_end = context.scene.frame_start, context.scene.frame_end
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self._plan(context)
        except PatinaError as error:
            return self._fail(error)
        if bpy.app.background:
            return self._run()
        window_manager = context.window_manager
        window_manager.progress_begin(0.0, 1.0)
        self._timer = window_manager.event_timer_add(0.05, window=context.window)
        window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            self._end(context)
            written = _frames(self._sequence.written)
            self.report({"WARNING"}, f"Stopped after {written}; baking again goes on from there")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            more = self._sequence.step(engine_process.engine(), block=False)
        except PatinaError as error:
            self._end(context)
            return self._fail(error)
        if more:
            context.window_manager.progress_update(self._sequence.progress)
            context.workspace.status_text_set(f"{self._sequence.describe()}  (ESC stops)")
            playback.redraw_panels()
            return {"RUNNING_MODAL"}
        self._end(context)
        return self._finish()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this where it ends the operator itself, as when a file is opened meanwhile."""
        self._end(context)

    def _plan(self, context: bpy.types.Context) -> None:
        if self.frame_end < self.frame_start:
            raise BakeError(f"Frame {self.frame_end} comes before frame {self.frame_start}", "choose a later end")
        engine_process.engine()  # no folder is made where there is no engine
        folder = check_folder(self.directory)
        frames = range(self.frame_start, self.frame_end + 1)
        self._sequence = plan_sequence(
            context.scene, active_material(context), folder, frames, overwrite=self.overwrite
        )

    def _run(self) -> set[str]:
        engine = engine_process.engine()
        try:
            while self._sequence.step(engine, block=True):
                print(self._sequence.describe(), flush=True)
        except PatinaError as error:
            return self._fail(error)
        return self._finish()

    def _end(self, context: bpy.types.Context) -> None:
        if self._timer is None:
            return
        self._sequence.stop()
        playback.watch()
        context.window_manager.event_timer_remove(self._timer)
        self._timer = None
        context.window_manager.progress_end()
        context.workspace.status_text_set(None)

    def _finish(self) -> set[str]:
        self.report({"INFO"}, f"{_frames(self._sequence.written)} written, {self._sequence.skipped} were there already")
        return {"FINISHED"}

    def _fail(self, error: PatinaError) -> set[str]:
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


def _frames(number: int) -> str:
    return f"{number} frame{'' if number == 1 else 's'}"
