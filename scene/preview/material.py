"""What a preview wears: the material itself where its Age is animated, else a copy that lives from 0 to 1."""

from __future__ import annotations

import bpy

from ..age.keyed import keyed_age
from ..animation import age_path, key_age
from ..materials import group_node, separate_duplicates
from ..versions import fcurve_collections
from ..wiring import find_principled
from .scene import copied

SINGLE_SCATTER = "GGX"  # what models are trained with; Blender's default adds light between microfacets


def is_age_animated(material: bpy.types.Material) -> bool:
    """Whether anything moves the Age socket: a link, keys, a driver, strips of the NLA."""
    if keyed_age(group_node(material)).is_linked:
        return True
    data = material.node_tree.animation_data
    if data is None:
        return False
    path = age_path(material)
    curves = [*data.drivers, *(curve for found in fcurve_collections(material.node_tree) for curve in found)]
    return bool(data.nla_tracks) or any(curve.data_path == path for curve in curves)


def living_copy(material: bpy.types.Material, frame_start: int, frame_end: int, role: str) -> bpy.types.Material:
    """A copy of the preview's own whose Age goes evenly from 0 to 1 over the frames, whatever the original's does."""
    copy = copied(material.copy(), material, role)
    copy.name = f"{material.name} relit"
    separate_duplicates()  # its own images: the original goes on showing its own Age
    tree = copy.node_tree
    age = keyed_age(group_node(copy))
    for link in list(age.links):
        tree.links.remove(link)
    if tree.animation_data is not None:
        age.driver_remove("default_value")
        for track in tree.animation_data.nla_tracks:
            track.mute = True
    if copy.patina.playback == "SEQUENCE":  # pictures on disk show their own frames, whatever Age says
        copy.patina.playback = "LIVE"
    find_principled(tree).distribution = SINGLE_SCATTER
    key_age(copy, frame_start, frame_end)
    return copy
