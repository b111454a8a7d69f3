"""Models in the making: progress, loss, a picture of each, and what can be done about it."""

from __future__ import annotations

from typing import ClassVar

import bpy

from ..operators.context import active_ageing
from ..scene import library
from ..scene.training import jobs as training
from ..scene.training import pictures as training_pictures
from ..scene.training import watch as training_watch
from ..scene.training.jobs import Training
from .places import MaterialTab, Sidebar, unfolded
from .text import sentence

_ICONS = {
    training.STARTING: "SORTTIME",
    training.RUNNING: "PLAY",
    training.STOPPING: "SORTTIME",
    training.STOPPED: "PAUSE",
    training.DONE: "CHECKMARK",
    training.FAILED: "ERROR",
    training.INTERRUPTED: "ERROR",
}
_UNIT = 20  # pixels of a row at an interface scale of 1
_BORDERS = 40  # pixels of a region that are no panel
_LARGEST = 14  # rows


class TrainingMaterialPanel(MaterialTab, bpy.types.Panel):
    """Trainings in the Material tab."""

    bl_idname = "MATERIAL_PT_patina_training"
    bl_label = "Patina Training"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.active_object is not None

    def draw(self, context: bpy.types.Context) -> None:
        body = unfolded(self.layout, "patina_training", "Patina Training", closed=True)
        if body is not None:  # unfolded
            draw_trainings(body, context)


class TrainingSidebarPanel(Sidebar, bpy.types.Panel):
    """Trainings in the sidebar of the 3D view."""

    bl_idname = "VIEW3D_PT_patina_training"
    bl_label = "Training"
    bl_parent_id = "VIEW3D_PT_patina"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        draw_trainings(self.layout, context)


def draw_trainings(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Every training of this computer, and a way to begin one."""
    layout.operator("patina.train", text="Train a Model", icon="ADD")
    found = training_watch.follow()
    for one in found:
        header, body = layout.panel(f"patina_training_{one.name}", default_closed=not one.is_under_way)
        header.label(text=one.title, icon=_ICONS[one.state])
        if one.is_under_way:
            header.progress(factor=one.factor, text=f"{one.factor:.0%}")
        else:
            header.operator("patina.train_discard", text="", icon="X", emboss=False).name = one.name
        if body is not None:
            _draw_training(body, context, one)
    if found:
        layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(library.trained_folder())


def _draw_training(layout: bpy.types.UILayout, context: bpy.types.Context, one: Training) -> None:
    sentence(layout, context, one.describe(), "NONE")
    if one.message and one.message != one.describe():
        sentence(layout, context, one.message, "ERROR")
    _draw_actions(layout, context, one)
    size = _fitting(context)
    picture = training_pictures.picture_icon(one)
    if picture:
        layout.template_icon(picture, scale=size)
        sentence(layout, context, "Exemplar above, model below", "NONE", quiet=True)
    _draw_numbers(layout, one, size)


def _draw_numbers(layout: bpy.types.UILayout, one: Training, size: float) -> None:
    """The loss curve, and beside it what it has come to."""
    curve = training_pictures.curve_icon(one)
    if not curve or one.progress is None:
        return
    _, loss, rate = one.progress.history[-1]
    split = layout.split(factor=0.5)
    split.template_icon(curve, scale=size / 2)
    column = split.column()
    column.scale_y = 0.8
    column.label(text=f"Loss {loss:#.4g}")
    column.label(text=f"Began at {one.progress.history[0][1]:#.4g}")
    column.label(text=f"Rate {rate:.2g}")
    column.label(text=f"Spent {one.spent}")
    if one.progress.memory:
        column.label(text=f"Memory {one.progress.memory / 2**30:.1f} GiB")


def _draw_actions(layout: bpy.types.UILayout, context: bpy.types.Context, one: Training) -> None:
    row = layout.row(align=True)
    if one.is_under_way:
        row.enabled = one.state == training.RUNNING
        row.operator("patina.train_stop", icon="PAUSE").name = one.name
        return
    if one.state != training.DONE and one.progress is not None:
        row.operator("patina.train_resume", icon="PLAY").name = one.name
    if training.has_model(one.name):
        ages = active_ageing(context) is not None
        use = row.operator("patina.use_model" if ages else "patina.add_to_material", text="Use", icon="MATERIAL")
        use.model = one.name


def _fitting(context: bpy.types.Context) -> float:
    """The scale at which a picture fills the region's width."""
    width = context.region.width / (context.preferences.system.ui_scale or 1.0) if context.region is not None else 0
    return max(4.0, min(_LARGEST, (width - _BORDERS) / _UNIT))
