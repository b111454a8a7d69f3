"""The aged maps of an object in its own UV layout: Age of every point and all, by Blender's own bake.

Everything happens on copies in a scene of their own: the artist's scene, settings and materials are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from .. import playback
from ..baking.sequence import check_folder, file_stem
from ..color import linear_to_srgb
from ..errors import BakeError
from ..maps import CHANGE_LABEL, LOOKS
from ..materials import group_node
from ..node_group import group_images
from ..nodes import Writer, socket
from ..versions import set_view, use_nodes
from .keyed import keyed_age

AGE = "age"
UV_MAPS = (*LOOKS, "change", AGE)
_SAMPLES = 4
_SHIFT = 0.5  # of heights, which may be negative and are emitted


@dataclass(frozen=True)
class UvBake:
    """maps: out of `UV_MAPS`. size, margin: pixels. exr: linear half floats, else PNG of 8 bits for colour and normals
    and 16 for the rest, colour as sRGB and heights shifted by 0.5. directx: normals with y down."""

    maps: tuple[str, ...]
    size: int = 1024
    margin: int = 16
    exr: bool = False
    directx: bool = False


def bake_uv(thing: bpy.types.Object, directory: str, bake: UvBake, scene: bpy.types.Scene) -> Iterator[Path]:
    """Write a picture a map, as the object is at the scene's frame, yielding each.

    Raises BakeError where the object has no UV map or nothing that ages, where its maps cannot be had, or the folder
    cannot be written to.
    """
    _check(thing, bake)
    _show_frame(thing, scene)
    folder = check_folder(directory)
    with _stage(thing, scene, bake) as (stage, clone, copies, image):
        for name in bake.maps:
            for copy, node_name, age in copies:
                _wire(copy, node_name, age, name)
            arguments = {"type": "NORMAL" if name == "normal" else "EMIT", "margin": bake.margin, "use_clear": True}
            if name == "normal":
                arguments |= {"normal_space": "TANGENT", "normal_g": "NEG_Y" if bake.directx else "POS_Y"}
            layer = stage.view_layers[0]
            with bpy.context.temp_override(
                scene=stage, view_layer=layer, active_object=clone, object=clone, selected_objects=[clone]
            ):
                bpy.ops.object.bake(target="IMAGE_TEXTURES", save_mode="INTERNAL", **arguments)
            path = folder / f"{file_stem(thing.name)}_{name}{'.exr' if bake.exr else '.png'}"
            _save(image, stage, path, name, bake)
            yield path


def _check(thing: bpy.types.Object, bake: UvBake) -> None:
    if thing.type != "MESH" or not thing.data.polygons:
        raise BakeError(f"{thing.name!r} is no mesh with faces", "choose one")
    if thing.mode == "EDIT":
        raise BakeError(f"{thing.name!r} is in Edit Mode", "leave it, then bake")
    if thing.data.uv_layers.active is None:
        raise BakeError(f"{thing.name!r} has no UV map", "unwrap it, then bake")
    if not any(slot.material is not None and group_node(slot.material) for slot in thing.material_slots):
        raise BakeError(f"No material of {thing.name!r} ages", "add Patina to one, then bake")
    if not bake.maps:
        raise BakeError("No map is chosen", "choose at least one")


def _show_frame(thing: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Let what plays live show the maps of this frame. Raises BakeError where they cannot be had."""
    playback.show_exactly(bpy.context.evaluated_depsgraph_get(), scene.frame_current_final)
    for material in {slot.material for slot in thing.material_slots} - {None}:
        node = group_node(material)
        image = group_images(node.node_tree).get("base_color") if node is not None else None
        if image is None or material.patina.playback != "LIVE":
            continue
        if image.size[0] < material.patina.resolution_stored:  # a missing texture is a few texels of magenta
            raise BakeError(
                f"The maps of {material.name!r} at this frame cannot be had", "see why in its panel, or bake its atlas"
            )


Copies = list[tuple[bpy.types.Material, str, tuple[str, str] | float]]


@contextmanager
def _stage(
    thing: bpy.types.Object, scene: bpy.types.Scene, bake: UvBake
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Object, Copies, bpy.types.Image]]:
    """A scene of its own with a copy of the object, whose materials are copies, and the image to bake into."""
    stage = bpy.data.scenes.new("Patina UV Bake")
    clone = thing.copy()
    image = bpy.data.images.new("Patina UV Bake", bake.size, bake.size, float_buffer=True, is_data=True)
    copies: Copies = []
    made: list[bpy.types.ID] = [clone, image]
    try:
        _prepare(stage, scene)
        stage.collection.objects.link(clone)
        clone.hide_render = False
        for slot, own in zip(clone.material_slots, [slot.material for slot in thing.material_slots], strict=True):
            copy = _copied(own, image, copies)
            made.append(copy)
            slot.link = "OBJECT"
            slot.material = copy
        stage.frame_set(scene.frame_current, subframe=scene.frame_subframe)
        yield stage, clone, copies, image
    finally:
        bpy.data.scenes.remove(stage)
        bpy.data.batch_remove(made)


def _prepare(stage: bpy.types.Scene, scene: bpy.types.Scene) -> None:
    try:
        stage.render.engine = "CYCLES"
    except TypeError as error:
        raise BakeError("Cycles is switched off", "enable it in the preferences, under Add-ons") from error
    stage.cycles.samples, stage.cycles.use_denoising = _SAMPLES, False
    stage.cycles.pixel_filter_type, stage.cycles.filter_width = "BOX", 1.0  # a pixel sees itself alone
    stage.render.fps = scene.render.fps
    stage.render.dither_intensity = 0.0
    set_view(stage, "Raw", 1.0)  # pixels are written as they are


def _copied(own: bpy.types.Material | None, image: bpy.types.Image, copies: Copies) -> bpy.types.Material:
    """A copy that is no longer Patina's, so that nobody gives it images of its own; black where nothing ages."""
    node = group_node(own) if own is not None else None
    if node is None:
        copy = bpy.data.materials.new("Patina UV Bake")
        tree = use_nodes(copy)
        tree.nodes.clear()
        Writer(tree).node("ShaderNodeOutputMaterial")
    else:
        copy = own.copy()
        age = node.inputs["Age"]
        keyed = keyed_age(node)
        if age.is_linked:
            source = age.links[0].from_socket
            copies.append((copy, node.name, (source.node.name, source.identifier)))
        else:
            copies.append((copy, node.name, keyed.default_value))
        copy.property_unset("patina")
    tree = copy.node_tree
    target = tree.nodes.new("ShaderNodeTexImage")
    target.image = image
    tree.nodes.active = target
    return copy


def _wire(copy: bpy.types.Material, name: str, age: tuple[str, str] | float, map_name: str) -> None:
    """Let a copy show one map: what it emits, or the normal of what it reflects."""
    tree = copy.node_tree
    node = tree.nodes[name]
    writer = Writer(tree)
    if map_name == "normal":
        shader = writer.node("ShaderNodeBsdfDiffuse", Normal=node.outputs[LOOKS["normal"].label]).outputs[0]
    else:
        shader = writer.node("ShaderNodeEmission", Color=_value(writer, node, age, map_name)).outputs[0]
    output = tree.get_output_node("CYCLES")
    tree.links.new(shader, socket(output.inputs, "Surface"))


def _value(writer: Writer, node: bpy.types.Node, age: tuple[str, str] | float, map_name: str) -> bpy.types.NodeSocket:
    if map_name == AGE:
        if isinstance(age, tuple):
            linked = writer.tree.nodes[age[0]]
            return writer.math("ADD", socket(linked.outputs, age[1]), 0.0)
        return writer.math("ADD", age, 0.0)
    if map_name == "change":
        return node.outputs[CHANGE_LABEL]
    value = node.outputs[LOOKS[map_name].label]
    return writer.math("ADD", value, _SHIFT) if map_name == "height" else value


def _save(image: bpy.types.Image, stage: bpy.types.Scene, path: Path, name: str, bake: UvBake) -> None:
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    values = pixels.reshape(-1, 4)
    if bake.exr and name == "height":
        values[:, :3] -= _SHIFT
    if not bake.exr and name == "base_color":
        values[:, :3] = linear_to_srgb(np.clip(values[:, :3], 0, 1))
    values[:, 3] = 1.0
    image.pixels.foreach_set(pixels)
    settings = stage.render.image_settings
    colored = name in ("base_color", "normal")
    settings.file_format = "OPEN_EXR" if bake.exr else "PNG"
    settings.color_depth = "16" if bake.exr or not colored else "8"
    settings.color_mode = "RGB" if colored or bake.exr else "BW"
    try:
        image.save_render(str(path), scene=stage)
    except RuntimeError as error:
        raise BakeError(f"{path} cannot be written ({error})", "choose another folder") from error
