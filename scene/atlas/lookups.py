"""Where a point is looked up in the tiles of two ages, as a group of nodes that all atlases of a file share.

The trap: a tile is looked up by coordinates after FRACTION, and Eevee chooses mip levels from the differences of these
between neighbouring pixels. Where they jump, at every wrap, it would take a level far too coarse: a seam. So every tile
is looked up three times, with coordinates that are equal modulo 1 but jump at different places, a third of the texture
apart, and each point takes one that jumps at least a sixth of the texture away. Two lookups would not do: the borders
of any two fundamental domains of a torus cross somewhere.
"""

from __future__ import annotations

from itertools import product

import bpy

from ..nodes import Writer, new_group, shared_group

LOOKUPS_GROUP = "patina_lookups"  # marks the group
TILES = ("First", "Second")
LOOKUPS = tuple(f"{tile} {number}" for tile, number in product(TILES, (1, 2, 3)))
JUMPS = ("Jump 1", "Jump 2")
_APART = 1 / 3  # of the texture, between the jumps of two lookups


def lookups_group() -> bpy.types.NodeTree:
    """The group of `LOOKUPS`, three coordinates for each tile, and `JUMPS`: whether (0 or 1) the first and the second
    of them are too near to a jump.

    It takes a position in repeats of the texture, the place of each tile, and how much of a tile's width the texture
    and one margin take.
    """
    found = shared_group(LOOKUPS_GROUP)
    if found is not None:
        return found
    inputs = {"Position": "Vector", "First": "Vector", "Second": "Vector", "Texture": "Float", "Margin": "Float"}
    group = new_group(".Patina Lookups", inputs, dict.fromkeys(LOOKUPS, "Vector") | dict.fromkeys(JUMPS, "Float"))
    group[LOOKUPS_GROUP] = True
    writer = Writer(group)
    given = writer.node("NodeGroupInput").outputs
    outputs = writer.node("NodeGroupOutput").inputs
    for number, start in enumerate((0.0, _APART, -_APART), start=1):
        turned = writer.vector("FRACTION", writer.vector("SUBTRACT", given["Position"], (start, start, 0.0)))
        offset = writer.math("MULTIPLY_ADD", given["Texture"], start, given["Margin"])
        within = writer.vector("ADD", writer.vector("SCALE", turned, given["Texture"]), offset)
        for tile in TILES:
            group.links.new(writer.vector("ADD", within, given[tile]), outputs[f"{tile} {number}"])
        if number <= len(JUMPS):
            # 0.5 - |fraction - 0.5| is the distance to the nearest jump.
            x, y, _ = writer.split(writer.vector("ABSOLUTE", writer.vector("SUBTRACT", turned, (0.5, 0.5, 0.0))))
            near = writer.math("GREATER_THAN", writer.math("MAXIMUM", x, y), 0.5 - _APART / 2)
            group.links.new(near, outputs[f"Jump {number}"])
    return group
