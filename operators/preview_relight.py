"""See the material in another light, in a scene of its own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import playback
from ..scene.errors import PreviewError
from ..scene.preview.pictures import Steps, animation_steps, strip_steps
from ..scene.preview.preview import make_preview, order_of
from ..scene.preview.window import remembered, show
from ..scene.versions import RELATIVE_PATH
from .context import active_material, poll_ageing
from .long_job import LongJob

_SUBJECTS = (
    ("PLANE", "Plane", "A plane that fills the camera, as the photographs that models learn from"),
    ("SPHERE", "Sphere", "A sphere, round which the texture goes twice"),
    ("OBJECT", "Object", "The active object"),
)
_LIGHTS = (
    ("CIRCLE", "Circling", "The light goes round once over the frames"),
    ("FLASH", "Flash", "The light stays beside the camera, where photographs for training have it"),
)
_RENDERERS = (("EEVEE", "Eevee", "Fast"), ("CYCLES", "Cycles", "Exact"))


class PreviewRelight(LongJob, bpy.types.Operator):
    """See the material under a circling light, in a scene of its own; optionally write a strip or an animation"""

    bl_idname = "patina.preview_relight"
    bl_label = "Preview Relit"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    subject: bpy.props.EnumProperty(name="On", description="What wears the material", items=_SUBJECTS, default="SPHERE")
    light: bpy.props.EnumProperty(name="Light", description="Where the light is", items=_LIGHTS)
    renderer: bpy.props.EnumProperty(name="Renderer", description="What renders the preview", items=_RENDERERS)
    frame_start: bpy.props.IntProperty(name="Start", description="First frame of the preview", default=1)
    frame_end: bpy.props.IntProperty(name="End", description="Last frame of the preview", default=120)
    size: bpy.props.IntProperty(
        name="Size",
        description="Width and height of a picture; the plane shows each texel once at the texture's resolution",
        default=256,
        min=16,
        max=4096,
        subtype="PIXEL",
    )
    strip: bpy.props.StringProperty(
        name="Strip",
        description="Write a PNG here instead: ages from left to right, lights from top to bottom",
        subtype="FILE_PATH",
        options=RELATIVE_PATH | {"SKIP_SAVE"},
    )
    ages: bpy.props.IntProperty(
        name="Ages", description="Columns of the strip, from fresh to aged", default=6, min=2, max=64
    )
    lights: bpy.props.IntProperty(
        name="Lights", description="Rows of the strip: the flash, then places on the circle", default=4, min=1, max=64
    )
    animation: bpy.props.StringProperty(
        name="Animation",
        description="Write the frames into this folder instead, or a film where it ends in .mp4",
        subtype="FILE_PATH",
        options=RELATIVE_PATH | {"SKIP_SAVE"},
    )
    # What the dialog asks for.
    picture: bpy.props.EnumProperty(
        items=(("NONE", "None", ""), ("STRIP", "Strip", ""), ("ANIMATION", "Animation", "")),
        options={"HIDDEN", "SKIP_SAVE"},
    )

    _steps: Steps

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if playback.is_rendering():
            cls.poll_message_set("A render is under way")
            return False
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        folder = "//" if bpy.data.filepath else str(Path.home() / "_").removesuffix("_")
        if self.picture == "NONE":
            self.frame_start, self.frame_end = context.scene.frame_start, context.scene.frame_end
            return self.execute(context)
        if self.picture == "STRIP":
            self.strip = f"{folder}relit.png"
        else:
            self.animation = f"{folder}relit.mp4"
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        shown = ["subject", "renderer", "size"]
        if self.strip:
            shown = ["strip", *shown, "ages", "lights"]
        elif self.animation:
            shown = ["animation", *shown, "light", "frame_start", "frame_end"]
        else:
            shown += ["light", "frame_start", "frame_end"]
        for name in shown:
            self.layout.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            steps = self._plan(context)
            if not (self.strip or self.animation):
                return {"FINISHED"}
        except PatinaError as error:
            return self.fail(error)
        self._steps = steps
        return self.work_off(context)

    def step(self, *, block: bool) -> tuple[float, str] | None:
        done = next(self._steps, None)
        return None if done is None else (done, f"Relit pictures: {100 * done:.0f} %")

    def finish(self) -> set[str]:
        self.report({"INFO"}, f"Written: {_file(self.strip or self.animation)}")
        return {"FINISHED"}

    def stop(self) -> None:
        self._steps.close()  # takes the pictures' scene away

    def stopped(self) -> str:
        return "Stopped; whole files stay"

    def _plan(self, context: bpy.types.Context) -> Steps:
        """Show the preview, or plan its pictures."""
        if self.frame_end < self.frame_start:
            raise PreviewError(f"Frame {self.frame_end} comes before frame {self.frame_start}", "choose a later end")
        order = order_of(
            context,
            active_material(context),
            subject=self.subject,
            engine=self.renderer,
            size=self.size,
            flash=self.light == "FLASH",
            frame_start=self.frame_start,
            frame_end=self.frame_end,
        )
        if self.strip:
            return strip_steps(order, _file(self.strip), self.ages, self.lights, block=bpy.app.background)
        if self.animation:
            return animation_steps(order, _file(self.animation), block=bpy.app.background)
        before = remembered()
        show(context, make_preview(order)[0], before)
        return iter(())


def _file(path: str) -> Path:
    if path.startswith("//") and not bpy.data.filepath:
        raise PreviewError("The path is relative to a .blend that is not saved yet", "save the file first")
    return Path(bpy.path.abspath(path))
