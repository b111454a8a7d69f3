"""Another piece of the same material."""

from __future__ import annotations

from typing import ClassVar

import bpy

from .context import active_material, poll_ageing


class NextSeed(bpy.types.Operator):
    """Another piece of the same material: the next seed"""

    bl_idname = "patina.next_seed"
    bl_label = "Next Seed"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = active_material(context).patina
        settings.seed = settings.seed + 1 if settings.seed < 2**31 - 1 else 0
        return {"FINISHED"}
