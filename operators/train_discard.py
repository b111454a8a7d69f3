"""Take a training off the list."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.redraw import tag_panels
from ..scene.training import jobs as training
from ..scene.training import process as training_process


class TrainDiscard(bpy.types.Operator):
    """Delete what the training keeps to go on from; its model stays in the library unless that is chosen too"""

    bl_idname = "patina.train_discard"
    bl_label = "Discard Training"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    name: bpy.props.StringProperty(name="Name", description="The model whose training ends", options={"HIDDEN"})
    with_model: bpy.props.BoolProperty(
        name="Delete the Model Too",
        description="Materials that use it lose it",
        default=False,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=360)

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.label(text=f"{self.name}: the training cannot be resumed afterwards.", icon="QUESTION")
        if training.has_model(self.name):
            column.prop(self, "with_model")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            training_process.discard(self.name, with_model=self.with_model)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        tag_panels()
        return {"FINISHED"}
