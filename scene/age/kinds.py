"""The kinds of sources: what each reads, as plain nodes, and how it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy

from ..nodes import Writer, socket
from .attributes import CAVITIES, EDGES, PAINT

_CELLS = 6.0  # of the noise, across the object


@dataclass(frozen=True)
class Kind:
    """build(writer, object) adds the nodes of a source and returns the socket that is 1 where it ages first."""

    label: str
    description: str
    icon: str
    amount: float
    softness: float
    delay: float
    build: Callable[[Writer, bpy.types.Object | None], bpy.types.NodeSocket]
    is_on_mesh: bool = False  # an attribute that is painted or measured


def _attribute(name: str) -> Callable[[Writer, bpy.types.Object | None], bpy.types.NodeSocket]:
    def build(writer: Writer, _: bpy.types.Object | None) -> bpy.types.NodeSocket:
        node = writer.node("ShaderNodeAttribute")
        node.attribute_type, node.attribute_name = "GEOMETRY", name
        return socket(node.outputs, "Fac")

    return build


def _up(writer: Writer, _: bpy.types.Object | None) -> bpy.types.NodeSocket:
    """1 facing straight up, 0.5 upright, 0 facing down; of the world, and of the smooth surface."""
    normal = writer.node("ShaderNodeNewGeometry").outputs["Normal"]
    return writer.math("MULTIPLY_ADD", writer.split(normal)[2], 0.5, 0.5)


def _ground(writer: Writer, _: bpy.types.Object | None) -> bpy.types.NodeSocket:
    """1 at the bottom of the object's bounding box, 0 at its top."""
    place = socket(writer.node("ShaderNodeTexCoord").outputs, "Generated")
    return writer.math("SUBTRACT", 1.0, writer.split(place)[2])


def _noise(writer: Writer, thing: bpy.types.Object | None) -> bpy.types.NodeSocket:
    """Noise of a few cells across the object, stretched to all of 0 to 1."""
    size = max(max(thing.dimensions) if thing is not None else 0.0, 1e-3)
    scale = max(thing.scale) if thing is not None else 1.0
    place = socket(writer.node("ShaderNodeTexCoord").outputs, "Object")
    noise = writer.node("ShaderNodeTexNoise", Vector=place, Scale=_CELLS * abs(scale) / size, Detail=4.0)
    value = next(output for output in noise.outputs if output.type == "VALUE")
    stretched = writer.math("MULTIPLY_ADD", value, 2.5, -0.75)
    stretched.node.use_clamp = True
    return stretched


KINDS: dict[str, Kind] = {
    "PAINT": Kind(
        "Paint",
        "Where it is painted: white ages, black stays fresh",
        "BRUSH_DATA",
        1.0,
        1.0,
        0.0,
        _attribute(PAINT),
        True,
    ),
    "EDGES": Kind("Edges", "Edges first, as they wear", "MOD_BEVEL", 0.3, 0.7, 0.5, _attribute(EDGES), True),
    "CAVITIES": Kind(
        "Cavities",
        "Grooves and corners first, where damp stays",
        "MOD_SOLIDIFY",
        0.3,
        0.7,
        0.5,
        _attribute(CAVITIES),
        True,
    ),
    "UP": Kind("Facing Up", "What faces up first, as under rain", "SORT_DESC", 0.5, 0.6, 0.4, _up),
    "GROUND": Kind(
        "From the Ground", "The foot of the object first, and upwards", "TRIA_UP_BAR", 0.2, 1.0, 0.6, _ground
    ),
    "NOISE": Kind("Break-up", "Patches, so that nothing ages evenly", "TEXTURE", 0.3, 1.0, 0.5, _noise),
}
