"""What is inside the group while it plays an atlas: plain nodes that blend the two nearest kept ages at every point.

Each age is a tile of three tiled (UDIM) images. Tiles of one size are separate layers on the GPU: ages never mix. These
nodes are a group of their own: all that Blender does with nodes takes time that grows with the tree that they are in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy

from ...engine.atlas.layout import HALVES, PICTURES, SCALARS, margin_texels, side_texels
from ...engine.maps.map_names import CHANGE, DEPARTURE
from ..change import change_of
from ..maps import LABELS, UNIT
from ..nodes import PART, Value, Writer, groups_within, new_group
from .lookups import JUMPS, LOOKUPS, TILES, lookups_group
from .neighbours import neighbours
from .pictures import ATLAS, picture_groups

_KINDS = dict.fromkeys(SCALARS, "Float") | {"base_color": "Color", "normal": "Color", CHANGE: "Float"}


def build_atlas(
    group: bpy.types.NodeTree,
    images: Mapping[str, bpy.types.Image],
    extent: int,
    ages: Sequence[float],
    bounds: Mapping[str, Sequence[float]],
    *,
    shares: Mapping[str, Mapping[str, float]],
    change: bool = True,
) -> None:
    """Add the nodes of an atlas to the group, in place of those of an earlier one; nothing is linked to them yet.

    bounds, shares: see `engine.atlas.make.make_atlas`. Pictures of earlier Patinas have nothing halfway between the
    ages, so no shares, and the first of them no Change.
    """
    clear_atlas(group)
    before = {node.name for node in group.nodes}
    writer = Writer(group, row=6)
    inputs = writer.node("NodeGroupInput").outputs
    position = writer.vector("SCALE", inputs["Vector"], writer.math("MULTIPLY", inputs["Scale"], UNIT / extent))
    atlas = _atlas_group(images, extent, ages, bounds, shares, change)
    writer.group(atlas, Age=inputs["Age"], Position=position).label = "Atlas"
    for node in group.nodes:
        if node.name not in before:
            node[PART] = ATLAS


def atlas_outputs(group: bpy.types.NodeTree) -> dict[str, bpy.types.NodeSocket]:
    """Where the atlas gives each map and Change, which older ones lack; empty where the group has none."""
    for node in group.nodes:
        if node.get(PART) == ATLAS and node.bl_idname == "ShaderNodeGroup" and node.node_tree is not None:
            return {name: node.outputs[LABELS[name]] for name in _KINDS if LABELS[name] in node.outputs}
    ends = {name: group.nodes.get(f"Atlas {name}") for name in _KINDS}  # earlier Patinas had all nodes in the one group
    return {name: end.outputs[0] for name, end in ends.items() if end is not None}


def atlas_groups(group: bpy.types.NodeTree) -> list[bpy.types.NodeTree]:
    """The groups that the group's atlas is made of, the outer ones first."""
    outer = [node.node_tree for node in group.nodes if node.get(PART) == ATLAS and getattr(node, "node_tree", None)]
    return list(dict.fromkeys(found for tree in outer for found in (tree, *groups_within(tree))))


def atlas_images(group: bpy.types.NodeTree) -> list[bpy.types.Image]:
    """The images of the group's atlas; None in place of one that was deleted."""
    nodes = [node for tree in (group, *atlas_groups(group)) for node in tree.nodes if node.get(PART) == ATLAS]
    return list(dict.fromkeys(node.image for node in nodes if node.bl_idname == "ShaderNodeTexImage"))


def clear_atlas(group: bpy.types.NodeTree) -> None:
    """Take the nodes of an atlas out."""
    groups = atlas_groups(group)
    for node in [node for node in group.nodes if node.get(PART) == ATLAS]:
        group.nodes.remove(node)
    drop_unused(groups)


def drop_unused(groups: Sequence[bpy.types.NodeTree]) -> None:
    """Take what `atlas_groups` gave out of the file where nothing uses it any more."""
    for group in groups:
        if group.users == 0 and group.library is None:
            bpy.data.node_groups.remove(group)


def _atlas_group(
    images: Mapping[str, bpy.types.Image],
    extent: int,
    ages: Sequence[float],
    bounds: Mapping[str, Sequence[float]],
    shares: Mapping[str, Mapping[str, float]],
    change: bool,
) -> bpy.types.NodeTree:
    """The group that gives the maps, the normal encoded, from an Age and a position in repeats of the texture."""
    kinds = {LABELS[name]: kind for name, kind in _KINDS.items() if change or name != CHANGE}
    group = new_group(".Patina Atlas", {"Age": "Float", "Position": "Vector"}, kinds)
    writer = Writer(group)
    inputs = writer.node("NodeGroupInput").outputs
    first, second, share = neighbours(writer, inputs["Age"], ages)
    side = side_texels(extent)
    shape = {"Texture": extent / side, "Margin": margin_texels(extent) / side}
    looks = writer.group(lookups_group(), Position=inputs["Position"], First=first, Second=second, **shape).outputs
    given = {name.replace(" ", "_"): looks[name] for name in (*LOOKUPS, *JUMPS)}
    seen = {name: writer.group(tree, **given).outputs for name, tree in picture_groups(images).items()}

    def both(picture: str, kind: str) -> list[bpy.types.NodeSocket]:
        """What both tiles of a picture hold."""
        return [seen[picture][f"{tile} {kind}"] for tile in TILES]

    surface = both("surface", "Color")
    halfway = {part: seen[picture]["First Alpha"] for picture, parts in PICTURES.items() for part in parts}
    bends = _bends(writer, halfway, surface, share) if shares else {}

    def bent(name: str, value: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        """The value of a map with its shares of the bends."""
        for other, part in shares.get(name, {}).items():
            low, high, *_ = bounds[other]
            value = writer.math("MULTIPLY_ADD", bends[other], part * (high - low), value)
        return value

    outputs: dict[str, bpy.types.NodeSocket] = {}
    if change:
        outputs[CHANGE] = change_of(writer, bent(DEPARTURE, writer.mix_numbers(share, *both("surface", "Alpha"))))
    # Square roots are blended, as the kept ages were chosen for.
    roots = [writer.node("ShaderNodeGamma", Color=end, Gamma=0.5).outputs[0] for end in both("base_color", "Color")]
    outputs["base_color"] = writer.node("ShaderNodeGamma", Color=writer.mix(share, *roots), Gamma=2.0).outputs[0]
    outputs["normal"] = writer.mix(share, *both("normal", "Color"))
    if "normal" in bounds:  # pictures of earlier Patinas hold all of its range
        low, high, *_ = bounds["normal"]
        widths = (high - low, high - low, 1.0)
        outputs["normal"] = writer.vector("MULTIPLY_ADD", outputs["normal"], widths, (low, low, 0.0))
    blended = writer.node("ShaderNodeSeparateColor", Color=writer.mix(share, *surface))
    for name, value in zip(SCALARS, blended.outputs, strict=True):
        low, high, least, most = bounds[name]
        decoded = bent(name, writer.math("MULTIPLY_ADD", value, high - low, low))
        outputs[name] = writer.node("ShaderNodeClamp", Value=decoded, Min=least, Max=most).outputs[0]
    ends = writer.node("NodeGroupOutput").inputs
    for name, value in outputs.items():
        group.links.new(value, ends[LABELS[name]])
    return group


def _bends(
    writer: Writer, halfway: Mapping[str, Value], surface: Sequence[Value], share: Value
) -> dict[str, bpy.types.NodeSocket]:
    """How far each map that has a value halfway between the ages lies off the straight line between them (see
    `engine.atlas.kept_life`), as pictures encode it."""
    hat = writer.math("MINIMUM", writer.math("MULTIPLY", share, 2.0), writer.math("MULTIPLY_ADD", share, -2.0, 2.0))
    middle = writer.node("ShaderNodeSeparateColor", Color=writer.mix(0.5, *surface))
    return {
        name: writer.math("MULTIPLY", writer.math("SUBTRACT", halfway[HALVES[name]], straight), hat)
        for name, straight in zip(SCALARS, middle.outputs, strict=True)
        if name in HALVES
    }
