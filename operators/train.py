"""Learn a model from footage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene import library
from ..scene.training import process as training_process
from ..scene.training import watch as training_watch
from ..scene.training.jobs import DONE, FAILED, Training
from ..scene.training.process import TrainingOrder
from ..scene.versions import RELATIVE_PATH

_KINDS = (
    ("RGB", "Colour Footage", "A video or pictures in any light: colour is learned, the other maps are estimated"),
    ("FLASH", "Flash Photographs", "Camera and flash side by side: base colour, metallic, roughness and height"),
    ("MAPS", "Texture Sets", "PBR textures of the same surface at two or more ages: all maps"),
)


def _models(operator: bpy.types.Operator, context: bpy.types.Context, text: str) -> list[str]:
    return library.model_names()


class Train(bpy.types.Operator):
    """Learn a model from a video, or from a folder of pictures, in a process of its own: Blender may be closed"""

    bl_idname = "patina.train"
    bl_label = "Train"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    exemplar: bpy.props.StringProperty(
        name="Exemplar",
        description="A video, an animated picture, or a folder of pictures or texture sets",
        subtype="FILE_PATH",
        options=RELATIVE_PATH,
    )
    name: bpy.props.StringProperty(
        name="Name", description="The new model's name in the library; empty for the exemplar's"
    )
    kind: bpy.props.EnumProperty(name="Kind", description="What the exemplar shows", items=_KINDS)
    beginning: bpy.props.StringProperty(
        name="Begin With",
        description="A model of the same kind that goes on learning from here: one of the library, or a file",
        search=_models,
    )
    iterations: bpy.props.IntProperty(
        name="Steps", description="More steps are a better model; stop at any time", default=12_000, min=1
    )
    credit: bpy.props.StringProperty(name="Credit", description="Whose footage it is; kept in the model")
    licence: bpy.props.StringProperty(name="Licence", description="The model's licence; kept in the model")
    options: bpy.props.StringProperty(
        name="Options",
        description="Further options of the command 'patina train', such as --metallic 0,0 for what is no metal",
    )
    # What the file browser fills in.
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.exemplar = ""
        # A folder, so that no file is chosen yet: Blender would propose the .blend itself.
        start = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = str(start / "_").removesuffix("_")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(text="Choose footage, or open a folder", icon="INFO")
        for name in ("name", "kind", "beginning", "iterations", "credit", "licence", "options"):
            layout.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        order = TrainingOrder(
            exemplar=self.exemplar or self.filepath,
            title=self.name,
            kind=self.kind.lower(),
            iterations=self.iterations,
            credit=self.credit,
            licence=self.licence,
            options=self.options,
            beginning=self.beginning,
        )
        return follow(self, lambda: training_process.start(order))


def follow(operator: bpy.types.Operator, begin: Callable[[], Training]) -> set[str]:
    """Begin a training by calling `begin`; in the background, wait for its end."""
    try:
        training = begin()
        if bpy.app.background:
            training = training_process.wait(training, _print)
    except PatinaError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    if training.is_under_way:
        training_watch.follow()
        operator.report({"INFO"}, f"{training.title!r} is being trained; Blender may be closed meanwhile")
        return {"FINISHED"}
    if training.state == DONE:
        operator.report({"INFO"}, f"The model {training.name!r} is in the library")
        return {"FINISHED"}
    if training.state == FAILED:
        operator.report({"ERROR"}, training.message)
    else:
        operator.report({"WARNING"}, f"The training {training.title!r} was {training.state}; it can be resumed")
    return {"CANCELLED"}


def _print(training: Training) -> None:
    history = training.progress.history if training.progress is not None else ()
    loss = f", loss {history[-1][1]:.4g}" if history else ""
    print(f"{training.title}: {training.describe()}{loss}", flush=True)
