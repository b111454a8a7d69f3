"""UDIM tiles: which of them an object's UVs lie on, or a person names."""

from __future__ import annotations

import re

import bpy
import numpy as np

from ..errors import BakeError
from ..materials import group_node
from ..nodes import socket

FIRST_TILE, _LAST = 1001, 2000


def named_tiles(text: str) -> tuple[int, ...]:
    """The tiles of a text such as "1001-1003, 1011". Raises BakeError."""
    tiles: set[int] = set()
    for part in filter(None, re.split(r"[\s,;]+", text)):
        match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", part)
        start, end = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not FIRST_TILE <= start <= end <= _LAST:
            raise BakeError(f"{part!r} names no UDIM tiles", "write them like 1001-1003, 1011")
        tiles |= set(range(start, end + 1))
    return tuple(sorted(tiles))


def tile_corner(tile: int) -> tuple[int, int]:
    """The lower left corner of a tile in UV."""
    return (tile - FIRST_TILE) % 10, (tile - FIRST_TILE) // 10


def used_tiles(scene: bpy.types.Scene, material: bpy.types.Material) -> tuple[int, ...]:
    """The tiles that faces with this material lie on, of all the scene's objects. Raises BakeError for none."""
    tiles: set[int] = set()
    for found in {found.data for found in scene.objects if found.type == "MESH"}:
        users = [user for user in scene.objects if user.data == found]
        slots = {index for user in users for index, slot in enumerate(user.material_slots) if slot.material == material}
        if slots:
            tiles |= mesh_tiles(found, slots)
    if not tiles:
        raise BakeError(f"No object with UVs shows the material {material.name!r}", "unwrap one, or name the tiles")
    return tuple(sorted(tiles))


def mesh_tiles(mesh: bpy.types.Mesh, slots: set[int]) -> set[int]:
    """The tiles that a mesh's faces with materials in these slots lie on. Raises BakeError where one lies on none."""
    layer = mesh.uv_layers.active
    if layer is None or not mesh.polygons:
        return set()
    uv = np.empty(2 * len(mesh.loops), np.float32)
    layer.uv.foreach_get("vector", uv)
    starts, slot = np.empty(len(mesh.polygons), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.polygons.foreach_get("material_index", slot)
    sizes = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", sizes)
    # A face belongs to the tile of its middle: one that ends exactly at a border must not pull in the next tile.
    middles = np.add.reduceat(uv.reshape(-1, 2), starts) / sizes[:, None]
    places = np.unique(np.floor(middles[np.isin(slot, list(slots))]).astype(int), axis=0)
    if len(places) and ((places < 0).any() or (places[:, 0] > 9).any() or (places[:, 1] > 99).any()):
        raise BakeError(f"Some UVs of {mesh.name!r} lie on no UDIM tile", "move them to U from 0 to 10 and V from 0 up")
    return {FIRST_TILE + int(u) + 10 * int(v) for u, v in places}


def check_uv(material: bpy.types.Material) -> None:
    """Raises BakeError where the group is not sampled by plain UVs, and so no tile says what it shows."""
    links = group_node(material).inputs["Vector"].links
    source = links[0].from_socket if links else None
    plain = source is not None and (
        source.node.bl_idname == "ShaderNodeUVMap" or source == socket(source.node.outputs, "UV")
    )
    if not plain:
        raise BakeError(f"UDIM tiles follow the UVs, and {material.name!r} samples other coordinates", "bake without")
