"""What the panel says about baked sequences."""

from __future__ import annotations

import bpy

from ..scene import playback
from ..scene.atlas.kept import atlas_of
from ..scene.baking import run as bake_run
from ..scene.baking.bake import BAKING, DONE, FAILED, STOPPED, WAITING, Bake
from ..scene.baking.render_check import live_without_engine
from ..scene.baking.sequence_nodes import sequence_path
from .text import sentence

_ICONS = {WAITING: "SORTTIME", BAKING: "RENDER_ANIMATION", DONE: "CHECKMARK", FAILED: "ERROR", STOPPED: "PAUSE"}


def draw_bake(
    layout: bpy.types.UILayout, context: bpy.types.Context, material: bpy.types.Material, group: bpy.types.NodeTree
) -> None:
    """How a bake stands, the buttons that begin and play one, and what a render would lack."""
    column = layout.column()
    if sequence_path(group) is not None and atlas_of(group) is None:  # an atlas brings the same choice
        column.prop(material.patina, "playback")
    if material.patina.playback == "SEQUENCE":
        text = "Baked pictures are shown: what is set above shows in Live, or once it is baked again"
        sentence(column, context, text, "INFO", quiet=True)
    buttons = layout.column(align=True)
    buttons.operator("patina.bake_sequence", icon="RENDER_ANIMATION")
    buttons.operator("patina.play_sequence", icon="FILE_IMAGE")
    if bake_run.latest is not None:
        _draw_latest(layout, context, bake_run.latest)
    # While it renders, the engine is in another thread's hands.
    warning = "" if playback.is_rendering() else live_without_engine(context.scene)
    if warning:
        sentence(layout, context, warning, "ERROR")


def _draw_latest(layout: bpy.types.UILayout, context: bpy.types.Context, bake: Bake) -> None:
    """A line for each material of the bake that is under way, or was the last."""
    if bake.is_under_way:
        layout.progress(factor=bake.progress, text=bake.describe())
    for one, line in zip(bake.materials, bake_run.statuses(bake), strict=True):
        sentence(layout, context, line, _ICONS[one.state], quiet=one.state == DONE)
