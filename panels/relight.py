"""The material relit: see it in another light, write a strip or an animation, go back."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..operators.context import active_ageing
from ..scene.preview.scene import find_preview, is_preview
from .places import MaterialTab, Sidebar, unfolded
from .text import sentence

_SUBJECTS = (("PLANE", "MESH_PLANE"), ("SPHERE", "MESH_UVSPHERE"), ("OBJECT", "OBJECT_DATA"))


class RelightMaterialPanel(MaterialTab, bpy.types.Panel):
    """Relighting in the Material tab."""

    bl_idname = "MATERIAL_PT_patina_relight"
    bl_label = "Patina Relight"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _is_offered(context)

    def draw(self, context: bpy.types.Context) -> None:
        body = unfolded(self.layout, "patina_relight", "Patina Relight", closed=True)
        if body is not None:  # unfolded
            draw_relight(body, context)


class RelightSidebarPanel(Sidebar, bpy.types.Panel):
    """Relighting in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina_relight"
    bl_label = "Relight"
    bl_parent_id = "VIEW3D_PT_patina"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _is_offered(context)

    def draw(self, context: bpy.types.Context) -> None:
        draw_relight(self.layout, context)


def _is_offered(context: bpy.types.Context) -> bool:
    """Where there is something to relight, or to go back from."""
    return active_ageing(context) is not None or is_preview(context.scene)


def draw_relight(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Where the material can be seen, what can be written, and the way back."""
    column = layout.column(align=True)
    column.label(text="See it under a circling light on")
    row = column.row(align=True)
    for subject, icon in _SUBJECTS:
        row.operator("patina.preview_relight", text=subject.title(), icon=icon).subject = subject
    # With their settings in a dialog first: where to, how many, how large.
    column = layout.column(align=True)
    column.operator("patina.preview_relight", text="Write a Strip", icon="IMAGE_DATA").picture = "STRIP"
    column.operator("patina.preview_relight", text="Write an Animation", icon="FILE_MOVIE").picture = "ANIMATION"
    if is_preview(context.scene):
        row = layout.row(align=True)
        playing = context.screen is not None and context.screen.is_animation_playing
        row.operator("screen.animation_play", text="Pause" if playing else "Play", icon="PAUSE" if playing else "PLAY")
        layout.operator("patina.preview_relight_back", icon="LOOP_BACK")
        text = "This is a scene of the preview's own: nothing done here reaches yours but changes of its material"
        sentence(layout, context, text, "INFO", quiet=True)
    elif find_preview() is not None:
        layout.operator("patina.preview_relight_back", text="Remove the Preview", icon="X")
