"""Edges and cavities of a mesh, as a number at every corner of its faces. NumPy only.

The bend of an edge is the signed angle between its two faces, positive where the surface is convex. A face's curvature
is the bend of its edges times their lengths over twice its area: the discrete mean curvature measure (Cohen-Steiner and
Morvan 2003), k1 + k2 on a fine mesh: 1/R on a cylinder, 2/R on a sphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_RADIUS = 0.02  # of the bounding box's diagonal: edges rounder than about this are no longer sharp
_STEEPNESS = 2.0
_REACH = 0.025  # of the diagonal: how far an edge tells on the faces beside it
_MOST_ROUNDS = 10
_MOST_STEPS = 24  # of spreading, each from face to face


@dataclass(frozen=True)
class Faces:
    """points [V, 3]; normals [F, 3]; areas [F]; centers [F, 3]; of each corner its face, vertex and edge [L]; edges
    [E, 2] vertices."""

    points: np.ndarray
    normals: np.ndarray
    areas: np.ndarray
    centers: np.ndarray
    corner_faces: np.ndarray
    corner_points: np.ndarray
    corner_edges: np.ndarray
    edges: np.ndarray


def edge_values(faces: Faces, *, cavities: bool = False) -> np.ndarray:
    """How much each corner [L] lies on an edge (or in a cavity): 0 flat, near 1 sharp; unchanged by the mesh's size."""
    extent = np.linalg.norm(np.ptp(faces.points, axis=0)) if len(faces.points) else 0.0
    if not extent > 0:
        return np.zeros(len(faces.corner_faces), np.float32)
    areas = np.maximum(faces.areas, 1e-12 * extent**2)
    pairs, edges = _neighbours(faces)
    curvature = _curvature(faces, areas, pairs, edges)
    radius = _RADIUS * extent
    curvature = _smoothed(curvature, areas, pairs, radius)
    strength = np.maximum(-curvature if cavities else curvature, 0) * radius
    values = _spread(1 - np.exp(-_STEEPNESS * strength), faces.centers, pairs, _REACH * extent)
    return _at_corners(values, areas, faces).astype(np.float32)


def _neighbours(faces: Faces) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of faces [P, 2] that share an edge, and that edge [P]; only edges of exactly two faces have a bend."""
    order = np.argsort(faces.corner_edges, kind="stable")
    counts = np.bincount(faces.corner_edges, minlength=len(faces.edges))
    starts = np.cumsum(counts) - counts
    edges = np.flatnonzero(counts == 2)
    sorted_faces = faces.corner_faces[order]
    return np.stack([sorted_faces[starts[edges]], sorted_faces[starts[edges] + 1]], axis=1), edges


def _curvature(faces: Faces, areas: np.ndarray, pairs: np.ndarray, edges: np.ndarray) -> np.ndarray:
    one, other = pairs.T
    cosine = np.einsum("ij,ij->i", faces.normals[one], faces.normals[other])
    angle = np.arccos(np.clip(cosine, -1, 1))
    # Convex where the other face lies below the plane of the one.
    below = np.einsum("ij,ij->i", faces.centers[other] - faces.centers[one], faces.normals[one]) < 0
    length = np.linalg.norm(faces.points[faces.edges[edges, 0]] - faces.points[faces.edges[edges, 1]], axis=1)
    bend = np.where(below, angle, -angle) * length
    total = sum(np.bincount(side, bend, len(areas)) for side in (one, other))
    return total / (2 * areas)


def _likeness(areas: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """1 for faces of one size, near 0 where one is much larger: a large flat face is not flooded by its narrow rim."""
    return np.minimum(areas[one], areas[other]) / np.maximum(areas[one], areas[other])


def _smoothed(curvature: np.ndarray, areas: np.ndarray, pairs: np.ndarray, radius: float) -> np.ndarray:
    """Averaged over some `radius`, where faces are smaller than that: the facets of a scan are no edges."""
    rounds = int(np.clip((radius / np.sqrt(np.median(areas))) ** 2 / 4, 0, _MOST_ROUNDS))
    one, other = pairs.T
    weight = _likeness(areas, one, other)
    whole = 1 + sum(np.bincount(side, weight, len(areas)) for side in (one, other))
    for _ in range(rounds):
        moved = np.bincount(one, weight * curvature[other], len(areas))
        moved += np.bincount(other, weight * curvature[one], len(areas))
        curvature = (curvature + moved) / whole
    return curvature


def _spread(values: np.ndarray, centers: np.ndarray, pairs: np.ndarray, reach: float) -> np.ndarray:
    """Fading away from the edges over the surface, by 1/e over `reach`: a rim that is wider than a bevel."""
    if not len(pairs):
        return values
    fading = np.exp(-np.linalg.norm(centers[pairs[:, 0]] - centers[pairs[:, 1]], axis=1) / reach)
    to, source, fading = pairs.ravel(), pairs[:, ::-1].ravel(), np.repeat(fading, 2)
    order = np.argsort(to, kind="stable")
    source, fading = source[order], fading[order]
    targets, starts = np.unique(to[order], return_index=True)
    for _ in range(_MOST_STEPS):
        reached = np.maximum(values[targets], np.maximum.reduceat(fading * values[source], starts))
        if np.array_equal(reached, values[targets]):
            break
        values = values.copy()
        values[targets] = reached
    return values


def _at_corners(values: np.ndarray, areas: np.ndarray, faces: Faces) -> np.ndarray:
    """Each corner: the mean over the faces at its vertex, weighted by how alike in size they are to its own."""
    order = np.argsort(faces.corner_points, kind="stable")
    counts = np.bincount(faces.corner_points, minlength=len(faces.points))
    starts = np.cumsum(counts) - counts
    partners = counts[faces.corner_points]  # [L]: corners at the same vertex
    corner = np.repeat(np.arange(len(partners)), partners)
    place = np.arange(len(corner)) - np.repeat(np.cumsum(partners) - partners, partners)
    partner = order[starts[faces.corner_points[corner]] + place]
    own, its = faces.corner_faces[corner], faces.corner_faces[partner]
    weight = _likeness(areas, own, its)
    total = np.bincount(corner, weight * values[its], len(partners))
    return total / np.bincount(corner, weight, len(partners))
