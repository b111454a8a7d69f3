"""Bring the models into the Asset Browser."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.library_assets import add_asset_library
from .progress import shown_progress


class AddAssetLibrary(bpy.types.Operator):
    """Bring every shipped model into the Asset Browser: dragged onto an object it ages, also where Patina is missing"""

    bl_idname = "patina.add_asset_library"
    bl_label = "Add to Asset Browser"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            with shown_progress(context) as report:
                names = add_asset_library(report)
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"In the Asset Browser, library Patina: {', '.join(names)}")
        return {"FINISHED"}
