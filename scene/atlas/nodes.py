"""What is inside the group while it plays an atlas: plain nodes that blend the two nearest kept ages at every point.

Each age is a tile of three tiled (UDIM) images. Tiles of one size are separate layers on the GPU: ages never mix.

The trap: a tile is looked up by coordinates after FRACTION, and Eevee chooses mip levels from the differences of these
between neighbouring pixels. Where they jump, at every wrap, it would take a level far too coarse: a seam. So every tile
is looked up three times, with coordinates that are equal modulo 1 but jump at different places, a third of the texture
apart, and each point takes one that jumps at least a sixth of the texture away. Two lookups would not do: the borders
of any two fundamental domains of a torus cross somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import bpy

from ...engine.atlas.layout import COLUMNS, HALVES, PICTURES, SCALARS, margin_texels, side_texels
from ...engine.maps.map_names import CHANGE, DEPARTURE
from ..change import change_of
from ..maps import UNIT
from ..nodes import Value, Writer

_PART = "patina_part"
_ATLAS = "atlas"
_APART = 1 / 3  # of the texture, between the jumps of two lookups


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
    lookups, near = _lookups(writer, inputs["Vector"], inputs["Scale"], extent)
    tiles, share = _neighbours(writer, inputs["Age"], ages)
    seen = {picture: _Seen(writer, images[picture], lookups, near, tiles) for picture in PICTURES}

    surface = seen["surface"].colors()
    bends = _bends(writer, seen, surface, share) if shares else {}

    def bent(name: str, value: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        """The value of a map with its shares of the bends."""
        for other, part in shares.get(name, {}).items():
            low, high, *_ = bounds[other]
            value = writer.math("MULTIPLY_ADD", bends[other], part * (high - low), value)
        return value

    outputs: dict[str, bpy.types.NodeSocket] = {}
    if change:
        outputs[CHANGE] = change_of(writer, bent(DEPARTURE, writer.mix_numbers(share, *seen["surface"].alphas())))
    # Square roots are blended, as the kept ages were chosen for.
    roots = [writer.node("ShaderNodeGamma", Color=end, Gamma=0.5).outputs[0] for end in seen["base_color"].colors()]
    outputs["base_color"] = writer.node("ShaderNodeGamma", Color=writer.mix(share, *roots), Gamma=2.0).outputs[0]
    outputs["normal"] = writer.mix(share, *seen["normal"].colors())
    if "normal" in bounds:  # pictures of earlier Patinas hold all of its range
        low, high, *_ = bounds["normal"]
        widths = (high - low, high - low, 1.0)
        outputs["normal"] = writer.vector("MULTIPLY_ADD", outputs["normal"], widths, (low, low, 0.0))
    blended = writer.node("ShaderNodeSeparateColor", Color=writer.mix(share, *surface))
    for name, value in zip(SCALARS, blended.outputs, strict=True):
        low, high, least, most = bounds[name]
        decoded = bent(name, writer.math("MULTIPLY_ADD", value, high - low, low))
        outputs[name] = writer.node("ShaderNodeClamp", Value=decoded, Min=least, Max=most).outputs[0]
    for name, value in outputs.items():
        end = writer.node("NodeReroute")
        end.name = _end(name)
        group.links.new(value, end.inputs[0])
    for node in group.nodes:
        if node.name not in before:
            node[_PART] = _ATLAS


def atlas_outputs(group: bpy.types.NodeTree) -> dict[str, bpy.types.NodeSocket]:
    """Where the atlas gives each map and Change, which older ones lack; empty where the group has none."""
    names = (*SCALARS, "base_color", "normal", CHANGE)
    ends = {name: group.nodes.get(_end(name)) for name in names}
    return {name: end.outputs[0] for name, end in ends.items() if end is not None}


def atlas_images(group: bpy.types.NodeTree) -> list[bpy.types.Image]:
    """The images of the group's atlas; None in place of one that was deleted."""
    nodes = [node for node in group.nodes if node.bl_idname == "ShaderNodeTexImage" and node.get(_PART) == _ATLAS]
    return list(dict.fromkeys(node.image for node in nodes))


def clear_atlas(group: bpy.types.NodeTree) -> None:
    """Take the nodes of an atlas out."""
    for node in [node for node in group.nodes if node.get(_PART) == _ATLAS]:
        group.nodes.remove(node)


def _end(name: str) -> str:
    return f"Atlas {name}"


def _lookups(
    writer: Writer, vector: Value, scale: Value, extent: int
) -> tuple[list[bpy.types.NodeSocket], list[bpy.types.NodeSocket]]:
    """Three coordinates within a tile, and whether (0 or 1) the first and the second are too near to a jump."""
    margin = margin_texels(extent) / extent
    width = side_texels(extent) / extent
    position = writer.vector("SCALE", vector, writer.math("MULTIPLY", scale, UNIT / extent))
    lookups, near = [], []
    for start in (0.0, _APART, -_APART):
        turned = writer.vector("FRACTION", writer.vector("SUBTRACT", position, (start, start, 0.0)))
        offset = (start + margin) / width
        within = writer.vector("MULTIPLY_ADD", turned, (1 / width, 1 / width, 0.0), (offset, offset, 0.0))
        lookups.append(within)
        # 0.5 - |fraction - 0.5| is the distance to the nearest jump.
        x, y, _ = writer.split(writer.vector("ABSOLUTE", writer.vector("SUBTRACT", turned, (0.5, 0.5, 0.0))))
        near.append(writer.math("GREATER_THAN", writer.math("MAXIMUM", x, y), 0.5 - _APART / 2))
    return lookups, near[:2]


def _neighbours(
    writer: Writer, age: Value, ages: Sequence[float]
) -> tuple[list[bpy.types.NodeSocket], bpy.types.NodeSocket]:
    """The places of the two tiles that are nearest to an age, and the share of the second.

    The position among the kept ages is the sum of what has passed of each interval between two of them: exact, where a
    curve node would read a table.
    """
    position: Value = 0.0
    for start, end in pairwise(ages):
        passed = writer.math("MULTIPLY_ADD", age, 1 / (end - start), -start / (end - start))
        passed.node.use_clamp = True
        position = writer.math("ADD", position, passed)
    first = writer.math("MINIMUM", writer.math("FLOOR", position), len(ages) - 2.0)
    share = writer.math("SUBTRACT", position, first)
    places = []
    for index in (first, writer.math("ADD", first, 1.0)):
        row = writer.math("FLOOR", writer.math("DIVIDE", writer.math("ADD", index, 0.5), COLUMNS))
        column = writer.math("MULTIPLY_ADD", row, -COLUMNS, index)
        places.append(writer.node("ShaderNodeCombineXYZ", X=column, Y=row).outputs[0])
    return places, share


def _bends(
    writer: Writer, seen: Mapping[str, _Seen], surface: Sequence[Value], share: Value
) -> dict[str, bpy.types.NodeSocket]:
    """How far each map that has a value halfway between the ages lies off the straight line between them (see
    `engine.atlas.kept_life`), as pictures encode it."""
    hat = writer.math("MINIMUM", writer.math("MULTIPLY", share, 2.0), writer.math("MULTIPLY_ADD", share, -2.0, 2.0))
    middle = writer.node("ShaderNodeSeparateColor", Color=writer.mix(0.5, *surface))
    bends = {}
    for name, straight in zip(SCALARS, middle.outputs, strict=True):
        if name in HALVES:
            picture = next(picture for picture, parts in PICTURES.items() if HALVES[name] in parts)
            halfway = seen[picture].alphas()[0]
            bends[name] = writer.math("MULTIPLY", writer.math("SUBTRACT", halfway, straight), hat)
    return bends


class _Seen:
    """One picture's two tiles, each as the lookups that no jump is near to see it."""

    def __init__(
        self,
        writer: Writer,
        image: bpy.types.Image,
        lookups: Sequence[Value],
        near: Sequence[Value],
        tiles: Sequence[Value],
    ):
        self._writer, self._near = writer, near
        self._samples = [
            [_sample(writer, image, writer.vector("ADD", lookup, tile)) for lookup in lookups] for tile in tiles
        ]

    def colors(self) -> list[bpy.types.NodeSocket]:
        """Red, green and blue of both tiles."""
        return self._both("Color", self._writer.mix)

    def alphas(self) -> list[bpy.types.NodeSocket]:
        """The alpha channel of both tiles."""
        return self._both("Alpha", self._writer.mix_numbers)

    def _both(self, output: str, mix: Callable[..., bpy.types.NodeSocket]) -> list[bpy.types.NodeSocket]:
        ends = []
        for samples in self._samples:
            first, second, third = (node.outputs[output] for node in samples)
            ends.append(mix(self._near[0], first, mix(self._near[1], second, third)))
        return ends


def _sample(writer: Writer, image: bpy.types.Image, coordinates: Value) -> bpy.types.Node:
    node = writer.node("ShaderNodeTexImage", Vector=coordinates)
    node.image = image
    node.interpolation, node.projection, node.extension = "Linear", "FLAT", "EXTEND"
    return node
