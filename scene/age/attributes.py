"""Colour attributes of the meshes that a material is on: what sources paint, measure and read."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ..errors import MaterialError
from .curvature import Faces, edge_values

PAINT, EDGES, CAVITIES = "Patina Paint", "Patina Edges", "Patina Cavities"


def meshes_of(material: bpy.types.Material) -> Iterator[bpy.types.Mesh]:
    """The meshes of this file that wear a material."""
    seen = set()
    for thing in bpy.data.objects:
        mesh = thing.data
        if thing.type != "MESH" or mesh.library is not None or mesh.name in seen:
            continue
        if any(slot.material == material for slot in thing.material_slots):
            seen.add(mesh.name)
            yield mesh


def measure_edges(material: bpy.types.Material, *, cavities: bool) -> int:
    """Write edges, or cavities, of every mesh of a material into its colour attribute. How many meshes.

    Raises MaterialError where none has a face.
    """
    count = 0
    for mesh in meshes_of(material):
        if not mesh.polygons:
            continue
        _write(mesh, CAVITIES if cavities else EDGES, edge_values(_faces(mesh), cavities=cavities))
        count += 1
    if not count:
        raise MaterialError(
            f"No mesh with faces wears the material {material.name!r}", "edges are measured on meshes: choose one"
        )
    return count


def begin_paint(thing: bpy.types.Object) -> None:
    """Give an object's mesh the attribute that is painted, black where it is new, and make it the active one.

    Raises MaterialError where it is no mesh of this file.
    """
    mesh = thing.data
    if thing.type != "MESH":
        raise MaterialError(f"{thing.name!r} is no mesh", "only meshes are painted")
    if mesh.library is not None:
        raise MaterialError(f"The mesh of {thing.name!r} is linked from another file", "make it local, then paint")
    if PAINT not in mesh.color_attributes:
        _write(mesh, PAINT, np.zeros(len(mesh.loops), np.float32))
    mesh.color_attributes.active_color = mesh.color_attributes[PAINT]


def _write(mesh: bpy.types.Mesh, name: str, values: np.ndarray) -> None:
    """Grey values [L] at the corners. A colour attribute, so that Vertex Paint can mend what was measured."""
    found = mesh.attributes.get(name)
    if found is not None and (found.domain, found.data_type) != ("CORNER", "FLOAT_COLOR"):
        mesh.attributes.remove(found)
        found = None
    if found is None:
        found = mesh.color_attributes.new(name, "FLOAT_COLOR", "CORNER")
    colors = np.ones((len(values), 4), np.float32)
    colors[:, :3] = values[:, None]
    found.data.foreach_set("color", colors.ravel())
    mesh.update()


def _faces(mesh: bpy.types.Mesh) -> Faces:
    def read(owner: bpy.types.bpy_prop_collection, name: str, width: int, kind: type) -> np.ndarray:
        values = np.empty(len(owner) * width, kind)
        owner.foreach_get(name, values)
        return values.reshape(-1, width) if width > 1 else values

    sizes = read(mesh.polygons, "loop_total", 1, np.int32)
    return Faces(
        points=read(mesh.vertices, "co", 3, np.float32).astype(np.float64),
        normals=read(mesh.polygons, "normal", 3, np.float32).astype(np.float64),
        areas=read(mesh.polygons, "area", 1, np.float32).astype(np.float64),
        centers=read(mesh.polygons, "center", 3, np.float32).astype(np.float64),
        corner_faces=np.repeat(np.arange(len(sizes)), sizes),
        corner_points=read(mesh.loops, "vertex_index", 1, np.int32),
        corner_edges=read(mesh.loops, "edge_index", 1, np.int32),
        edges=read(mesh.edges, "vertices", 2, np.int32),
    )
