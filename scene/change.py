"""Change as nodes: a function of the departure that images carry, taken after they are filtered and blended."""

from __future__ import annotations

import bpy

from ..engine.maps.change import FRESH_UP_TO, FURTHEST, TURNED_FROM
from .nodes import Value, Writer


def change_of(writer: Writer, departed: Value) -> bpy.types.NodeSocket:
    """`engine.maps.change.change` of a departure."""
    width = TURNED_FROM - FRESH_UP_TO
    along = writer.math("MULTIPLY_ADD", departed, FURTHEST / width, -FRESH_UP_TO / width)
    along.node.use_clamp = True
    return writer.math("MULTIPLY", writer.math("MULTIPLY", along, along), writer.math("MULTIPLY_ADD", along, -2.0, 3.0))
