"""A short way to write down a node tree, and the tag that says which nodes are Patina's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import bpy

from .versions import fcurve_collections

_TAG = "patina"
PART = "patina_part"  # on a node inside Patina's group: what it is a part of, such as an atlas

Value = bpy.types.NodeSocket | float | tuple[float, ...]


def tag(node: bpy.types.Node, role: str) -> bpy.types.Node:
    """Mark a node of the artist's tree as one that Patina made, for a role."""
    node[_TAG] = role
    return node


def tagged(tree: bpy.types.NodeTree, role: str | None = None) -> Iterator[bpy.types.Node]:
    """Patina's nodes in a tree, of one role or of all."""
    for node in tree.nodes:
        found = node.get(_TAG)
        if found is not None and (role is None or found == role):
            yield node


def socket(sockets: bpy.types.bpy_prop_collection, identifier: str) -> bpy.types.NodeSocket | None:
    """A socket by its identifier; names are translated, identifiers are not."""
    return next((found for found in sockets if found.identifier == identifier), None)


def node_path(node: bpy.types.Node) -> str:
    """What the data path of every key of a node begins with."""
    return f'nodes["{bpy.utils.escape_identifier(node.name)}"]'


def node_keys(tree: bpy.types.NodeTree, node: bpy.types.Node) -> list[tuple[bpy.types.bpy_struct, bpy.types.FCurve]]:
    """The f-curves of a node, each with the collection that it is in."""
    start = node_path(node)
    return [
        (curves, curve) for curves in fcurve_collections(tree) for curve in curves if curve.data_path.startswith(start)
    ]


def remove_nodes(tree: bpy.types.NodeTree, nodes: Iterable[bpy.types.Node]) -> None:
    """Take nodes out of a tree, with their keys."""
    for node in nodes:
        for curves, curve in node_keys(tree, node):
            curves.remove(curve)
        tree.nodes.remove(node)


def shared_group(mark: str) -> bpy.types.NodeTree | None:
    """The group that all materials of this file share, by the mark that it bears; None where it is still to be made."""
    return next((group for group in bpy.data.node_groups if group.get(mark) == 1 and group.library is None), None)


def drop_shared_group(mark: str) -> None:
    """Take such a group out of the file where nothing uses it any more."""
    for group in [group for group in bpy.data.node_groups if group.get(mark) == 1 and group.users == 0]:
        bpy.data.node_groups.remove(group)


def new_group(name: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> bpy.types.NodeTree:
    """An empty group with sockets of these names and kinds (Float, Vector, Color).

    Blender hides a name that begins with a dot in its menus.
    """
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for way, sockets in (("INPUT", inputs), ("OUTPUT", outputs)):
        for socket_name, kind in sockets.items():
            group.interface.new_socket(socket_name, in_out=way, socket_type=f"NodeSocket{kind}")
    return group


def groups_within(tree: bpy.types.NodeTree) -> Iterator[bpy.types.NodeTree]:
    """The groups that the nodes of a tree are made of, and those within them; each as often as it is used."""
    for node in tree.nodes:
        inner = getattr(node, "node_tree", None)
        if inner is not None:
            yield inner
            yield from groups_within(inner)


class Writer:
    """Adds nodes to a tree, each call one node: sockets are linked, numbers become default values."""

    def __init__(self, tree: bpy.types.NodeTree, row: int = 0):
        self.tree = tree
        self._column = 8 * row

    def node(self, kind: str, **inputs: Value) -> bpy.types.Node:
        node = self.tree.nodes.new(kind)
        node.location = (180 * (self._column % 8), -220 * (self._column // 8))
        self._column += 1
        for identifier, value in inputs.items():
            self._feed(socket(node.inputs, identifier), value)
        return node

    def group(self, tree: bpy.types.NodeTree, **inputs: Value) -> bpy.types.Node:
        """A node of a group; its inputs by their names, with _ for a space."""
        node = self.node("ShaderNodeGroup")
        node.node_tree = tree
        for name, value in inputs.items():
            self._feed(node.inputs[name.replace("_", " ")], value)
        return node

    def vector(self, operation: str, *values: Value) -> bpy.types.NodeSocket:
        node = self.node("ShaderNodeVectorMath")
        node.operation = operation
        targets = [node.inputs[0], socket(node.inputs, "Scale")] if operation == "SCALE" else node.inputs
        for target, value in zip(targets, values, strict=False):
            self._feed(target, value)
        return node.outputs["Value"] if operation == "DOT_PRODUCT" else node.outputs["Vector"]

    def math(self, operation: str, *values: Value) -> bpy.types.NodeSocket:
        node = self.node("ShaderNodeMath")
        node.operation = operation
        for target, value in zip(node.inputs, values, strict=False):
            self._feed(target, value)
        return node.outputs[0]

    def mix(self, factor: Value, first: Value, second: Value) -> bpy.types.NodeSocket:
        """Colours, from the first at a factor of 0 to the second at 1."""
        node = self.node("ShaderNodeMix")
        node.data_type = "RGBA"
        for identifier, value in (("Factor_Float", factor), ("A_Color", first), ("B_Color", second)):
            self._feed(socket(node.inputs, identifier), value)
        return socket(node.outputs, "Result_Color")

    def mix_numbers(self, factor: Value, first: Value, second: Value) -> bpy.types.NodeSocket:
        """Numbers, from the first at a factor of 0 to the second at 1."""
        node = self.node("ShaderNodeMix")
        for identifier, value in (("Factor_Float", factor), ("A_Float", first), ("B_Float", second)):
            self._feed(socket(node.inputs, identifier), value)
        return socket(node.outputs, "Result_Float")

    def split(self, vector: Value) -> list[bpy.types.NodeSocket]:
        return list(self.node("ShaderNodeSeparateXYZ", Vector=vector).outputs)

    def _feed(self, target: bpy.types.NodeSocket, value: Value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, target)
        else:
            target.default_value = value
