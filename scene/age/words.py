"""Sources of Age in words for the artist."""

from __future__ import annotations

import bpy

from .kinds import KINDS

# Blender keeps no reference to the strings of an enum: they live here.
KIND_ITEMS = tuple(
    (name, kind.label, kind.description, kind.icon, number) for number, (name, kind) in enumerate(KINDS.items())
)


def advice(material: bpy.types.Material) -> str:
    """What a material with sources still needs; empty where nothing."""
    if material.patina.playback == "ATLAS":
        return ""
    shown = "Live shows" if material.patina.playback == "LIVE" else "A sequence shows"
    return f"{shown} the keyed Age everywhere: bake an atlas, or use the model's ready one, for an Age at every point"
