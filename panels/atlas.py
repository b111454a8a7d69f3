"""What the panel says about a material's atlas."""

from __future__ import annotations

import bpy

from ..scene import playback
from ..scene.atlas.kept import atlas_of, lost_tiles, outdated
from ..scene.atlas.words import quality_sentence, record_sentence
from ..scene.engine import process as engine_process
from .text import sentence


def draw_atlas(
    layout: bpy.types.UILayout, context: bpy.types.Context, material: bpy.types.Material, group: bpy.types.NodeTree
) -> None:
    """Playback, how good the atlas is, and whether it is still that of the material's settings."""
    column = layout.column()
    record = atlas_of(group)
    if record is None:
        column.operator("patina.bake_atlas", icon="TEXTURE")
        return
    column.prop(material.patina, "playback")
    sentence(column, context, record_sentence(record), "INFO", quiet=True)
    sentence(column, context, f"Nearness to Live: {quality_sentence(record)}", "BLANK1", quiet=True)
    if not playback.is_rendering() and engine_process.lacking():
        text = "It plays without the engine, which other seeds, other resolutions and training need"
        sentence(column, context, text, "INFO", quiet=True)
    lost = lost_tiles(group)
    changed = outdated(material, record)
    if lost:
        sentence(column, context, f"The tiles of the atlas are lost ({lost}): bake it again", "ERROR")
    if changed:
        text = f"The atlas is out of date: it has another {changed} than set above. Bake it again"
        sentence(column, context, text, "ERROR")
    column.operator("patina.bake_atlas", text="Bake Atlas Again", icon="FILE_REFRESH")
