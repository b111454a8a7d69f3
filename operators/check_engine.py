"""Try the engine's Python."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..scene.engine import setup as engine_setup
from .setup_engine import follow


class CheckEngine(bpy.types.Operator):
    """Start the engine's Python, and say what it has and whether it computes rightly"""

    bl_idname = "patina.check_engine"
    bl_label = "Check"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not engine_setup.is_running()

    def execute(self, context: bpy.types.Context) -> set[str]:
        return follow(self, engine_setup.begin_check)
