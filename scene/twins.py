"""Nodes once more: parts of a tree that are to be there twice, whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import bpy

from .nodes import node_keys, node_path

_LOWER = 3000  # where a twin stands, below its node
_BASE = set(bpy.types.Node.bl_rna.properties.keys())  # name, place and looks: what every node has


def twin(tree: bpy.types.NodeTree, node: bpy.types.Node) -> bpy.types.Node:
    """The same node once more, unlinked, with the keys of its picture's frames."""
    other = tree.nodes.new(node.bl_idname)
    _copy_settings(node, other, _BASE)
    other.location = (node.location.x, node.location.y - _LOWER)
    other.label = node.label
    if node.bl_idname == "ShaderNodeTexImage":
        _copy_settings(node.image_user, other.image_user, set())
    for ours, theirs in zip(node.inputs, other.inputs, strict=True):
        if not ours.is_linked and hasattr(ours, "default_value"):
            theirs.default_value = ours.default_value
    _copy_keys(tree, node, other)
    return other


def same_output(output: bpy.types.NodeSocket, other: bpy.types.Node) -> bpy.types.NodeSocket:
    """The output of a node's twin that is what this one is of the node."""
    return other.outputs[_place(output.node.outputs, output)]


def same_input(target: bpy.types.NodeSocket, other: bpy.types.Node) -> bpy.types.NodeSocket:
    """The input of a node's twin that is what this one is of the node."""
    return other.inputs[_place(target.node.inputs, target)]


def nodes_before(nodes: Iterable[bpy.types.Node]) -> set[bpy.types.Node]:
    """The nodes and all that they depend on."""
    return _reached(nodes, lambda node: (link.from_node for end in node.inputs for link in end.links))


def nodes_behind(node: bpy.types.Node) -> set[bpy.types.Node]:
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


def _copy_settings(source: bpy.types.bpy_struct, target: bpy.types.bpy_struct, apart_from: set[str]) -> None:
    for setting in source.bl_rna.properties:
        if not setting.is_readonly and setting.identifier not in apart_from:
            setattr(target, setting.identifier, getattr(source, setting.identifier))


def _copy_keys(tree: bpy.types.NodeTree, node: bpy.types.Node, other: bpy.types.Node) -> None:
    for curves, curve in node_keys(tree, node):
        copy = curves.new(curve.data_path.replace(node_path(node), node_path(other), 1), index=curve.array_index)
        copy.keyframe_points.add(len(curve.keyframe_points))
        for key, its in zip(curve.keyframe_points, copy.keyframe_points, strict=True):
            its.co, its.interpolation = key.co, key.interpolation
        copy.update()
