"""What wears the material in a preview: a plane, a sphere, or the artist's own object."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bmesh
import bpy
from mathutils import Vector

from ..errors import MaterialError
from ..maps import UNIT
from ..materials import group_node
from .scene import copied, original, own

PLANE, SPHERE, OBJECT = "PLANE", "SPHERE", "OBJECT"
HALF_WIDTH = math.tan(math.radians(25))  # of the plane, in metres: what the paper's camera sees from a height of 1
_RADIUS = 0.4  # of the sphere


@dataclass(frozen=True)
class Subject:
    """target: the object. centre, radius: a sphere around it, in metres."""

    target: bpy.types.Object
    centre: Vector
    radius: float


def make_subject(
    scene: bpy.types.Scene, kind: str, source: bpy.types.Object, material: bpy.types.Material, role: str
) -> Subject:
    """Put the subject into the scene, wearing the material. source: the artist's object, for OBJECT.

    Raises MaterialError where the object has no surface.
    """
    if kind == OBJECT:
        return _copy_of(scene, original(source), material, role)
    mesh = own(bpy.data.meshes.new("Patina Relit"), role)
    span = extent_in_uv(material)
    if kind == PLANE:
        _plane(mesh, span)
    else:
        _sphere(mesh, span)
    target = copied(bpy.data.objects.new(f"Patina Relit {kind.title()}", mesh), original(source), role)
    mesh.materials.append(material)
    scene.collection.objects.link(target)
    return Subject(target, Vector((0, 0, 0)), _RADIUS if kind == SPHERE else HALF_WIDTH)


def extent_in_uv(material: bpy.types.Material) -> float:
    """How much of UV space one whole texture of the material covers."""
    scale = group_node(material).inputs["Scale"].default_value
    return material.patina.resolution_stored / UNIT / (scale or 1.0)


def _plane(mesh: bpy.types.Mesh, span: float) -> None:
    """The plane z = 0 that fills the paper's camera; the texture lies on it once."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    mesh.from_pydata([(HALF_WIDTH * x, HALF_WIDTH * y, 0) for x, y in corners], [], [(0, 1, 2, 3)])
    layer = mesh.uv_layers.new(name="UVMap")
    for loop, (x, y) in zip(layer.data, corners, strict=True):
        loop.uv = (0.5 * (x + 1) * span, 0.5 * (y + 1) * span)


def _sphere(mesh: bpy.types.Mesh, span: float) -> None:
    """A smooth sphere; the texture goes round it twice and keeps its proportions at the equator."""
    work = bmesh.new()
    work.loops.layers.uv.new("UVMap")
    bmesh.ops.create_uvsphere(work, u_segments=128, v_segments=64, radius=_RADIUS, calc_uvs=True)
    for face in work.faces:
        face.smooth = True
        for loop in face.loops:
            uv = loop[work.loops.layers.uv.active].uv
            uv.x, uv.y = 2 * span * uv.x, span * uv.y
    work.to_mesh(mesh)
    work.free()


def _copy_of(scene: bpy.types.Scene, source: bpy.types.Object, material: bpy.types.Material, role: str) -> Subject:
    """An object that shares the artist's mesh and modifiers and stands at the origin of its parents.

    Materials are put on the object, never on the mesh that it shares.
    """
    worn = original(material)
    target = copied(source.copy(), source, role)
    target.animation_data_clear()
    target.parent = None
    target.matrix_world = source.matrix_world
    target.hide_render = target.hide_viewport = False
    scene.collection.objects.link(target)
    if not target.material_slots:
        raise MaterialError(f"The object {source.name!r} has no material", "choose the plane or the sphere")
    for slot, held in zip(target.material_slots, source.material_slots, strict=True):
        shown = held.material
        slot.link = "OBJECT"
        slot.material = material if shown in (worn, material) else shown
    corners = [target.matrix_world @ Vector(corner) for corner in source.bound_box]
    centre = sum(corners, Vector()) / 8
    radius = max((corner - centre).length for corner in corners)
    if radius < 1e-6:
        raise MaterialError(f"The object {source.name!r} has no surface", "choose the plane or the sphere")
    return Subject(target, centre, radius)
