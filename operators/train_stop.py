"""Stop a training."""

from __future__ import annotations

import bpy

from ..engine.errors import PatinaError
from ..scene.training import process as training_process
from ..scene.training import watch as training_watch


class TrainStop(bpy.types.Operator):
    """Stop the training: its best model goes to the library, and it can be resumed"""

    bl_idname = "patina.train_stop"
    bl_label = "Stop"

    name: bpy.props.StringProperty(name="Name", description="The model that is being trained")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            training = training_process.stop(self.name)
            if bpy.app.background:
                training_process.wait(training)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        training_watch.follow()
        return {"FINISHED"}
