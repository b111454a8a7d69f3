"""Age over time: setting its keys, and reading it at frames without disturbing the scene."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from .age.keyed import keyed_age
from .materials import group_node
from .variation import shown_age
from .versions import fcurve_collections, own_action


def age_path(material: bpy.types.Material) -> str:
    """The data path of the socket inside the material's node tree that holds the keyed Age."""
    return keyed_age(group_node(material)).path_from_id("default_value")


def key_age(material: bpy.types.Material, frame_start: int, frame_end: int) -> None:
    """Age 0 at `frame_start`, 1 at `frame_end`, at even speed; keys that were there are replaced."""
    tree = material.node_tree
    path = age_path(material)
    own_action(tree)
    for curves in fcurve_collections(tree):
        for curve in [curve for curve in curves if curve.data_path == path]:
            curves.remove(curve)
    age = keyed_age(group_node(material))
    before = age.default_value
    for frame, value in ((frame_start, 0.0), (frame_end, 1.0)):
        age.default_value = value
        age.keyframe_insert("default_value", frame=frame)
    age.default_value = before
    for curves in fcurve_collections(tree):
        for curve in curves:
            if curve.data_path == path:
                for key in curve.keyframe_points:
                    key.interpolation = "LINEAR"
    tree.update_tag()


def ages_at(scene: bpy.types.Scene, material: bpy.types.Material, frames: Iterable[int]) -> dict[int, float]:
    """The age shown at each frame, in [0, 1], by keys, drivers or NLA; the scene stands at its own frame afterwards.

    Age has passed the speed curve, and is reversed where the material is.
    """
    tree = material.node_tree
    path = age_path(material)
    data = tree.animation_data
    node = group_node(material)
    if data is None:
        shown = shown_age(node.node_tree, keyed_age(node).default_value)
        return dict.fromkeys(frames, shown)
    curves = [curve for found in fcurve_collections(tree) for curve in found if curve.data_path == path]
    driven = any(driver.data_path == path for driver in data.drivers)
    if len(curves) == 1 and not (driven or data.nla_tracks or curves[0].mute):
        return {frame: shown_age(node.node_tree, curves[0].evaluate(frame)) for frame in frames}
    return _ages_by_stepping(scene, material, frames)


def _ages_by_stepping(scene: bpy.types.Scene, material: bpy.types.Material, frames: Iterable[int]) -> dict[int, float]:
    current, subframe = scene.frame_current, scene.frame_subframe
    name = keyed_age(group_node(material)).node.name
    ages = {}
    try:
        for frame in frames:
            scene.frame_set(frame)
            depsgraph = bpy.context.evaluated_depsgraph_get()
            age = material.evaluated_get(depsgraph).node_tree.nodes[name].inputs["Age"].default_value
            ages[frame] = shown_age(group_node(material).node_tree, age)
    finally:
        scene.frame_set(current, subframe=subframe)
    return ages
