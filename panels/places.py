"""The two places of every panel: the Material tab of the properties, and the sidebar of the 3D view."""

from __future__ import annotations

from typing import ClassVar

import bpy


class MaterialTab:
    """A part of a panel's class: it stands in the Material tab. It draws inside what `unfolded` gives."""

    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"
    bl_options: ClassVar[set[str]] = {"HIDE_HEADER"}  # such panels come before Surface, whose settings fill a screen


class Sidebar:
    """A part of a panel's class: it stands in the sidebar of the 3D view."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Patina"


def unfolded(layout: bpy.types.UILayout, key: str, label: str, *, closed: bool = False) -> bpy.types.UILayout | None:
    """The header that a panel in the Material tab is denied, and what lies below it; None while it is folded.

    key: by which Blender remembers whether it is. closed: whether it is at first.
    """
    header, body = layout.panel(key, default_closed=closed)
    header.label(text=label)
    return body
