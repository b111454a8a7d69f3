"""Sources of Age in a material: a chain of groups before the node group, each of which lets some places age first."""

from __future__ import annotations

import bpy

from ..errors import MaterialError
from ..materials import check_editable, group_node
from ..nodes import Writer, drop_shared_group, tag
from .attributes import begin_paint, measure_edges
from .group import SOURCE_GROUP, source_group
from .keyed import SOURCE, keyed_age, move_age, sources_of
from .kinds import KINDS

_PART, _OF, _KIND = "age part", "patina_source", "patina_kind"


def material_sources(material: bpy.types.Material) -> list[bpy.types.Node]:
    """The sources of a material, the keyed Age's own first."""
    node = group_node(material)
    return sources_of(node)[::-1] if node is not None else []


def source_kind(node: bpy.types.Node) -> str:
    """The kind of a source, one of KINDS."""
    return node.get(_KIND, "")


def add_source(material: bpy.types.Material, thing: bpy.types.Object | None, kind: str) -> bpy.types.Node:
    """Let some places of a material age first. thing: the object it is chosen on. What is there is measured again.

    Raises MaterialError, and changes nothing, where the material or its meshes cannot take the source.
    """
    check_editable(material)
    patina = group_node(material)
    if patina is None:
        raise MaterialError(f"The material {material.name!r} does not age", "add Patina to it first")
    if kind == "PAINT":
        if thing is None:
            raise MaterialError("There is no object to paint on", "choose one that wears the material")
        begin_paint(thing)
    elif kind in ("EDGES", "CAVITIES"):
        measure_edges(material, cavities=kind == "CAVITIES")
    there = sources_of(patina)
    again = next((source for source in there if source_kind(source) == kind), None)
    if again is not None and KINDS[kind].is_on_mesh:
        return again  # measured again, or painted on; the same attribute twice would say nothing new
    tree = material.node_tree
    found = KINDS[kind]
    number = len(there)
    node = _build(tree, kind, thing)
    for name in ("Amount", "Softness", "Delay"):
        node.inputs[name].default_value = getattr(found, name.lower())
    _arrange(tree, node, patina, number)
    age = patina.inputs["Age"]
    if number == 0:
        move_age(age, node.inputs["Age"])
    if age.is_linked:
        tree.links.new(age.links[0].from_socket, node.inputs["Age"])
    tree.links.new(node.outputs["Age"], age)
    return node


def remove_source(material: bpy.types.Material, name: str) -> None:
    """Take a source out; Age passes where it was, and the last one hands keys and value back to the group.

    Raises MaterialError where there is none of that name.
    """
    check_editable(material)
    patina = group_node(material)
    found = sources_of(patina) if patina is not None else []
    node = next((source for source in found if source.name == name), None)
    if node is None:
        raise MaterialError(f"The material {material.name!r} has no source {name!r}", "choose one from the panel")
    tree = material.node_tree
    age = node.inputs["Age"]
    if node == found[-1]:
        following = found[-2] if len(found) > 1 else patina
        move_age(age, following.inputs["Age"])
    before = age.links[0].from_socket if age.is_linked else None
    targets = [link.to_socket for link in node.outputs["Age"].links]
    for part in [other for other in tree.nodes if other.get(_OF) == name]:
        tree.nodes.remove(part)
    tree.nodes.remove(node)
    if before is not None:
        for target in targets:
            tree.links.new(before, target)
    drop_shared_group(SOURCE_GROUP)


def _build(tree: bpy.types.NodeTree, kind: str, thing: bpy.types.Object | None) -> bpy.types.Node:
    """The nodes of a source, unplaced: its group, what feeds it, and a frame round them."""
    before = {node.name for node in tree.nodes}
    writer = Writer(tree)
    value = KINDS[kind].build(writer, thing)
    parts = [node for node in tree.nodes if node.name not in before]
    node = tag(writer.node("ShaderNodeGroup"), SOURCE)
    node.node_tree = source_group()
    node.name = node.label = f"Patina {KINDS[kind].label}"
    node.width, node[_KIND] = 180, kind
    tree.links.new(value, node.inputs["Source"])
    frame = writer.node("NodeFrame")
    frame.name = frame.label = f"{node.name} (Age)"
    for part in (*parts, frame):
        tag(part, _PART)[_OF] = node.name
    for part in (*parts, node):
        part.parent = frame
    return node


def _arrange(tree: bpy.types.NodeTree, node: bpy.types.Node, patina: bpy.types.Node, number: int) -> None:
    """Place a source left of the group, each further one further down."""
    x, y = patina.location
    y -= 420 + 300 * number
    parts = [part for part in tree.nodes if part.get(_OF) == node.name and part.bl_idname != "NodeFrame"]
    for place, part in enumerate(reversed(parts)):
        part.location = (x - 460 - 190 * place, y)
    node.location = (x - 260, y)


def age_is_local(material: bpy.types.Material) -> bool:
    """Whether the Age of a material may differ from point to point."""
    node = group_node(material)
    return node is not None and (node.inputs["Age"].is_linked or keyed_age(node).is_linked)
