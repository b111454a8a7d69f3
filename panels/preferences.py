"""Where the engine is, how it gets there, and how much it may keep."""

from __future__ import annotations

import os

import bpy

from ..scene import playback
from ..scene.engine import process as engine_process
from ..scene.engine import setup as engine_setup
from .text import sentence


def _changed(self: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    playback.ask_again()


class PatinaPreferences(bpy.types.AddonPreferences):
    """Settings of this machine."""

    bl_idname = engine_process.PACKAGE

    python: bpy.props.StringProperty(
        name="Engine's Python",
        description="A Python that has torch and torchdiffeq; empty for the one that Patina installs",
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
        _draw_engine(layout.box(), context, self)
        layout.prop(self, "lives")
        layout.prop(self, "lives_megabytes")
        layout.prop(self, "models")
        layout.operator("patina.copy_diagnostics", icon="COPYDOWN")


def _draw_engine(layout: bpy.types.UILayout, context: bpy.types.Context, settings: PatinaPreferences) -> None:
    if engine_setup.is_running():
        text, factor = engine_setup.progress()
        row = layout.split(factor=0.8)
        row.progress(factor=factor, text=text)
        row.operator("patina.setup_cancel", icon="CANCEL")
        return
    sentence(layout, context, engine_process.describe(), "SYSTEM")
    if engine_setup.outcome:
        sentence(layout, context, engine_setup.outcome, "ERROR" if engine_setup.failed else "CHECKMARK")
    _draw_installed(layout, context)
    overridden = os.environ.get("PATINA_PYTHON")
    row = layout.row()
    row.active = not overridden
    row.prop(settings, "python")
    if overridden:
        sentence(layout, context, f"PATINA_PYTHON names {overridden}, and that counts", "INFO")


def _draw_installed(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What is installed, and what can be done about it."""
    installed = engine_setup.installed()
    if installed is not None and not installed.is_current:
        sentence(layout, context, "The installed engine is of another version of Patina: install it again", "INFO")
    if not bpy.app.online_access:
        sentence(layout, context, "To install the engine, Blender must be allowed to go online", "INFO")
        layout.prop(context.preferences.system, "use_online_access")
    row = layout.row()
    row.operator("patina.setup_engine", text="Install Engine" if installed is None else "Install Again", icon="IMPORT")
    if installed is not None:
        row.operator("patina.setup_remove", text="Remove", icon="TRASH")
    row.operator("patina.check_engine", icon="VIEWZOOM")
    log = engine_setup.log_path()
    if log is not None:
        row.operator("wm.path_open", text="Log", icon="TEXT").filepath = str(log)
