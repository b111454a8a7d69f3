"""Install the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.engine import setup as engine_setup
from ..scene.engine.setup import AUTOMATIC, PLATFORMS

_ITEMS = (
    (AUTOMATIC, "Automatic", "What fits this computer's drivers"),
    *((key, one.label, one.description) for key, one in PLATFORMS.items() if sys.platform in one.systems),
)


class SetupEngine(bpy.types.Operator):
    """Download PyTorch and what else the engine needs into an environment of its own; Blender's Python is left alone"""

    bl_idname = "patina.setup_engine"
    bl_label = "Install Engine"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    platform: bpy.props.EnumProperty(name="Platform", description="What the engine computes on", items=_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if engine_setup.is_running():
            cls.poll_message_set("The engine is being installed or tried already")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, title="Install the Engine", confirm_text="Install")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "platform")
        for line in engine_setup.what_it_takes(self.platform):
            layout.label(text=line)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return follow(self, lambda: engine_setup.begin_install(self.platform))


def follow(operator: bpy.types.Operator, begin: Callable[[], None]) -> set[str]:
    """Begin by calling `begin`; in the background, wait for the end. A window's timer follows it otherwise."""
    try:
        begin()
        if bpy.app.background:
            engine_setup.wait(lambda text: print(text, flush=True))
    except PatinaError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    if bpy.app.background:
        operator.report({"INFO"}, engine_setup.outcome)
    return {"CANCELLED"} if engine_setup.failed else {"FINISHED"}
