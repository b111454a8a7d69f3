"""Materials that age: which they are, how one becomes or ceases to be one, and that none shares its images."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from . import library
from .age.group import SOURCE_GROUP
from .atlas.nodes import atlas_groups, atlas_images, drop_unused
from .baking.sequence_nodes import sequence_images
from .errors import MaterialError
from .images import make_images
from .layers import surfaces
from .maps import LOOKS
from .node_group import group_images, make_group, owner_name, replace_images, upgrade_group
from .nodes import drop_shared_group, tagged
from .repeats import repeats_shown
from .repeats_places import PLACES_GROUP
from .versions import fcurve_collections, has_nodes, own_action, use_nodes
from .wiring import GROUP, find_principled, join, join_over, part


def group_node(material: bpy.types.Material) -> bpy.types.Node | None:
    """The node of Patina's group in a material, or None."""
    if not material.patina.model_stored or not has_nodes(material):
        return None
    return next((node for node in tagged(material.node_tree, GROUP) if node.node_tree is not None), None)


def shown_materials() -> Iterator[bpy.types.Material]:
    """All materials that Patina ages. Linked ones belong to another file, but pixels to none: these are shown."""
    for material in bpy.data.materials:
        if group_node(material) is not None:
            yield material


def ageing_materials() -> Iterator[bpy.types.Material]:
    """The materials of this file that Patina ages; linked ones belong to another file and are not changed."""
    return (material for material in shown_materials() if material.library is None)


def upgrade_groups() -> None:
    """Bring the groups of an older file up to what this Patina gives."""
    for material in ageing_materials():
        upgrade_group(group_node(material).node_tree)


def check_editable(block: bpy.types.ID) -> None:
    """Raises MaterialError for a material, or an object's data, that belongs to another file."""
    if block.library is not None or block.override_library is not None:
        kind = block.bl_rna.name.lower()
        raise MaterialError(
            f"The {kind} {block.name!r} is linked from another file", "make it local, then use Patina on it"
        )


def add_patina(material: bpy.types.Material, model: str, *, layer: bool = False) -> bpy.types.Node:
    """Make a material age by a model. Raises MaterialError or InvalidModelError and then changes nothing.

    layer: lay the aged surface over what the material shows, by how far it has changed; else feed its Principled BSDF.
    """
    check_editable(material)
    header = library.model_header(model)
    if group_node(material) is not None:
        raise MaterialError(f"The material {material.name!r} has Patina already", "choose its model in the panel")
    tree = use_nodes(material)
    if layer:
        surfaces(tree)
    else:
        find_principled(tree)
    for node in list(tagged(tree)):  # left behind where the group itself was deleted by hand
        tree.nodes.remove(node)
    settings = material.patina
    extent = settings.resolution_stored
    multiple = header.extent_multiple
    settings.resolution_stored = extent = -(-extent // multiple) * multiple
    images = make_images(material.name, extent)
    node = (join_over if layer else join)(tree, make_group(material.name, images, extent))
    settings.model_stored, settings.model_hash = model, header.sha256
    return node


def remove_patina(material: bpy.types.Material) -> None:
    """Put a material back as it was. Raises MaterialError where it does not age."""
    check_editable(material)
    node = group_node(material)
    if node is None:
        raise MaterialError(f"The material {material.name!r} does not age", "nothing is to be removed")
    group = node.node_tree
    images = {*group_images(group).values(), *atlas_images(group), *sequence_images(group)} - {None}
    inner = atlas_groups(group)
    tree = material.node_tree
    remove_animation(tree, [found.name for found in tagged(tree)])
    part(tree)
    drop_shared_group(SOURCE_GROUP)
    if group.users == 0:
        bpy.data.node_groups.remove(group)
        drop_unused(inner)
        drop_shared_group(PLACES_GROUP)
        for image in images:
            if image.users == 0:
                bpy.data.images.remove(image)
    material.property_unset("patina")


def remove_animation(tree: bpy.types.NodeTree, names: list[str]) -> None:
    """Remove keys and drivers of nodes; an action shared with another material is copied first."""
    paths = tuple(f'nodes["{bpy.utils.escape_identifier(name)}"]' for name in names)
    data = tree.animation_data
    if data is None:
        return
    if any(curve.data_path.startswith(paths) for curves in fcurve_collections(tree) for curve in curves):
        own_action(tree)
    for curves in [*fcurve_collections(tree), data.drivers]:
        for curve in [curve for curve in curves if curve.data_path.startswith(paths)]:
            curves.remove(curve)
    action = data.action
    if action is not None and not any(len(curves) for curves in fcurve_collections(tree)) and not data.nla_tracks:
        tree.animation_data_clear()
        if action.users == 0:
            bpy.data.actions.remove(action)


def restore_images() -> bool:
    """Make images of Live playback anew that were deleted, blank until their maps come. Whether there were any."""
    restored = False
    for material in ageing_materials():
        group = group_node(material).node_tree
        lacking = [name for name in LOOKS if name in group.nodes and group.nodes[name].image is None]
        if lacking:
            made = make_images(material.name, material.patina.resolution_stored, lacking)
            with repeats_shown(group):
                replace_images(group, made, owner_name(group))
            restored = True
    return restored


def separate_duplicates() -> list[bpy.types.Material]:
    """Give every material that shares its group (a duplicated one does) a group and images of its own."""
    users: dict[bpy.types.NodeTree, list[bpy.types.Material]] = {}
    for material in ageing_materials():
        users.setdefault(group_node(material).node_tree, []).append(material)
    separated = []
    for group, materials in users.items():
        if len(materials) == 1 and group.library is None:
            continue
        keeper = next((material for material in materials if material.name == owner_name(group)), materials[0])
        for material in materials:
            if material != keeper or group.library is not None:
                _make_single(material)
                separated.append(material)
    return separated


def _make_single(material: bpy.types.Material) -> None:
    node = group_node(material)
    node.node_tree = node.node_tree.copy()
    node.node_tree.name = f"Patina {material.name}"
    with repeats_shown(node.node_tree):
        replace_images(node.node_tree, make_images(material.name, material.patina.resolution_stored), material.name)
