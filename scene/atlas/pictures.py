"""One picture of an atlas as a group of nodes: its tiles of two ages, each as a lookup sees it that no jump is near."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ..nodes import PART, Writer, new_group
from .lookups import JUMPS, LOOKUPS, TILES

ATLAS = "atlas"  # marks, as `PART`, nodes that belong to an atlas


def picture_groups(images: Mapping[str, bpy.types.Image]) -> dict[str, bpy.types.NodeTree]:
    """A group for each picture: a colour and an alpha for each of `TILES`, from `LOOKUPS` and `JUMPS`."""
    first, *others = images
    groups = {first: _picture_group()}
    groups |= {name: groups[first].copy() for name in others}  # quicker by far than building it again
    for name, group in groups.items():
        group.name = f".Patina Atlas {name}"
        for node in group.nodes:
            if node.bl_idname == "ShaderNodeTexImage":
                node.image = images[name]
    return groups


def _picture_group() -> bpy.types.NodeTree:
    outputs = {f"{tile} {kind}": kind for kind in ("Color", "Alpha") for tile in TILES}
    inputs = dict.fromkeys(LOOKUPS, "Vector") | dict.fromkeys(JUMPS, "Float")
    group = new_group(".Patina Atlas", inputs, {name: kind.replace("Alpha", "Float") for name, kind in outputs.items()})
    writer = Writer(group)
    given = writer.node("NodeGroupInput").outputs
    ends = writer.node("NodeGroupOutput").inputs
    for tile in TILES:
        samples = []
        for number in (1, 2, 3):
            node = writer.node("ShaderNodeTexImage", Vector=given[f"{tile} {number}"])
            node.interpolation, node.projection, node.extension = "Linear", "FLAT", "EXTEND"
            node[PART] = ATLAS
            samples.append(node.outputs)
        for kind, mix in (("Color", writer.mix), ("Alpha", writer.mix_numbers)):
            one, two, three = (sample[kind] for sample in samples)
            seen = mix(given["Jump 1"], one, mix(given["Jump 2"], two, three))
            group.links.new(seen, ends[f"{tile} {kind}"])
    return group
