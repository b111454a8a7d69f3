"""Repeats, hidden: inside the group every map is looked up at two places and blended, so that no rows of copies show.

Each place is shifted anew from band to band of the surface (`repeats_places`). Where a lookup goes on to its next
shift, the other one alone is seen, so neither a seam nor a mip level of the jump ever shows. (Two lookups in bands:
after Quilez, "texture repetition"; lookups of random shifts that are blended: Heitz and Neyret 2018, without their
correction of the contrast, as the bands of blending are narrow.)

What looks a map up differs with what is played, so its nodes are taken as they are found and doubled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import bpy

from .maps import CHANGE_LABEL
from .node_group import played_inputs
from .nodes import PART, Value, Writer, drop_shared_group, remove_nodes
from .repeats_places import PLACES_GROUP, places_group
from .twins import nodes_before, nodes_behind, same_input, same_output, twin

_HIDING = "repeats"
_SHIFTS = "Patina Shifts"  # the node of the shared group that says where to look a map up
_BLENDED = 0.3  # of the way from an even band to an odd one
_LET_THROUGH = 0.1  # of that way, for what has wholly changed


@dataclass(frozen=True)
class _Lookup:
    """How a group looks up what it plays.

    position: gives where, in repeats. nodes: all that depends on it and is played. shown: what they give, by the
    socket that takes it.
    """

    position: bpy.types.Node
    nodes: tuple[bpy.types.Node, ...]
    shown: Mapping[bpy.types.NodeSocket, bpy.types.NodeSocket]


def are_repeats_hidden(group: bpy.types.NodeTree) -> bool:
    """Whether what the group plays is looked up at two places."""
    return group.nodes.get(_SHIFTS) is not None


def hide_repeats(group: bpy.types.NodeTree) -> None:
    """Look up what the group plays at two places, and blend them."""
    lookup = None if are_repeats_hidden(group) else _lookup(group)
    if lookup is None:
        return
    before = {node.name for node in group.nodes}
    writer = Writer(group, row=20)
    shifts = writer.node("ShaderNodeGroup")
    shifts.name = shifts.label = _SHIFTS
    shifts.node_tree = places_group()
    twins = {node: twin(group, node) for node in lookup.nodes}
    _link_twins(group, lookup, shifts, twins)
    _blend(writer, lookup, shifts, twins)
    for node in group.nodes:
        if node.name not in before:
            node[PART] = _HIDING


def show_repeats(group: bpy.types.NodeTree) -> None:
    """Look up what the group plays at one place again."""
    shifts = group.nodes.get(_SHIFTS)
    if shifts is None:
        return
    for target in played_inputs(group):
        mix = target.links[0].from_node if target.is_linked else None
        if mix is not None and mix.get(PART) == _HIDING:
            for link in [link for link in group.links if link.to_node == mix and link.to_socket.name == "A"]:
                group.links.new(link.from_socket, target)
    if shifts.inputs[0].is_linked:
        position = shifts.inputs[0].links[0].from_socket
        for link in list(shifts.outputs[0].links):
            group.links.new(position, link.to_socket)
    remove_nodes(group, [node for node in group.nodes if node.get(PART) == _HIDING])
    drop_shared_group(PLACES_GROUP)


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


def _lookup(group: bpy.types.NodeTree) -> _Lookup | None:
    """How the group looks up what it plays; None where it plays nothing that has a place."""
    inputs = [found for found in played_inputs(group) if found.is_linked]
    seen = nodes_before(link.from_node for found in inputs for link in found.links)
    position = next((node for node in seen if _is_position(node)), None)
    if position is None:
        return None
    looks = seen & nodes_behind(position)
    shown = {found: found.links[0].from_socket for found in inputs if found.links[0].from_node in looks}
    return _Lookup(position, tuple(node for node in group.nodes if node in looks), shown)


def _is_position(node: bpy.types.Node) -> bool:
    """Whether a node turns the group's Vector into repeats of the texture."""
    return node.type == "VECT_MATH" and any(
        link.from_node.bl_idname == "NodeGroupInput" and link.from_socket.name == "Vector"
        for link in node.inputs[0].links
    )


def _link_twins(
    group: bpy.types.NodeTree,
    lookup: _Lookup,
    shifts: bpy.types.Node,
    twins: Mapping[bpy.types.Node, bpy.types.Node],
) -> None:
    """Let the nodes look at the first place, and their twins, linked like them, at the second."""
    first, second, _ = shifts.outputs
    for link in [link for link in group.links if link.to_node in twins]:
        target = same_input(link.to_socket, twins[link.to_node])
        if link.from_node == lookup.position:
            group.links.new(second, target)
            group.links.new(first, link.to_socket)
        elif link.from_node in twins:
            group.links.new(same_output(link.from_socket, twins[link.from_node]), target)
        else:
            group.links.new(link.from_socket, target)
    group.links.new(lookup.position.outputs[0], shifts.inputs[0])


def _blend(
    writer: Writer, lookup: _Lookup, shifts: bpy.types.Node, twins: Mapping[bpy.types.Node, bpy.types.Node]
) -> None:
    """Let the group play both places, each where it is to be seen."""
    pairs = {target: (source, same_output(source, twins[source.node])) for target, source in lookup.shown.items()}
    change = next((pair for target, pair in pairs.items() if target.name == CHANGE_LABEL), None)
    share = _share(writer, shifts.outputs[2], change)
    for target, pair in pairs.items():
        mix = writer.mix_numbers if pair[0].type == "VALUE" else writer.mix
        writer.tree.links.new(mix(share, *pair), target)


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
