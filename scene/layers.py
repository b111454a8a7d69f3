"""One material over another: what the artist's output shows stays, and an aged surface is mixed over it.

A layer is one group node before the output: `Below` is what was there, `Aged` a Principled BSDF that a node group of
Patina feeds, and Change times Mask decides between them. Taking it out links what was there again. A layer is named by
its Patina group node, which all of its nodes remember.
"""

from __future__ import annotations

import bpy

from .errors import MaterialError
from .maps import CHANGE_LABEL, LOOKS
from .nodes import Writer, shared_group, socket

LAYER_GROUP = "patina_layer"  # on the group: the form of its nodes
_OF = "patina_layer_of"  # on a node: the layer that it belongs to
_SHADED = ("base_color", "metallic", "roughness", "normal")


def surfaces(tree: bpy.types.NodeTree) -> list[bpy.types.NodeSocket]:
    """The Surface inputs of the outputs in use to which something is linked; Eevee and Cycles may have one each.

    Raises MaterialError where there is none.
    """
    found = [tree.get_output_node(engine) for engine in ("EEVEE", "CYCLES")]
    inputs = {node.name: socket(node.inputs, "Surface") for node in found if node is not None}
    linked = [surface for surface in inputs.values() if surface.is_linked]
    if not linked:
        raise MaterialError(
            f"The material {tree.id_data.name!r} shows nothing to lay over", "link a shader to its output"
        )
    return linked


def lay_over(tree: bpy.types.NodeTree, node: bpy.types.Node, *, by_change: bool) -> list[bpy.types.Node]:
    """Mix what a node of a Patina group shows over the tree's surface. The nodes that it takes beside `node`.

    by_change: by its Change times the mask, else by the mask alone. Raises MaterialError where nothing is shown.
    """
    targets = surfaces(tree)
    writer = Writer(tree)
    principled = writer.node("ShaderNodeBsdfPrincipled")
    principled.name = principled.label = f"{node.name} Surface"
    made = [principled]
    for name in _SHADED:
        tree.links.new(node.outputs[LOOKS[name].label], socket(principled.inputs, LOOKS[name].label))
    for target in targets:
        layer = writer.node("ShaderNodeGroup")
        made.append(layer)
        layer.node_tree = _layer_group()
        layer.name = layer.label = f"{node.name} Layer"
        tree.links.new(target.links[0].from_socket, layer.inputs["Below"])
        tree.links.new(principled.outputs[0], layer.inputs["Aged"])
        if by_change:
            tree.links.new(node.outputs[CHANGE_LABEL], layer.inputs[CHANGE_LABEL])
        tree.links.new(layer.outputs[0], target)
        x, y = target.node.location
        layer.location = (x - 200, y - 160)
    x, y = targets[0].node.location
    principled.location, node.location = (x - 500, y - 360), (x - 760, y - 360)
    for part in (*made, node):
        part[_OF] = node.name
    return made


def layer_nodes(tree: bpy.types.NodeTree, name: str) -> list[bpy.types.Node]:
    """The group nodes of a layer, which have its Mask: one, or one for each output."""
    return [node for node in tree.nodes if node.get(_OF) == name and "Below" in node.inputs]


def lift(tree: bpy.types.NodeTree, name: str) -> list[bpy.types.Node]:
    """Link again what lies below a layer. All nodes that it was made of, to be removed."""
    for layer in layer_nodes(tree, name):
        below = layer.inputs["Below"]
        targets = [link.to_socket for link in layer.outputs[0].links]
        if below.is_linked:
            for target in targets:
                tree.links.new(below.links[0].from_socket, target)
    return [node for node in tree.nodes if node.get(_OF) == name]


def _layer_group() -> bpy.types.NodeTree:
    group = shared_group(LAYER_GROUP)
    if group is not None:
        return group
    group = bpy.data.node_groups.new("Patina Layer", "ShaderNodeTree")
    group[LAYER_GROUP] = 1
    for name in ("Aged", "Below"):
        group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketShader")
    for name, description in (
        (CHANGE_LABEL, "How far each point of the upper surface has left its fresh state"),
        ("Mask", "Where the upper surface may show: paint it, or link anything"),
    ):
        item = group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
        item.subtype, item.min_value, item.max_value, item.default_value = "FACTOR", 0.0, 1.0, 1.0
        item.description = description
    group.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    writer = Writer(group)
    inputs = writer.node("NodeGroupInput").outputs
    share = writer.math("MULTIPLY", inputs[CHANGE_LABEL], inputs["Mask"])
    share.node.use_clamp = True
    mix = writer.node("ShaderNodeMixShader")
    group.links.new(share, mix.inputs[0])
    group.links.new(inputs["Below"], mix.inputs[1])
    group.links.new(inputs["Aged"], mix.inputs[2])
    group.links.new(mix.outputs[0], writer.node("NodeGroupOutput").inputs[0])
    return group
