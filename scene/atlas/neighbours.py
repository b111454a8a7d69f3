"""Which two tiles are nearest to an age, as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import bpy

from ...engine.atlas.layout import COLUMNS
from ..nodes import Value, Writer

_AT_ONCE = 3  # intervals that one vector holds


def neighbours(
    writer: Writer, age: bpy.types.NodeSocket, ages: Sequence[float]
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """The places of the two tiles that are nearest to an age, and the share of the second.

    The position among the kept ages is the sum of what has passed of each interval between two of them: exact, where a
    curve node would read a table.
    """
    intervals = list(pairwise(ages))
    intervals += [(2.0, 3.0)] * (-len(intervals) % _AT_ONCE)  # ages that never come
    # Eevee drops a number that a group within a group takes in and gives straight to a vector: it passes a node first.
    age = writer.node("ShaderNodeClamp", Value=age).outputs[0]
    position: Value = 0.0
    for index in range(0, len(intervals), _AT_ONCE):
        starts, ends = zip(*intervals[index : index + _AT_ONCE], strict=True)
        passed = writer.node("ShaderNodeMapRange", From_Min_FLOAT3=starts, From_Max_FLOAT3=ends)
        passed.data_type, passed.clamp = "FLOAT_VECTOR", True
        writer.tree.links.new(age, passed.inputs["Vector"])
        position = writer.math("ADD", position, writer.vector("DOT_PRODUCT", passed.outputs["Vector"], (1.0, 1.0, 1.0)))
    first = writer.math("MINIMUM", writer.math("FLOOR", position), len(ages) - 2.0)
    share = writer.math("SUBTRACT", position, first)
    places = []
    for index in (first, writer.math("ADD", first, 1.0)):
        row = writer.math("FLOOR", writer.math("DIVIDE", writer.math("ADD", index, 0.5), COLUMNS))
        column = writer.math("MULTIPLY_ADD", row, -COLUMNS, index)
        places.append(writer.node("ShaderNodeCombineXYZ", X=column, Y=row).outputs[0])
    return places[0], places[1], share
