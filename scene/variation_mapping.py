"""Where the texture is sampled: by the UV map, by the object's own axes face by face, or by generated coordinates."""

from __future__ import annotations

import bpy

from .errors import MaterialError
from .materials import group_node
from .nodes import Writer, new_group, shared_group, socket, tag, tagged
from .wiring import BOX, COORDINATES

MAPPINGS = (
    ("UV", "UV Map", "The object's active UV map"),
    ("BOX", "Box", "The object's own axes, face by face, in its units: needs no UV map"),
    ("GENERATED", "Generated", "The object's bounds from 0 to 1, seen from above: needs no UV map"),
    ("CUSTOM", "Own Nodes", "What is linked to the socket Vector by hand"),
)
_OUTPUTS = {"UV": "UV", "GENERATED": "Generated"}
_TIE = 0.01  # of a normal's length: a face at 45 degrees takes one axis throughout


def mapping_of(material: bpy.types.Material) -> str:
    """Which of MAPPINGS a material uses."""
    source = _source(material.node_tree)
    if source is not None and source.is_linked:
        if source.node.bl_idname == "ShaderNodeGroup":
            return "BOX"
        return next((name for name, output in _OUTPUTS.items() if output == source.identifier), "CUSTOM")
    return "CUSTOM"


def set_mapping(material: bpy.types.Material, mapping: str) -> None:
    """Let a material use one of MAPPINGS; nodes that the artist put between coordinates and Vector stay."""
    if mapping == mapping_of(material):
        return
    if mapping == "CUSTOM":
        raise MaterialError("Nothing is linked to the socket Vector by hand", "link your own coordinates to it")
    tree = material.node_tree
    node = group_node(material)
    source = _source(tree)
    targets = [link.to_socket for link in source.links] if source is not None else []
    place = source.node.location.copy() if source is not None else (node.location.x - 200, node.location.y - 120)
    for old in list(tagged(tree, COORDINATES)):
        tree.nodes.remove(old)
    writer = Writer(tree)
    if mapping == "BOX":
        made = tag(writer.node("ShaderNodeGroup"), COORDINATES)
        made.node_tree = _box_group()
        made.label = "Box Mapping"
        output = made.outputs[0]
    else:
        made = tag(writer.node("ShaderNodeTexCoord"), COORDINATES)
        output = socket(made.outputs, _OUTPUTS[mapping])
    made.location = place
    for target in targets or [node.inputs["Vector"]]:
        tree.links.new(output, target)


def _source(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket | None:
    """The output of our coordinates that is used."""
    for node in tagged(tree, COORDINATES):
        return next((output for output in node.outputs if output.is_linked), node.outputs[0])
    return None


def _box_group() -> bpy.types.NodeTree:
    """The group that gives box coordinates, one for all materials of a file.

    u and v are the two coordinates of the object's space that a face, by its own normal, looks at most squarely.
    """
    found = shared_group(BOX)
    if found is not None:
        return found
    group = new_group("Patina Box Mapping", {}, {"Vector": "Vector"})
    group[BOX] = True
    writer = Writer(group)
    turned = writer.node(
        "ShaderNodeVectorTransform", Vector=writer.node("ShaderNodeNewGeometry").outputs["True Normal"]
    )
    turned.vector_type, turned.convert_from, turned.convert_to = "NORMAL", "WORLD", "OBJECT"
    normal = writer.vector("NORMALIZE", turned.outputs[0])
    x, y, z = writer.split(writer.vector("ABSOLUTE", normal))
    up = writer.math("GREATER_THAN", writer.math("ADD", z, _TIE), writer.math("MAXIMUM", x, y))
    side = writer.math("GREATER_THAN", writer.math("ADD", x, _TIE), writer.math("MAXIMUM", y, z))
    side = writer.math("MULTIPLY", side, writer.math("SUBTRACT", 1.0, up))
    place = writer.split(writer.node("ShaderNodeTexCoord").outputs["Object"])
    u, v = _chosen(writer, side, place[0], place[1]), _chosen(writer, up, place[2], place[1])
    vector = writer.node("ShaderNodeCombineXYZ", X=u, Y=v).outputs[0]
    group.links.new(vector, writer.node("NodeGroupOutput").inputs[0])
    return group


def _chosen(
    writer: Writer, which: bpy.types.NodeSocket, no: bpy.types.NodeSocket, yes: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """`yes` where `which` is 1, `no` where it is 0."""
    return writer.math("MULTIPLY_ADD", which, writer.math("SUBTRACT", yes, no), no)
