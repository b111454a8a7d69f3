"""A steel drum: a mesh to age, with UVs in which a texture keeps its proportions."""

from __future__ import annotations

import math
from itertools import pairwise

import bmesh
import bpy

RADIUS = 0.29  # metres, as a 200 litre drum
HEIGHT = 0.88
_SEGMENTS = 128
_AROUND = 2.0  # the texture goes round a whole number of times, so that no seam shows
_PER_METRE = _AROUND / (2 * math.pi * RADIUS)


def _wall() -> list[tuple[float, float]]:
    """(radius, height) up the outside: chime, three beads, chime."""
    points = [(RADIUS - 0.004, 0.0), (RADIUS + 0.010, 0.004), (RADIUS + 0.010, 0.020), (RADIUS, 0.028)]
    for bead in (0.30, 0.45, 0.60):
        for k in range(13):
            angle = math.pi * k / 12
            points.append((RADIUS + 0.014 * math.sin(angle) ** 2, bead - 0.024 + 0.048 * k / 12))
    top = HEIGHT
    points += [
        (RADIUS, top - 0.028),
        (RADIUS + 0.010, top - 0.020),
        (RADIUS + 0.010, top - 0.004),
        (RADIUS + 0.002, top),
    ]
    return points


def _lid() -> list[tuple[float, float]]:
    """(radius, height) from the rim inwards: down into the well, a ring, the middle."""
    return [
        (RADIUS + 0.002, HEIGHT),
        (RADIUS - 0.008, HEIGHT - 0.002),
        (RADIUS - 0.012, HEIGHT - 0.022),
        (0.225, HEIGHT - 0.024),
        (0.215, HEIGHT - 0.018),
        (0.195, HEIGHT - 0.018),
        (0.185, HEIGHT - 0.024),
        (0.02, HEIGHT - 0.024),
    ]


def make_drum() -> bpy.types.Object:
    """A drum that stands on the origin, smooth shaded, with one UV map and no material."""
    mesh = bpy.data.meshes.new("Drum")
    work = bmesh.new()
    layer = work.loops.layers.uv.new("UVMap")
    length = 0.0
    for below, above in pairwise(_wall()):
        step = math.dist(below, above) * _PER_METRE
        _ring(
            work, layer, below, above, lambda angle, _, v: (_AROUND * angle / (2 * math.pi), v), (length, length + step)
        )
        length += step
    for outer, inner in pairwise(_lid()):
        _ring(work, layer, outer, inner, _from_above, (outer[0], inner[0]))
    _disc(work, layer, _lid()[-1])
    bmesh.ops.remove_doubles(work, verts=work.verts, dist=1e-5)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    for face in work.faces:
        face.smooth = True
    work.to_mesh(mesh)
    work.free()
    mesh.set_sharp_from_angle(angle=math.radians(40))
    drum = bpy.data.objects.new("Drum", mesh)
    bpy.context.collection.objects.link(drum)
    return drum


def _from_above(angle: float, radius: float, _: float) -> tuple[float, float]:
    return radius * math.cos(angle) * _PER_METRE, radius * math.sin(angle) * _PER_METRE


def _ring(work, layer, first, second, uv, along) -> None:
    """One band of quads between two (radius, height) points; `uv(angle, radius, v)` gives its coordinates."""
    for k in range(_SEGMENTS):
        angles = (2 * math.pi * k / _SEGMENTS, 2 * math.pi * (k + 1) / _SEGMENTS)
        corners = [(angles[0], first, along[0]), (angles[1], first, along[0])]
        corners += [(angles[1], second, along[1]), (angles[0], second, along[1])]
        vertices = [
            work.verts.new((point[0] * math.cos(angle), point[0] * math.sin(angle), point[1]))
            for angle, point, _ in corners
        ]
        face = work.faces.new(vertices)
        for loop, (angle, point, v) in zip(face.loops, corners, strict=True):
            loop[layer].uv = uv(angle, point[0], v)


def _disc(work, layer, edge) -> None:
    """The flat middle of the lid."""
    radius, height = edge
    angles = [2 * math.pi * k / _SEGMENTS for k in range(_SEGMENTS)]
    face = work.faces.new([work.verts.new((radius * math.cos(a), radius * math.sin(a), height)) for a in angles])
    for loop, angle in zip(face.loops, angles, strict=True):
        loop[layer].uv = _from_above(angle, radius, 0.0)
