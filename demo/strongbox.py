"""A box with rounded edges and sunken panels: places where wear begins."""

from __future__ import annotations

import math

import bmesh
import bpy


def strongbox() -> bpy.types.Object:
    """A box 0.4 m wide with rounded edges and a sunken panel on each side, unwrapped."""
    mesh = bpy.data.meshes.new("Strongbox")
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=0.4)
    bmesh.ops.scale(shape, vec=(1.15, 0.85, 0.85), verts=shape.verts)
    bmesh.ops.translate(shape, vec=(0, 0, 0.17), verts=shape.verts)
    bmesh.ops.bevel(shape, geom=shape.edges[:], offset=0.012, segments=3, affect="EDGES", profile=0.5)
    sides = [face for face in shape.faces if face.calc_area() > 0.05]
    for thickness, depth in ((0.05, 0.0), (0.012, -0.018)):
        bmesh.ops.inset_individual(shape, faces=sides, thickness=thickness, depth=depth)
    rims = [edge for face in sides for edge in face.edges]
    bmesh.ops.bevel(shape, geom=rims, offset=0.004, segments=2, affect="EDGES", profile=0.5)
    long = [edge for edge in shape.edges if edge.calc_length() > 0.06]
    bmesh.ops.subdivide_edges(shape, edges=long, cuts=11, use_grid_fill=True)
    for face in shape.faces:
        face.smooth = True
    shape.to_mesh(mesh)
    shape.free()
    thing = bpy.data.objects.new("Strongbox", mesh)
    bpy.context.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    thing.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.cube_project(cube_size=0.4)
    bpy.ops.object.mode_set(mode="OBJECT")
    thing.rotation_euler.z = math.radians(28)
    return thing
