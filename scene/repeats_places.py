"""The two places that hidden repeats are looked up at, as a group of nodes that all materials share.

The surface is parted into ragged bands by a number that grows across it, bent by noise. Each whole number owns a random
shift of the texture, which wraps and so may be shifted by anything. Even numbers are looked up at the first place, odd
ones at the second: where a place goes on to its next shift, the other one alone is seen.
"""

from __future__ import annotations

import bpy

from .nodes import Value, Writer, new_group, shared_group

PLACES_GROUP = "patina_shifts"  # marks the group
_ACROSS = (1.9, 1.3, 0.0)  # bands for each repeat, along u and v
_BENT, _NOISE_SCALE = 5.0, 1.3  # by how many bands at most, and how often for each repeat


def places_group() -> bpy.types.NodeTree:
    """The group that takes a position, in repeats, and gives the first place, the second, and how far it lies from an
    even number (0) to an odd one (1)."""
    found = shared_group(PLACES_GROUP)
    if found is not None:
        return found
    outputs = {"First": "Vector", "Second": "Vector", "Between": "Float"}
    group = new_group("Patina Shifts", {"Position": "Vector"}, outputs)
    group[PLACES_GROUP] = True
    writer = Writer(group)
    position = writer.node("NodeGroupInput").outputs[0]
    outputs = writer.node("NodeGroupOutput").inputs
    noise = writer.node("ShaderNodeTexNoise", Vector=position, Scale=_NOISE_SCALE, Detail=2.0)
    noise.noise_dimensions = "2D"
    band = writer.math("MULTIPLY_ADD", noise.outputs[0], 2 * _BENT, writer.vector("DOT_PRODUCT", position, _ACROSS))
    half = writer.math("MULTIPLY", band, 0.5)
    even = writer.math("MULTIPLY", writer.math("FLOOR", writer.math("ADD", half, 0.5)), 2.0)
    odd = writer.math("MULTIPLY_ADD", writer.math("FLOOR", half), 2.0, 1.0)
    for number, output in ((even, outputs[0]), (odd, outputs[1])):
        group.links.new(writer.vector("ADD", position, _shift(writer, number)), output)
    group.links.new(writer.math("PINGPONG", band, 1.0), outputs[2])
    return group


def _shift(writer: Writer, number: Value) -> bpy.types.NodeSocket:
    """The shift that a whole number owns, in repeats."""
    noise = writer.node("ShaderNodeTexWhiteNoise", W=number)
    noise.noise_dimensions = "1D"
    return noise.outputs["Color"]
