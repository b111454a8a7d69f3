"""The node group behind every source of Age: plain arithmetic that the artist can open."""

from __future__ import annotations

import bpy

from ..nodes import Writer, shared_group

NAME = "Patina Age Source"
SOURCE_GROUP = "patina_age_source"  # on the group: the form of its arithmetic
_INPUTS = (
    # name, default, most, description
    ("Age", 0.0, 1.0, "The keyed Age, or that of the source before"),
    ("Source", 0.0, 1.0, "Where the surface ages first: 1 first, 0 last"),
    ("Amount", 0.0, 1.0, "How much of their Age the last places are spared: 0 they catch up, 1 they stay fresh"),
    ("Softness", 1.0, 1.0, "How gently first goes over into last: 1 as the source itself, 0 a hard border"),
    ("Delay", 0.0, 1.0, "The Age at which the last places begin"),
)


def source_group() -> bpy.types.NodeTree:
    """The group of this file, made where there is none. Of Age a and Source s it gives

        s' = clamp((s - 1/2) / Softness + 1/2),   start = Delay (1 - s')
        clamp((a - start) / (1 - start)) (1 - Amount (1 - s'))

    So Age 0 is fresh everywhere, the first places follow the keyed Age, and the others start later, and end with the
    first ones or, by Amount, younger than they.
    """
    group = shared_group(SOURCE_GROUP)
    if group is not None:
        return group
    group = bpy.data.node_groups.new(NAME, "ShaderNodeTree")
    group[SOURCE_GROUP] = 1
    for name, default, most, description in _INPUTS:
        item = group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
        item.subtype, item.min_value, item.max_value = "FACTOR", 0.0, most
        item.default_value, item.description = default, description
    group.interface.new_socket("Age", in_out="OUTPUT", socket_type="NodeSocketFloat")
    writer = Writer(group)
    age, source, amount, softness, delay = writer.node("NodeGroupInput").outputs[: len(_INPUTS)]
    centred = writer.math("SUBTRACT", source, 0.5)
    first = writer.math("ADD", writer.math("DIVIDE", centred, writer.math("MAXIMUM", softness, 1e-3)), 0.5)
    first.node.use_clamp = True
    last = writer.math("SUBTRACT", 1.0, first)
    start = writer.math("MULTIPLY", delay, last)
    lived = writer.math(
        "DIVIDE", writer.math("SUBTRACT", age, start), writer.math("MAXIMUM", writer.math("SUBTRACT", 1.0, start), 1e-4)
    )
    lived.node.use_clamp = True
    kept = writer.math("SUBTRACT", 1.0, writer.math("MULTIPLY", amount, last))
    output = writer.node("NodeGroupOutput")
    group.links.new(writer.math("MULTIPLY", lived, kept), output.inputs["Age"])
    return group
