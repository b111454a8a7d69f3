"""Two models in one material: another material's node group, laid over this one by a mask.

The group is shared, not copied: what plays in it, seed and atlas belong to the other material and are changed there.
Its node here has an Age, a Scale and a Strength of its own. An atlas reads them at every point; images of Live playback
show one Age only, which is why the other material has to play an atlas.
"""

from __future__ import annotations

import bpy

from .errors import MaterialError
from .layers import LAYER_GROUP, lay_over, lift, surfaces
from .materials import check_editable, group_node, remove_animation
from .node_group import owner_name
from .nodes import Writer, drop_shared_group, socket
from .versions import has_nodes

_MIXED = "patina_mixed"  # on a node: the mixed material that it belongs to, by the name of its group node


def mix_over(material: bpy.types.Material, other: bpy.types.Material, *, by_change: bool = False) -> bpy.types.Node:
    """Lay another ageing material over a material. Its group's node here.

    by_change: only where it has changed; else wherever the mask of the layer is white, and that is everywhere at first.
    Raises MaterialError, and changes nothing, where the one shows nothing or the other plays no atlas.
    """
    check_editable(material)
    theirs = group_node(other)
    if theirs is None:
        raise MaterialError(f"The material {other.name!r} does not age", "choose one that has Patina")
    if other == material:
        raise MaterialError(f"The material {other.name!r} is the one below", "choose another material")
    if other.patina.playback != "ATLAS":
        raise MaterialError(f"The material {other.name!r} plays no atlas", "bake its atlas first, or use the ready one")
    if not has_nodes(material):
        raise MaterialError(f"The material {material.name!r} has no nodes", "let it use nodes")
    tree = material.node_tree
    surfaces(tree)
    writer = Writer(tree)
    node = writer.node("ShaderNodeGroup")
    node.node_tree = theirs.node_tree
    node.name = node.label = f"Patina {other.name}"
    node.width = 200
    for name in ("Age", "Scale", "Strength"):
        node.inputs[name].default_value = theirs.inputs[name].default_value
    coordinates = _like(writer, theirs)
    tree.links.new(coordinates, node.inputs["Vector"])
    made = lay_over(tree, node, by_change=by_change)
    coordinates.node.location = (node.location.x - 200, node.location.y - 120)
    for part in (*made, node, coordinates.node):
        part[_MIXED] = node.name
    return node


def mixed_over(material: bpy.types.Material) -> list[bpy.types.Node]:
    """The group nodes of the materials that lie over a material, the lowest first."""
    if not has_nodes(material):
        return []
    return [node for node in material.node_tree.nodes if node.get(_MIXED) == node.name]


def mixed_name(node: bpy.types.Node) -> str:
    """The name of the material that a group node of `mixed_over` came from."""
    return owner_name(node.node_tree) if node.node_tree is not None else node.label


def unmix(material: bpy.types.Material, name: str) -> None:
    """Take a mixed material off, with its keys. Raises MaterialError where there is none of that name."""
    check_editable(material)
    node = next((found for found in mixed_over(material) if found.name == name), None)
    if node is None:
        raise MaterialError(f"Nothing named {name!r} lies over {material.name!r}", "choose one from the panel")
    tree = material.node_tree
    group = node.node_tree
    lift(tree, name)
    nodes = [found for found in tree.nodes if found.get(_MIXED) == name]
    remove_animation(tree, [found.name for found in nodes])
    for found in nodes:
        tree.nodes.remove(found)
    drop_shared_group(LAYER_GROUP)
    if group is not None and group.users == 0:  # the other material is gone: nothing plays it any more
        bpy.data.node_groups.remove(group)


def _like(writer: Writer, theirs: bpy.types.Node) -> bpy.types.NodeSocket:
    """Coordinates like those of another material's group; UV where the artist's own nodes give them."""
    entrance = theirs.inputs["Vector"]
    source = entrance.links[0].from_socket if entrance.is_linked else None
    if source is not None and source.node.bl_idname == "ShaderNodeGroup":
        node = writer.node("ShaderNodeGroup")
        node.node_tree = source.node.node_tree
        return node.outputs[0]
    node = writer.node("ShaderNodeTexCoord")
    if source is not None and source.node.bl_idname == "ShaderNodeTexCoord":
        return socket(node.outputs, source.identifier)
    return socket(node.outputs, "UV")
