"""Several objects at once: which materials they have, and a new one for those that have none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import bpy

from .materials import check_editable
from .versions import use_nodes

Target = tuple[bpy.types.Material | None, list[bpy.types.Object]]


def targets(objects: Iterable[bpy.types.Object]) -> list[Target]:
    """Each active material of the objects, with those that have it; last, under None, those that have none."""
    by_material: dict[bpy.types.Material | None, list[bpy.types.Object]] = {}
    for found in dict.fromkeys(objects):
        if found is not None and hasattr(found.data, "materials"):
            by_material.setdefault(found.active_material, []).append(found)
    without = by_material.pop(None, [])
    return [*by_material.items(), *([(None, without)] if without else [])]


def new_material(objects: Sequence[bpy.types.Object]) -> bpy.types.Material:
    """A new material in the active slots of objects, which share it. Raises MaterialError."""
    for found in objects:
        check_editable(found.data)
    material = bpy.data.materials.new(objects[0].name)
    use_nodes(material)
    for found in objects:
        if found.active_material is not None:  # its mesh is that of one before
            continue
        if found.material_slots:
            found.material_slots[found.active_material_index].material = material
        else:
            found.data.materials.append(material)
    return material
