"""Between the node group and the artist's nodes: joined without destroying anything, parted without a trace."""

from __future__ import annotations

import bpy

from .errors import MaterialError
from .layers import LAYER_GROUP, lay_over, lift, surfaces
from .maps import LOOKS
from .nodes import Writer, drop_shared_group, socket, tag, tagged

GROUP, COORDINATES, _LAYER = "group", "coordinates", "layer"
_AMOUNT, _MIX, _NORMALIZE = "amount", "mix", "normalize"
BOX = "patina_box"  # marks the group of box mapping, which all materials share
_MIXED = {"base_color": ("RGBA", "Color"), "normal": ("VECTOR", "Vector")}  # other maps: FLOAT


def find_principled(tree: bpy.types.NodeTree) -> bpy.types.Node:
    """The Principled BSDF that reaches the active output first. Raises MaterialError where there is none."""
    output = next((node for target in ("ALL", "EEVEE", "CYCLES") if (node := tree.get_output_node(target))), None)
    if output is not None:
        seen: set[str] = set()
        waiting = [output]
        while waiting:
            node = waiting.pop(0)
            if node.bl_idname == "ShaderNodeBsdfPrincipled":
                return node
            entrances = [socket(node.inputs, "Surface")] if node == output else node.inputs
            for entrance in entrances:
                for link in entrance.links if entrance.is_linked else ():
                    if link.from_node.name not in seen and (entrance.type == "SHADER" or node.type == "REROUTE"):
                        seen.add(link.from_node.name)
                        waiting.append(link.from_node)
    raise MaterialError(
        f"The material {tree.id_data.name!r} has no Principled BSDF at its output", "add one, then add Patina"
    )


def join_over(tree: bpy.types.NodeTree, group: bpy.types.NodeTree) -> bpy.types.Node:
    """Add the group to a material's tree as a layer over what its output shows. Raises MaterialError where that is
    nothing."""
    surfaces(tree)
    writer = Writer(tree)
    node = _add_group(writer, group)
    for made in lay_over(tree, node, by_change=True):
        tag(made, _LAYER)
    _place_source(tree, node)
    return node


def join(tree: bpy.types.NodeTree, group: bpy.types.NodeTree) -> bpy.types.Node:
    """Add the group to a material's tree and wire it to its Principled BSDF."""
    principled = find_principled(tree)
    writer = Writer(tree)
    node = _add_group(writer, group)
    x, y = principled.location
    node.location = (x - 460, y)
    _place_source(tree, node)
    for name in ("base_color", "metallic", "roughness", "normal"):
        label = LOOKS[name].label
        target = socket(principled.inputs, label)
        if target is None:
            continue
        if target.is_linked:
            _mix(writer, name, target, node.outputs[label])
        else:
            tree.links.new(node.outputs[label], target)
    return node


def _add_group(writer: Writer, group: bpy.types.NodeTree) -> bpy.types.Node:
    node = tag(writer.node("ShaderNodeGroup"), GROUP)
    node.node_tree = group
    node.name = node.label = "Patina"
    node.width = 200
    source = tag(writer.node("ShaderNodeTexCoord"), COORDINATES)
    writer.tree.links.new(socket(source.outputs, "UV"), node.inputs["Vector"])
    return node


def _place_source(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    """Put the coordinates beside the group."""
    for source in tagged(tree, COORDINATES):
        source.location = (node.location.x - 200, node.location.y - 120)


def _mix(writer: Writer, name: str, target: bpy.types.NodeSocket, ours: bpy.types.NodeSocket) -> None:
    """Lay our map over what was linked: Mix with A the old link, B ours, by the one value "Patina Amount"."""
    tree = writer.tree
    before = target.links[0].from_socket
    kind, suffix = _MIXED.get(name, ("FLOAT", "Float"))
    mix = tag(writer.node("ShaderNodeMix"), _MIX)
    mix.data_type = kind
    mix.label = f"Patina {LOOKS[name].label}"
    x, y = target.node.location
    mix.location = (x - 200, y - 60 * list(LOOKS).index(name))
    mix.hide = True
    tree.links.new(_amount(writer, target.node).outputs[0], socket(mix.inputs, "Factor_Float"))
    tree.links.new(before, socket(mix.inputs, f"A_{suffix}"))
    tree.links.new(ours, socket(mix.inputs, f"B_{suffix}"))
    mixed = socket(mix.outputs, f"Result_{suffix}")
    if name == "normal":
        mixed = writer.vector("NORMALIZE", mixed)
        mixed.node.location, mixed.node.hide = (x - 200, mix.location.y - 40), True
        tag(mixed.node, _NORMALIZE)
    tree.links.new(mixed, target)


def _amount(writer: Writer, beside: bpy.types.Node) -> bpy.types.Node:
    node = next(tagged(writer.tree, _AMOUNT), None)
    if node is None:
        node = tag(writer.node("ShaderNodeValue"), _AMOUNT)
        node.name = node.label = "Patina Amount"
        node.outputs[0].default_value = 1.0
        node.location = (beside.location.x - 460, beside.location.y - 320)
    return node


def part(tree: bpy.types.NodeTree) -> None:
    """Take Patina's nodes out; what was linked before is linked again, to whatever our mixes fed."""
    for mix in list(tagged(tree, _MIX)):
        suffix = next(suffix for kind, suffix in (*_MIXED.values(), ("FLOAT", "Float")) if kind == mix.data_type)
        before = socket(mix.inputs, f"A_{suffix}")
        if before.is_linked:
            source = before.links[0].from_socket
            for target in list(_fed_by(socket(mix.outputs, f"Result_{suffix}"))):
                tree.links.new(source, target)
    for node in list(tagged(tree, GROUP)):
        lift(tree, node.name)
    for node in list(tagged(tree)):
        tree.nodes.remove(node)
    drop_shared_group(LAYER_GROUP)
    drop_shared_group(BOX)


def _fed_by(output: bpy.types.NodeSocket) -> list[bpy.types.NodeSocket]:
    """The inputs that an output reaches, looking through our own normalising node."""
    targets = []
    for link in output.links:
        if link.to_node.get("patina") == _NORMALIZE:
            targets += _fed_by(link.to_node.outputs["Vector"])
        else:
            targets.append(link.to_socket)
    return targets
