"""The node group of one material: Age, Vector, Scale and Strength in, five maps and Change out."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ..engine.maps.map_names import CHANGE
from .change import change_of
from .maps import CARRIER, CHANGE_LABEL, LABELS, LOOKS, UNIT
from .nodes import Value, Writer

_REPEAT = "Repeats per Scale"  # the Value node that holds UNIT / resolution
_OWNER = "patina_material"  # the material a group was made for, by name
_NORMAL = "Patina Normal"  # the node that takes the encoded normal in
_LIVE, _LIVE_CHANGE = "Patina Live", "Patina Live Change"  # the nodes that take them apart from one image
_CHANGE = "How far this point has left its fresh state, from 0 to 1: mixes the material over another one"
_UNKNOWN = "Patina Age as Change"  # the node that stands in where a playback does not know Change


def make_group(material_name: str, images: Mapping[str, bpy.types.Image], extent: int) -> bpy.types.NodeTree:
    """Build the group around the images; `extent` decides how often they repeat."""
    group = bpy.data.node_groups.new(f"Patina {material_name}", "ShaderNodeTree")
    group[_OWNER] = material_name
    _add_interface(group)
    writer = Writer(group)
    inputs = writer.node("NodeGroupInput").outputs
    outputs = writer.node("NodeGroupOutput").inputs

    repeat = writer.node("ShaderNodeValue")
    repeat.name = repeat.label = _REPEAT
    scale = writer.math("MULTIPLY", inputs["Scale"], repeat.outputs[0])
    position = writer.vector("SCALE", inputs["Vector"], scale)
    textures = {name: _texture(writer, image, position) for name, image in images.items()}
    normal = _normal(writer, textures["normal"], inputs["Vector"], inputs["Strength"])
    group.links.new(normal, outputs[LOOKS["normal"].label])
    _add_change(group)
    play(group, live_outputs(group))
    set_extent(group, extent)
    return group


def upgrade_group(group: bpy.types.NodeTree) -> None:
    """Give a group of an older file the output Change; links and keys of its node stay."""
    items = group.interface.items_tree
    if group.library is not None or any(item.item_type == "SOCKET" and item.name == CHANGE_LABEL for item in items):
        return
    output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
    textures = {name: group.nodes[name].outputs["Color"] for name in LOOKS if name in group.nodes}
    live = any(
        output.inputs[LOOKS[name].label].links[0].from_socket == texture
        for name, texture in textures.items()
        if output.inputs[LOOKS[name].label].is_linked
    )
    _add_socket(group, CHANGE_LABEL, "Float", "OUTPUT", description=_CHANGE)
    _add_change(group)
    play(group, live_outputs(group) if live else {})


def set_extent(group: bpy.types.NodeTree, extent: int) -> None:
    """More texels are more material, not finer detail: so a larger extent repeats less often."""
    group.nodes[_REPEAT].outputs[0].default_value = UNIT / extent


def play(group: bpy.types.NodeTree, sources: Mapping[str, bpy.types.NodeSocket]) -> None:
    """Let the group give what these sockets inside it give for each map; its interface stays as it is.

    A normal is taken encoded, in tangent space. Where they do not know Change, it is Age.
    """
    output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
    for name, source in ({CHANGE: group.nodes[_UNKNOWN].outputs[0]} | dict(sources)).items():
        target = group.nodes[_NORMAL].inputs[0] if name == "normal" else output.inputs[LABELS[name]]
        group.links.new(source, target)


def played_inputs(group: bpy.types.NodeTree) -> list[bpy.types.NodeSocket]:
    """What `play` links: the group's outputs, and in place of the normal what takes it encoded."""
    output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
    normal = LOOKS["normal"].label
    return [group.nodes[_NORMAL].inputs[0], *(end for end in output.inputs if end.name not in ("", normal))]


def live_outputs(group: bpy.types.NodeTree) -> dict[str, bpy.types.NodeSocket]:
    """Where the images of Live playback give each map, and Change."""
    metallic, change = group.nodes[_LIVE].outputs["Red"], group.nodes[_LIVE_CHANGE].outputs[0]
    whole = {name: group.nodes[name].outputs["Color"] for name in LOOKS}
    return whole | {CARRIER: metallic, CHANGE: change}


def group_images(group: bpy.types.NodeTree) -> dict[str, bpy.types.Image]:
    """The group's images by map; those that the artist threw away are missing."""
    images = (node.image for node in group.nodes if node.bl_idname == "ShaderNodeTexImage")
    return {image["patina_map"]: image for image in images if image is not None and "patina_map" in image}


def owner_name(group: bpy.types.NodeTree) -> str:
    """The name that the group's material had when the group was made."""
    return group.get(_OWNER, "")


def replace_images(group: bpy.types.NodeTree, images: Mapping[str, bpy.types.Image], material_name: str) -> None:
    """Let a copied group sample its own images."""
    group[_OWNER] = material_name
    for node in group.nodes:
        if node.bl_idname == "ShaderNodeTexImage" and node.name in images:
            node.image = images[node.name]


def _add_socket(group: bpy.types.NodeTree, name: str, kind: str, way: str, **values: object) -> None:
    item = group.interface.new_socket(name, in_out=way, socket_type=f"NodeSocket{kind}")
    for key, value in values.items():
        setattr(item, key, value)


def _add_change(group: bpy.types.NodeTree) -> None:
    """The nodes that Change comes from in Live playback, and where it is not known."""
    writer = Writer(group, row=4)
    parted = writer.node("ShaderNodeSeparateColor", Color=group.nodes[CARRIER].outputs["Color"])
    parted.name = parted.label = _LIVE
    change = change_of(writer, parted.outputs["Green"]).node
    change.name = change.label = _LIVE_CHANGE
    age = writer.node("NodeGroupInput").outputs["Age"]
    clamped = writer.node("ShaderNodeClamp", Value=age)
    clamped.name = clamped.label = _UNKNOWN


def _add_interface(group: bpy.types.NodeTree) -> None:
    def add(name: str, kind: str, way: str, **values: object) -> None:
        _add_socket(group, name, kind, way, **values)

    unit = {"min_value": 0.0, "max_value": 1.0, "subtype": "FACTOR"}
    age = "How far the material has aged, from 0 (fresh) to 1 (the end of the exemplar)"
    add("Age", "Float", "INPUT", default_value=0.0, description=age, **unit)
    add("Vector", "Vector", "INPUT", hide_value=True, description="Where the texture is sampled, such as UV")
    repeats = "How often 256 texels of the material repeat over one unit of Vector"
    add("Scale", "Float", "INPUT", default_value=1.0, min_value=0.0, max_value=1000.0, description=repeats)
    strength = "Strength of the normal map"
    add("Strength", "Float", "INPUT", default_value=1.0, min_value=0.0, max_value=10.0, description=strength)
    kinds = {"base_color": "Color", "normal": "Vector"}
    for name, look in LOOKS.items():
        add(look.label, kinds.get(name, "Float"), "OUTPUT")
    add(CHANGE_LABEL, "Float", "OUTPUT", description=_CHANGE)


def _texture(writer: Writer, image: bpy.types.Image, position: Value) -> bpy.types.NodeSocket:
    node = writer.node("ShaderNodeTexImage", Vector=position)
    node.name = node.label = image["patina_map"]
    node.image = image
    node.interpolation, node.projection, node.extension = "Linear", "FLAT", "REPEAT"
    return node.outputs["Color"]


def _normal(writer: Writer, encoded: Value, coordinates: Value, strength: Value) -> bpy.types.NodeSocket:
    """Turn tangent-space normals into world space along the coordinates that they were sampled with.

    The Normal Map node knows the tangents of a UV map only, and lights a rotated Mapping or generated coordinates
    wrongly. A Bump node tilts the normal N by the surface gradient of its height (Mikkelsen 2010), to Nx; hence
    grad h = N - Nx / (N . Nx). With the coordinates themselves as height, that gives the tangents. (Seen from behind, N
    points to the viewer and a bump is a dent; the Bump node turns its gradient accordingly.)
    """
    geometry = writer.node("ShaderNodeNewGeometry").outputs
    surface = geometry["Normal"]
    doubled = writer.vector("SCALE", encoded, 2.0)
    doubled.node.name = doubled.node.label = _NORMAL
    decoded = writer.vector("SUBTRACT", doubled, (1.0, 1.0, 1.0))
    x, y, z = writer.split(decoded)
    u, v, _ = writer.split(coordinates)

    normal = writer.vector("SCALE", surface, z)
    for height, amount in ((u, x), (v, y)):
        bump = writer.node("ShaderNodeBump", Strength=1.0, Distance=1.0, Height=height).outputs["Normal"]
        inverse = writer.math("DIVIDE", 1.0, writer.vector("DOT_PRODUCT", surface, bump))
        gradient = writer.vector("SUBTRACT", surface, writer.vector("SCALE", bump, inverse))
        tangent = writer.vector("NORMALIZE", gradient)
        tilt = writer.vector("SCALE", tangent, writer.math("MULTIPLY", amount, strength))
        normal = writer.vector("ADD", normal, tilt)
    return writer.vector("NORMALIZE", normal)
