"""Which material an operator is about, and why a button is grey."""

from __future__ import annotations

import bpy

from ..scene.materials import group_node


def active_material(context: bpy.types.Context) -> bpy.types.Material | None:
    """The material shown in the Material tab, else the active object's."""
    shown = getattr(context, "material", None)
    if shown is not None:
        return shown
    active = context.active_object
    return active.active_material if active is not None else None


def active_ageing(context: bpy.types.Context) -> bpy.types.Material | None:
    """That material where it ages."""
    material = active_material(context)
    return material if material is not None and group_node(material) is not None else None


def poll_ageing(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For operators on a material that ages; says what is missing."""
    material = active_material(context)
    if material is None:
        cls.poll_message_set("There is no active object with a material")
        return False
    if group_node(material) is None:
        cls.poll_message_set(f"The material {material.name!r} does not age: add Patina to it first")
        return False
    if material.library is not None or material.override_library is not None:
        cls.poll_message_set(f"The material {material.name!r} is linked from another file: make it local first")
        return False
    return True
