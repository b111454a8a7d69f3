"""Repeats, hidden: inside the group every map is looked up at two places and blended, so that no rows of copies show.

The surface is parted into ragged bands by a number that grows across it, bent by noise. Each whole number owns a random
shift of the texture, which wraps and so may be shifted by anything. Even numbers are looked up once, odd ones once
more: where a lookup goes on to its next shift, the other one alone is seen, so neither a seam nor a mip level of the
jump ever shows. (Two lookups in bands: after Quilez, "texture repetition"; lookups of random shifts that are blended:
Heitz and Neyret 2018, without their correction of the contrast, as the bands of blending are narrow.)

What looks a map up differs with what is played, so its nodes are taken as they are found and doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import bpy

from .maps import CHANGE_LABEL
from .node_group import played_inputs
from .nodes import Value, Writer, drop_shared_group, node_keys, node_path, remove_nodes, shared_group

_PART, _HIDING = "patina_part", "repeats"
_SHIFTS = "Patina Shifts"  # the node of the shared group that says where to look a map up
SHIFT_GROUP = "patina_shifts"  # marks that group
_ACROSS = (1.9, 1.3, 0.0)  # bands for each repeat, along u and v
_BENT, _NOISE_SCALE = 5.0, 1.3  # by how many bands at most, and how often for each repeat
_BLENDED = 0.3  # of the way from an even band to an odd one
_LET_THROUGH = 0.1  # of that way, for what has wholly changed
_BASE = set(bpy.types.Node.bl_rna.properties.keys())  # name, place and looks: what every node has


def are_repeats_hidden(group: bpy.types.NodeTree) -> bool:
    """Whether what the group plays is looked up at two places."""
    return group.nodes.get(_SHIFTS) is not None


def hide_repeats(group: bpy.types.NodeTree) -> None:
    """Look up what the group plays at two places, and blend them."""
    if are_repeats_hidden(group):
        return
    inputs = [found for found in played_inputs(group) if found.is_linked]
    seen = _before(link.from_node for found in inputs for link in found.links)
    position = next((node for node in seen if _is_position(node)), None)
    if position is None:
        return
    looks = seen & _behind(position)
    shown = {found: found.links[0].from_socket for found in inputs if found.links[0].from_node in looks}
    before = {node.name for node in group.nodes}
    writer = Writer(group, row=20)
    shifts = writer.node("ShaderNodeGroup")
    shifts.name = shifts.label = _SHIFTS
    shifts.node_tree = _shift_group()
    first, second, between = shifts.outputs
    twins = {node: _twin(group, node) for node in looks}
    for link in [link for link in group.links if link.to_node in looks]:
        target = twins[link.to_node].inputs[_place(link.to_node.inputs, link.to_socket)]
        if link.from_node == position:
            group.links.new(second, target)
            group.links.new(first, link.to_socket)
        elif link.from_node in looks:
            group.links.new(twins[link.from_node].outputs[_place(link.from_node.outputs, link.from_socket)], target)
        else:
            group.links.new(link.from_socket, target)
    group.links.new(position.outputs[0], shifts.inputs[0])
    pairs = {
        target: (source, twins[source.node].outputs[_place(source.node.outputs, source)])
        for target, source in shown.items()
    }
    change = next((pair for target, pair in pairs.items() if target.name == CHANGE_LABEL), None)
    share = _share(writer, between, change)
    for target, pair in pairs.items():
        mix = writer.mix_numbers if pair[0].type == "VALUE" else writer.mix
        group.links.new(mix(share, *pair), target)
    for node in group.nodes:
        if node.name not in before:
            node[_PART] = _HIDING


def show_repeats(group: bpy.types.NodeTree) -> None:
    """Look up what the group plays at one place again."""
    shifts = group.nodes.get(_SHIFTS)
    if shifts is None:
        return
    for target in played_inputs(group):
        mix = target.links[0].from_node if target.is_linked else None
        if mix is not None and mix.get(_PART) == _HIDING:
            for link in [link for link in group.links if link.to_node == mix and link.to_socket.name == "A"]:
                group.links.new(link.from_socket, target)
    if shifts.inputs[0].is_linked:
        position = shifts.inputs[0].links[0].from_socket
        for link in list(shifts.outputs[0].links):
            group.links.new(position, link.to_socket)
    remove_nodes(group, [node for node in group.nodes if node.get(_PART) == _HIDING])
    drop_shared_group(SHIFT_GROUP)


@contextmanager
def repeats_shown(group: bpy.types.NodeTree) -> Iterator[None]:
    """While what the group plays is changed, its nodes are as they were built."""
    hidden = are_repeats_hidden(group)
    show_repeats(group)
    try:
        yield
    finally:
        if hidden:
            hide_repeats(group)


def _is_position(node: bpy.types.Node) -> bool:
    """Whether a node turns the group's Vector into repeats of the texture."""
    return node.type == "VECT_MATH" and any(
        link.from_node.bl_idname == "NodeGroupInput" and link.from_socket.name == "Vector"
        for link in node.inputs[0].links
    )


def _before(nodes: Iterable[bpy.types.Node]) -> set[bpy.types.Node]:
    """The nodes and all that they depend on."""
    return _reached(nodes, lambda node: (link.from_node for end in node.inputs for link in end.links))


def _behind(node: bpy.types.Node) -> set[bpy.types.Node]:
    """All that depends on a node."""
    return _reached([node], lambda node: (link.to_node for end in node.outputs for link in end.links)) - {node}


def _reached(
    nodes: Iterable[bpy.types.Node], onwards: Callable[[bpy.types.Node], Iterable[bpy.types.Node]]
) -> set[bpy.types.Node]:
    reached: set[bpy.types.Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += onwards(node)
    return reached


def _place(sockets: bpy.types.bpy_prop_collection, wanted: bpy.types.NodeSocket) -> int:
    return next(place for place, found in enumerate(sockets) if found == wanted)


def _twin(group: bpy.types.NodeTree, node: bpy.types.Node) -> bpy.types.Node:
    """The same node once more, unlinked, with the keys of its picture's frames."""
    twin = group.nodes.new(node.bl_idname)
    _copy_settings(node, twin, _BASE)
    twin.location = (node.location.x, node.location.y - 3000)
    twin.label = node.label
    if node.bl_idname == "ShaderNodeTexImage":
        _copy_settings(node.image_user, twin.image_user, set())
    for ours, theirs in zip(node.inputs, twin.inputs, strict=True):
        if not ours.is_linked and hasattr(ours, "default_value"):
            theirs.default_value = ours.default_value
    for curves, curve in node_keys(group, node):
        copy = curves.new(curve.data_path.replace(node_path(node), node_path(twin), 1), index=curve.array_index)
        copy.keyframe_points.add(len(curve.keyframe_points))
        for key, its in zip(curve.keyframe_points, copy.keyframe_points, strict=True):
            its.co, its.interpolation = key.co, key.interpolation
        copy.update()
    return twin


def _copy_settings(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct, apart_from: set[str]) -> None:
    for setting in source.bl_rna.properties:
        if not setting.is_readonly and setting.identifier not in apart_from:
            setattr(target, setting.identifier, getattr(source, setting.identifier))


def _shift_group() -> bpy.types.NodeTree:
    """The group that shifts a position, in repeats, to the two places that are looked up; one for all materials."""
    found = shared_group(SHIFT_GROUP)
    if found is not None:
        return found
    group = bpy.data.node_groups.new("Patina Shifts", "ShaderNodeTree")
    group[SHIFT_GROUP] = True
    group.interface.new_socket("Position", in_out="INPUT", socket_type="NodeSocketVector")
    for name, kind in (("First", "Vector"), ("Second", "Vector"), ("Between", "Float")):
        group.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
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


def _share(writer: Writer, between: Value, change: tuple[Value, Value] | None) -> bpy.types.NodeSocket:
    """The share of the second lookup. What has changed further is let through a little beyond the middle: half-seen
    spots would be fewer spots."""
    if change is not None:
        between = writer.math("MULTIPLY_ADD", writer.math("SUBTRACT", change[1], change[0]), _LET_THROUGH, between)
    share = writer.node(
        "ShaderNodeMapRange",
        Value=between,
        **{"From Min": 0.5 - _BLENDED / 2, "From Max": 0.5 + _BLENDED / 2},
    )
    share.interpolation_type = "SMOOTHSTEP"
    return share.outputs[0]


def _shift(writer: Writer, number: Value) -> bpy.types.NodeSocket:
    noise = writer.node("ShaderNodeTexWhiteNoise", W=number)
    noise.noise_dimensions = "1D"
    return noise.outputs["Color"]
