"""Turned forms, bent tubes and cut plates, with UVs in which a texture keeps its proportions. Lengths in metres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import bmesh
import bpy
from mathutils import Vector

Point = tuple[float, float]
_SEGMENTS = 96


def curve(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A smooth line through points (Catmull and Rom); a point that is given twice is a corner."""
    line = [points[0]]
    for k, (here, there) in enumerate(pairwise(points)):
        if here == there:
            continue
        before, after = points[max(0, k - 1)], points[min(len(points) - 1, k + 2)]
        for step in range(1, steps + 1):
            t = step / steps
            weights = (
                0.5 * (-t + 2 * t**2 - t**3),
                1 - 2.5 * t**2 + 1.5 * t**3,
                0.5 * (t + 4 * t**2 - 3 * t**3),
                0.5 * (t**3 - t**2),
            )
            four = list(zip(weights, (before, here, there, after), strict=True))
            line.append((sum(w * x for w, (x, _) in four), sum(w * y for w, (_, y) in four)))
    return line


class Shape:
    """Collects surfaces into one mesh. per_metre: how often a texture repeats over a metre."""

    def __init__(self, name: str, per_metre: float):
        self._name, self._per_metre = name, per_metre
        self._work = bmesh.new()
        self._layer = self._work.loops.layers.uv.new("UVMap")

    def turn(self, profile: Sequence[Point], centre: Point = (0.0, 0.0)) -> Shape:
        """Turn a profile of (radius, height) round the vertical through `centre`."""
        widest = max(radius for radius, _ in profile)
        around = max(1, round(2 * math.pi * widest * self._per_metre))  # whole: no seam shows

        def place(row: int, angle: float) -> Vector:
            radius, height = profile[row]
            return Vector((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle), height))

        lengths = [0.0]
        for one, other in pairwise(profile):
            lengths.append(lengths[-1] + math.dist(one, other) * self._per_metre)
        self._grid(len(profile), place, lengths, around)
        return self

    def tube(self, path: Sequence[Vector], radii: Sequence[float]) -> Shape:
        """A round tube along a path, its ends closed."""
        around = max(1, round(2 * math.pi * max(radii) * self._per_metre))
        frames = []
        side = Vector((0, 1, 0))
        for k in range(len(path)):
            along = (path[min(k + 1, len(path) - 1)] - path[max(0, k - 1)]).normalized()
            across = (side - along * side.dot(along)).normalized()
            frames.append((across, along.cross(across)))
            side = across

        def place(row: int, angle: float) -> Vector:
            across, upward = frames[row]
            return path[row] + radii[row] * (math.cos(angle) * across + math.sin(angle) * upward)

        lengths = [0.0]
        for one, other in pairwise(path):
            lengths.append(lengths[-1] + (other - one).length * self._per_metre)
        self._grid(len(path), place, lengths, around, segments=24)
        return self

    def plate(self, outline: Sequence[Point], holes: Sequence[Sequence[Point]], thickness: float) -> Shape:
        """A plate cut along an outline, standing on z = 0, its edges still sharp."""
        edges = []
        for loop in (outline, *holes):
            corners = [self._work.verts.new((x, y, 0)) for x, y in loop]
            edges += [
                self._work.edges.new((one, other))
                for one, other in zip(corners, [*corners[1:], corners[0]], strict=True)
            ]
        faces = bmesh.ops.triangle_fill(self._work, use_beauty=True, use_dissolve=True, edges=edges)["geom"]
        faces = [part for part in faces if isinstance(part, bmesh.types.BMFace)]
        raised = bmesh.ops.extrude_face_region(self._work, geom=faces)["geom"]
        corners = [part for part in raised if isinstance(part, bmesh.types.BMVert)]
        bmesh.ops.translate(self._work, verts=corners, vec=(0, 0, thickness))
        return self

    def bevel(self, width: float, segments: int = 3) -> Shape:
        """Round the sharp edges, then give all faces UVs from the side that they face most."""
        bmesh.ops.recalc_face_normals(self._work, faces=self._work.faces)
        sharp = [edge for edge in self._work.edges if edge.is_manifold and edge.calc_face_angle() > math.radians(25)]
        bmesh.ops.bevel(
            self._work, geom=sharp, offset=width, segments=segments, affect="EDGES", profile=0.5, clamp_overlap=True
        )
        for face in self._work.faces:
            normal = face.normal
            axes = {0: (1, 2), 1: (0, 2), 2: (0, 1)}[max(range(3), key=lambda axis: abs(normal[axis]))]
            for loop in face.loops:
                loop[self._layer].uv = tuple(loop.vert.co[axis] * self._per_metre for axis in axes)
        return self

    def done(self, sharp: float = 40) -> bpy.types.Mesh:
        """The mesh: smooth but for edges sharper than `sharp` degrees."""
        bmesh.ops.remove_doubles(self._work, verts=self._work.verts, dist=1e-6)
        bmesh.ops.recalc_face_normals(self._work, faces=self._work.faces)
        for face in self._work.faces:
            face.smooth = True
        mesh = bpy.data.meshes.new(self._name)
        self._work.to_mesh(mesh)
        self._work.free()
        mesh.set_sharp_from_angle(angle=math.radians(sharp))
        return mesh

    def _grid(
        self,
        rows: int,
        place: Callable[[int, float], Vector],
        lengths: Sequence[float],
        around: int,
        segments: int = _SEGMENTS,
    ) -> None:
        angles = [2 * math.pi * k / segments for k in range(segments)]
        corners = [[self._work.verts.new(place(row, angle)) for angle in angles] for row in range(rows)]
        for row in range(rows - 1):
            for k in range(segments):
                ring = ((row, k), (row, k + 1), (row + 1, k + 1), (row + 1, k))
                face = self._work.faces.new([corners[r][c % segments] for r, c in ring])
                for loop, (r, c) in zip(face.loops, ring, strict=True):
                    loop[self._layer].uv = (around * c / segments, lengths[r])
        for row in (0, rows - 1):
            face = self._work.faces.new(corners[row])
            middle = face.calc_center_median()
            for loop in face.loops:
                away = loop.vert.co - middle
                loop[self._layer].uv = (away.x * self._per_metre, (away.y + away.z) * self._per_metre)
