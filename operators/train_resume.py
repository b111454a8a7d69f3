"""Go on with a training."""

from __future__ import annotations

import bpy

from ..scene.training import process as training_process
from .train import follow


class TrainResume(bpy.types.Operator):
    """Go on with the training from where it was last kept"""

    bl_idname = "patina.train_resume"
    bl_label = "Resume"

    name: bpy.props.StringProperty(name="Name", description="The model whose training goes on")

    def execute(self, context: bpy.types.Context) -> set[str]:
        return follow(self, lambda: training_process.resume(self.name))
