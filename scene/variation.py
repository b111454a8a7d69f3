"""The course of ageing: between the keyed Age and the age that is shown lie, inside the group, reverse and a curve.

The nodes are put in when they are first needed, between the group's input and all that reads Age; so whatever plays,
at every point, follows them. Live playback and bakes, which read Age from outside, ask `shown_age`.
"""

from __future__ import annotations

import bpy

from .nodes import PART, Writer

_COURSE = "course"
_REVERSE, _SPEED = "Patina Reverse", "Patina Speed"


def speed_node(group: bpy.types.NodeTree) -> bpy.types.Node | None:
    """The node whose curve leads from keyed to shown age, or None where the course is the plain one."""
    return group.nodes.get(_SPEED)


def add_course(group: bpy.types.NodeTree) -> None:
    """Put in reverse and curve, which change nothing yet."""
    if speed_node(group) is not None:
        return
    before = {node.name for node in group.nodes}
    writer = Writer(group, row=-2)
    age = writer.node("ShaderNodeClamp", Value=writer.node("NodeGroupInput").outputs["Age"])
    turned = writer.math("SUBTRACT", 0.0, age.outputs[0])
    turned.node.name = turned.node.label = _REVERSE
    speed = writer.node("ShaderNodeFloatCurve", Value=writer.math("ABSOLUTE", turned))
    speed.name = speed.label = _SPEED
    for node in group.nodes:
        if node.name not in before:
            node[PART] = _COURSE
    follow_course(group)


def follow_course(group: bpy.types.NodeTree) -> None:
    """Let all that reads Age in the group read the shown age; to be called when something was added that reads Age."""
    speed = speed_node(group)
    if speed is None:
        return
    for link in list(group.links):
        if (
            link.from_node.bl_idname == "NodeGroupInput"
            and link.from_socket.name == "Age"
            and link.to_node.get(PART) != _COURSE
        ):
            group.links.new(speed.outputs[0], link.to_socket)


def is_reversed(group: bpy.types.NodeTree) -> bool:
    """Whether the material ages backwards."""
    node = group.nodes.get(_REVERSE)
    return node is not None and node.inputs[0].default_value > 0.5


def set_reversed(group: bpy.types.NodeTree, backwards: bool) -> None:
    """Let Age 0 show the aged material and 1 the fresh one, or the other way round."""
    if backwards:
        add_course(group)
    node = group.nodes.get(_REVERSE)
    if node is not None:
        node.inputs[0].default_value = float(backwards)


def shown_age(group: bpy.types.NodeTree, age: float) -> float:
    """The age in [0, 1] that the group shows where its socket Age is `age`."""
    age = min(1.0, max(0.0, age))
    speed = speed_node(group)
    if speed is None:
        return age
    mapping = speed.mapping
    mapping.initialize()
    shown = mapping.evaluate(mapping.curves[0], abs(float(is_reversed(group)) - age))
    return min(1.0, max(0.0, shown))
