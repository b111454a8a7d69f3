"""Sentences in a panel: Blender clips a label that is too long, so they are wrapped to the region's width."""

from __future__ import annotations

import textwrap

import bpy

_MARGIN = 66  # pixels at an interface scale of 1: the panel's borders, an icon, the scroll bar
_CHARACTER = 5.6  # pixels; the interface's font is narrower than that on average
_FEWEST, _MOST = 16, 90
_WITHOUT_REGION = 46


def sentence(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str, *, quiet: bool = False
) -> None:
    """Write a sentence over as many lines as it needs; a quiet one is greyed."""
    column = layout.column(align=True)
    column.active = not quiet
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, _characters(context))):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon)


def _characters(context: bpy.types.Context) -> int:
    """How many characters fit on a line."""
    if context.region is None:
        return _WITHOUT_REGION
    width = context.region.width / (context.preferences.system.ui_scale or 1.0)  # 0 before there is a window
    return max(_FEWEST, min(_MOST, int((width - _MARGIN) / _CHARACTER)))
