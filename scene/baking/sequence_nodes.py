"""What is inside the group while it plays a baked sequence: plain image sequences, which Blender plays by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import bpy

from ...engine.maps.picture_settings import PACKED
from ..errors import BakeError
from ..maps import LOOKS, UNIT
from ..nodes import PART, Value, Writer, node_keys, node_path, remove_nodes
from ..working_space import tag_linear_rec709, tag_srgb
from .record import BakeRecord, read_record
from .settings import DIRECTX

_SEQUENCE = "sequence"
_RECORD = "patina_sequence"  # on the group: the path of the sidecar; it goes where the group goes


def remember_sequence(group: bpy.types.NodeTree, sidecar: Path) -> None:
    """Note where a bake of the group's material is; relative to a .blend that is saved."""
    path = str(sidecar)
    if bpy.data.filepath:
        with suppress(ValueError):  # another drive
            path = bpy.path.relpath(path)
    group[_RECORD] = path


def sequence_path(group: bpy.types.NodeTree) -> Path | None:
    """The sidecar of the last bake of the group's material."""
    path = group.get(_RECORD)
    return Path(bpy.path.abspath(path)) if path else None


def sequence_outputs(group: bpy.types.NodeTree) -> dict[str, bpy.types.NodeSocket]:
    """Where a sequence gives each map, built anew from the sidecar; empty where nothing was baked.

    Raises BakeError, and changes nothing, where the bake cannot be played.
    """
    sidecar = sequence_path(group)
    record = read_record(sidecar) if sidecar is not None else None
    if record is None:
        return {}
    _check(sidecar, record)
    clear_sequence(group)
    return _build(group, sidecar.parent, record)


def clear_sequence(group: bpy.types.NodeTree) -> None:
    """Take a sequence out of a group, with the images that nothing else uses."""
    images = sequence_images(group)
    remove_nodes(group, [node for node in group.nodes if node.get(PART) == _SEQUENCE])
    for image in images:
        if image.users == 0:
            bpy.data.images.remove(image)


def sequence_images(group: bpy.types.NodeTree) -> list[bpy.types.Image]:
    """The images of the group's sequence; those that were deleted are missing."""
    nodes = (node for node in group.nodes if node.get(PART) == _SEQUENCE and node.bl_idname == "ShaderNodeTexImage")
    return [node.image for node in nodes if node.image is not None]


def _check(sidecar: Path, record: BakeRecord) -> None:
    """Raises BakeError where the record's pictures are not all there, or Blender cannot play them."""
    name = f"The bake of {record.material!r}"
    if not record.frames:
        raise BakeError(f"{name} has no whole frame yet", "bake again")
    if record.made["tiles"]:
        raise BakeError(f"{name} has UDIM tiles, of which Blender plays no sequences", "bake without tiles")
    if min(record.frames) < 0:
        raise BakeError(f"{name} has frames below 0, which Blender does not play", "bake from frame 0 on")
    given = {*record.files, *(("roughness", "metallic") if PACKED in record.files else ())}
    if missing := [LOOKS[map_name].label for map_name in LOOKS if map_name not in {*given, "height"}]:
        raise BakeError(f"{name} has no {', '.join(missing)}", "bake these maps too")
    for frame in sorted(record.frames):
        for pattern in record.files.values():
            if not (sidecar.parent / pattern.replace("####", f"{frame:04d}")).is_file():
                raise BakeError(f"Frame {frame} of {name[0].lower()}{name[1:]} is gone", "bake again")


def _build(group: bpy.types.NodeTree, folder: Path, record: BakeRecord) -> dict[str, bpy.types.NodeSocket]:
    before = {node.name for node in group.nodes}
    writer = Writer(group, row=-6)
    inputs = writer.node("NodeGroupInput").outputs
    repeats = writer.math("MULTIPLY", inputs["Scale"], UNIT / record.made["resolution"])
    position = writer.vector("SCALE", inputs["Vector"], repeats)
    frames = sorted(record.frames)
    colors = {name: _texture(writer, folder, record, name, frames, position) for name in record.files}
    outputs: dict[str, bpy.types.NodeSocket] = {}
    if PACKED in colors:
        packed = writer.node("ShaderNodeSeparateColor", Color=colors.pop(PACKED)).outputs
        outputs = {"roughness": packed["Green"], "metallic": packed["Blue"]}
    outputs |= colors
    outputs["height"] = _height(writer, colors.get("height"), record)
    if record.made["normals"] == DIRECTX:
        outputs["normal"] = writer.vector("ABSOLUTE", writer.vector("SUBTRACT", outputs["normal"], (0.0, 1.0, 0.0)))
    for node in group.nodes:
        if node.name not in before:
            node[PART] = _SEQUENCE
    return outputs


def _height(writer: Writer, color: Value | None, record: BakeRecord) -> bpy.types.NodeSocket:
    """Heights as they were: in PNG they are shifted by 0.5; where there are none, they are level."""
    if color is None:
        return writer.math("ADD", 0.0, 0.0)
    return writer.math("SUBTRACT", color, 0.0 if record.made["data"] == "exr" else 0.5)


def _texture(
    writer: Writer, folder: Path, record: BakeRecord, name: str, frames: Sequence[int], position: Value
) -> bpy.types.NodeSocket:
    node = writer.node("ShaderNodeTexImage", Vector=position)
    node.name = node.label = f"Sequence {name}"
    node.image = _load(folder / record.files[name].replace("####", f"{frames[0]:04d}"), name, record.made)
    node.image.name = f"{record.material} {name} sequence (Patina)"
    node.interpolation, node.projection, node.extension = "Linear", "FLAT", "REPEAT"
    user = node.image_user
    user.use_auto_refresh, user.use_cyclic = True, False
    # Blender shows file (frame - start + 1, held between 1 and duration) + offset.
    user.frame_start, user.frame_duration, user.frame_offset = frames[0], frames[-1] - frames[0] + 1, frames[0] - 1
    _hold(writer.tree, node, frames)
    return node.outputs["Color"]


def _hold(group: bpy.types.NodeTree, node: bpy.types.ShaderNodeTexImage, frames: Sequence[int]) -> None:
    """Where frames were left out, keys of the offset hold the last one that there is."""
    path = f"{node_path(node)}.image_user.frame_offset"
    even = frames[0] - 1
    keys = {}
    for frame, following in pairwise(frames):
        if following == frame + 1 and not keys:
            continue
        keys |= {held: even - (held - frame) for held in range(frame, following)}
    if not keys:
        return
    keys = {frames[0]: even, **keys, frames[-1]: even}
    for frame, offset in keys.items():
        node.image_user.frame_offset = offset
        group.keyframe_insert(path, frame=frame)
    for _, curve in node_keys(group, node):
        for key in curve.keyframe_points:
            key.interpolation = "CONSTANT"


def _load(path: Path, name: str, made: Mapping[str, object]) -> bpy.types.Image:
    image = bpy.data.images.load(str(path), check_existing=False)
    image.source = "SEQUENCE"
    if name != "base_color":
        image.colorspace_settings.is_data = True
    elif made["color"] == "exr":
        tag_linear_rec709(image)
    else:
        tag_srgb(image)
    image.alpha_mode = "NONE"
    if bpy.data.filepath:
        with suppress(ValueError):
            image.filepath_raw = bpy.path.relpath(str(path))
    return image
