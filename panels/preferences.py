"""Where the engine is, and how much it may keep."""

from __future__ import annotations

import os

import bpy

from ..scene import engine_process, playback
from .text import sentence


def _changed(self: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    playback.ask_again()


class PatinaPreferences(bpy.types.AddonPreferences):
    """Settings of this machine."""

    bl_idname = engine_process.PACKAGE

    python: bpy.props.StringProperty(
        name="Engine's Python",
        description="A Python that has torch and torchdiffeq; empty for Blender's own where that has them",
        subtype="FILE_PATH",
        update=_changed,
    )
    lives: bpy.props.StringProperty(
        name="Kept Lives",
        description="Folder of what has been solved already; empty for Patina's own folder",
        subtype="DIR_PATH",
    )
    lives_megabytes: bpy.props.IntProperty(
        name="Limit (MB)",
        description="How large the folder of kept lives may grow",
        default=4096,
        min=64,
        soft_max=65536,
    )
    models: bpy.props.StringProperty(
        name="Trained Models",
        description="Folder of the models that are trained here; empty for one among Blender's own user data",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        column = layout.column()
        overridden = os.environ.get("PATINA_PYTHON")
        column.active = not overridden
        column.prop(self, "python")
        if overridden:
            sentence(layout, context, f"PATINA_PYTHON names {overridden}, and that counts", "INFO")
        layout.prop(self, "lives")
        layout.prop(self, "lives_megabytes")
        layout.prop(self, "models")
        sentence(layout, context, engine_process.describe(), "SYSTEM")
