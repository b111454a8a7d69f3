"""The one number of a material that is keyed: Age, on the node group or on the first source that feeds it.

A socket that is linked ignores its keys. So where sources shape the Age of each point, keys, drivers and value stand on
the Age of the first of them, and go back to the group's own when the last one is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..versions import animated_curves, own_action

SOURCE = "age source"  # the tag of a source's group node


def keyed_age(node: bpy.types.Node) -> bpy.types.NodeSocket:
    """The socket that holds the keyed Age of a material's group node."""
    age = node.inputs["Age"]
    for source in sources_of(node):
        age = source.inputs["Age"]
    return age


def sources_of(node: bpy.types.Node) -> list[bpy.types.Node]:
    """The sources that shape the Age of a material's group node, the one next to it first."""
    found: list[bpy.types.Node] = []
    socket = node.inputs["Age"]
    while (source := _nearest(socket)) is not None and source not in found:
        found.append(source)
        socket = source.inputs["Age"]
    return found


def _nearest(socket: bpy.types.NodeSocket) -> bpy.types.Node | None:
    """The first source upstream of a socket, through whatever the artist put between."""
    seen: set[str] = set()
    waiting = list(_upstream(socket))
    while waiting:
        node = waiting.pop(0)
        if node.get("patina") == SOURCE and node.node_tree is not None and "Age" in node.inputs:
            return node
        if node.name not in seen:
            seen.add(node.name)
            waiting += [before for entrance in node.inputs for before in _upstream(entrance)]
    return None


def _upstream(socket: bpy.types.NodeSocket) -> Iterator[bpy.types.Node]:
    return (link.from_node for link in socket.links) if socket.is_linked else iter(())


def move_age(old: bpy.types.NodeSocket, new: bpy.types.NodeSocket) -> None:
    """Let a socket take over the value, the keys and the drivers of another one of the same tree."""
    tree = old.id_data
    new.default_value = old.default_value
    before, after = (socket.path_from_id("default_value") for socket in (old, new))
    data = tree.animation_data
    if data is None:
        return
    if any(curve.data_path == before for curve in animated_curves(tree)):
        own_action(tree)  # an action that another material shares keeps that one's paths
    for curve in [*animated_curves(tree), *data.drivers]:
        if curve.data_path == before:
            curve.data_path = after
    tree.update_tag()
