"""An operator that takes long: worked off between Blender's events with progress, until it is done or ESC stops it."""

from __future__ import annotations

import bpy

from ..engine.errors import PatinaError
from ..scene import playback
from ..scene.redraw import tag_panels


class LongJob:
    """A part of an operator's class. The operator's `execute` plans the work and ends with `work_off`.

    In the background it is finished before that returns.
    """

    _timer: bpy.types.Timer | None = None
    _said = ""

    def step(self, *, block: bool) -> tuple[float, str] | None:
        """Go on for a moment, or with `block` as far as it takes to get on: the share that is done, and in words how it
        stands; None once nothing is left. Raises PatinaError where the work cannot go on."""
        raise NotImplementedError

    def finish(self) -> set[str]:
        """Use what was done, report it, and give the operator's outcome. Raises PatinaError."""
        raise NotImplementedError

    def stop(self) -> None:
        """Give up what is under way and clear up; called once, however the work ends."""
        raise NotImplementedError

    def stopped(self) -> str:
        """What ESC has left, as a sentence."""
        raise NotImplementedError

    def work_off(self, context: bpy.types.Context) -> set[str]:
        """Begin; what `execute` returns."""
        if bpy.app.background:
            return self._at_once()
        window_manager = context.window_manager
        window_manager.progress_begin(0.0, 1.0)
        self._timer = window_manager.event_timer_add(0.05, window=context.window)
        window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            self._end(context)
            self.report({"WARNING"}, self.stopped())
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            stands = self.step(block=False)
            if stands is not None:
                self._show(context, *stands)
                return {"RUNNING_MODAL"}
            outcome = self.finish()
        except PatinaError as error:
            outcome = self.fail(error)
        self._end(context)
        return outcome

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this where it ends the operator itself, as when a file is opened meanwhile."""
        self._end(context)

    def fail(self, error: PatinaError) -> set[str]:
        """Report why nothing came of it."""
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

    def _at_once(self) -> set[str]:
        try:
            while self.step(block=True) is not None:
                pass
            return self.finish()
        except PatinaError as error:
            return self.fail(error)
        finally:
            self.stop()

    def _show(self, context: bpy.types.Context, done: float, text: str) -> None:
        """Draw how far it is, where that reads differently: redrawing at every tick would slow the window down."""
        if text == self._said:
            return
        self._said = text
        context.window_manager.progress_update(done)
        context.workspace.status_text_set(f"{text}  (ESC stops)")
        tag_panels()

    def _end(self, context: bpy.types.Context) -> None:
        if self._timer is None:
            return
        self.stop()
        playback.watch()
        context.window_manager.event_timer_remove(self._timer)
        self._timer = None
        context.window_manager.progress_end()
        context.workspace.status_text_set(None)
        tag_panels()
