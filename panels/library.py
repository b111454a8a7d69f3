"""The library: search, choose, see whose it is, put it on; take models in."""

from __future__ import annotations

import bpy

from ..operators.context import active_ageing
from ..scene import library, library_import, library_pictures
from ..scene.library import Entry
from ..scene.library_assets import is_registered
from ..scene.maps import LOOKS
from .places import MaterialTab, Sidebar, unfolded
from .text import sentence

_SCALE = 6.0  # of the thumbnail, in rows


class LibraryMaterialPanel(MaterialTab, bpy.types.Panel):
    """The library in the Material tab."""

    bl_idname = "MATERIAL_PT_patina_library"
    bl_label = "Patina Library"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.active_object is not None

    def draw(self, context: bpy.types.Context) -> None:
        # Unfolded where a model is to be chosen, folded where one was; Blender remembers what was done to each.
        ages = active_ageing(context) is not None
        body = unfolded(
            self.layout, "patina_library_ageing" if ages else "patina_library", "Patina Library", closed=ages
        )
        if body is not None:  # unfolded
            draw_library(body, context)


class LibrarySidebarPanel(Sidebar, bpy.types.Panel):
    """The library in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina_library"
    bl_label = "Library"

    def draw(self, context: bpy.types.Context) -> None:
        draw_library(self.layout, context)


def draw_library(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Choose first: the models that the search shows, and all about the chosen one."""
    shown = context.window_manager.patina_library
    layout.prop(shown, "search", text="", icon="VIEWZOOM")
    entries = library.entries(shown.search)
    library_pictures.follow(entries)
    layout.template_icon_view(shown, "chosen", show_labels=True, scale=_SCALE, scale_popup=_SCALE)
    chosen = next((entry for entry in entries if entry.model == shown.chosen), None)
    if chosen is None:
        layout.label(text="No model has these words", icon="INFO")
    else:
        _draw_chosen(layout, context, chosen)
    _draw_import(layout, context)


def _draw_chosen(layout: bpy.types.UILayout, context: bpy.types.Context, entry: Entry) -> None:
    layout.label(text=entry.title, icon="MATERIAL")
    if entry.header is None:
        sentence(layout, context, entry.problem, "ERROR")
        return
    ages = active_ageing(context) is not None
    row = layout.row()
    row.scale_y = 1.3
    text = "Use in This Material" if ages else "Add to Object"
    row.operator("patina.use_model" if ages else "patina.add_to_material", text=text, icon="ADD").model = entry.model
    if len(context.selected_objects) > 1:
        add = row.operator("patina.add_to_material", text="Add to Selected", icon="OUTLINER_OB_GROUP_INSTANCE")
        add.model, add.selected = entry.model, True
    for line in facts(entry):
        sentence(layout, context, line, "BLANK1", quiet=True)


def facts(entry: Entry) -> list[str]:
    """What a model says of itself, in sentences."""
    header = entry.header
    learned = [look.label.lower() for name, look in LOOKS.items() if name not in header.estimated]
    estimated = [look.label.lower() for name, look in LOOKS.items() if name in header.estimated]
    lines = [entry.origin, f"Learned: {', '.join(learned)}"]
    if estimated:
        lines.append(f"Estimated: {', '.join(estimated)}")
    steps = header.grid["warm_up_steps"] + header.grid["steps"]
    lines.append(f"{entry.path.stat().st_size / 2**20:.1f} MB, {steps} steps to solve")
    if header.extent_multiple > 1:
        lines.append(f"Resolutions: multiples of {header.extent_multiple}")
    lines.append(f"Credit: {header.credit}" if header.credit else "No credit is given")
    lines.append(f"Licence: {header.licence}" if header.licence else "No licence is given")
    return lines


def _draw_import(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    layout.operator("patina.import_model", icon="IMPORT")
    text = "Make the Assets Again" if is_registered() else "Add to Asset Browser"
    layout.operator("patina.add_asset_library", text=text, icon="ASSET_MANAGER")
    latest = library_import.latest
    if latest is None:
        return
    if latest.is_under_way:
        row = layout.split(factor=0.8)
        row.progress(factor=latest.factor, text=latest.text)
        row.operator("patina.import_cancel", icon="CANCEL")
    else:
        sentence(layout, context, latest.text, "ERROR" if latest.failed else "CHECKMARK", quiet=not latest.failed)
