"""Let materials play what was baked."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy

from ..engine.errors import PatinaError
from ..scene.baking.record import read_record
from ..scene.baking.sequence_nodes import remember_sequence
from ..scene.errors import BakeError
from ..scene.materials import check_editable, group_node
from ..scene.playback_source import switch_playback
from ..scene.versions import RELATIVE_PATH
from .context import active_material, poll_ageing


class PlaySequence(bpy.types.Operator):
    """Let the active material play a baked sequence, such as one that came back from a farm"""

    bl_idname = "patina.play_sequence"
    bl_label = "Play a Bake"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(
        name="Sidecar",
        description="The file MATERIAL_bake.json beside the pictures",
        subtype="FILE_PATH",
        options=RELATIVE_PATH,
    )
    filter_glob: bpy.props.StringProperty(default="*_bake.json", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_ageing(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        material = active_material(context)
        sidecar = Path(bpy.path.abspath(self.filepath)).absolute()
        try:
            check_editable(material)
            if not self.filepath or read_record(sidecar) is None:
                raise BakeError(f"There is no sidecar {sidecar.name!r}", "choose the .json beside the baked pictures")
            remember_sequence(group_node(material).node_tree, sidecar)
            switch_playback(material, "SEQUENCE")
        except PatinaError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
