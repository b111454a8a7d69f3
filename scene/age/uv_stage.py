"""The scene of its own in which an object's maps are baked: copies of the object and its materials, as one map each.

The artist's scene, settings and materials are not touched, and nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np

from ..errors import BakeError
from ..maps import CHANGE_LABEL, LOOKS
from ..materials import group_node
from ..nodes import Writer, socket
from ..versions import set_view, use_nodes
from .keyed import keyed_age

AGE = "age"
SHIFT = 0.5  # of heights, which may be negative and are emitted
_SAMPLES = 4
_LAYER = "Patina Tile"
_MOST_LAYERS = 8  # UV maps that a mesh of Blender holds

Copies = list[tuple[bpy.types.Material, str, tuple[str, str] | float]]


@contextmanager
def baked(
    thing: bpy.types.Object,
    scene: bpy.types.Scene,
    name: str,
    corner: tuple[int, int],
    *,
    size: int,
    margin: int,
    directx: bool,
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Image]]:
    """One map of the object as it is at the scene's frame: the stage, and the image [size, size] that it is in.

    corner: of the unit square in UV that the image shows. Emitted values are scene-linear, heights shifted by SHIFT,
    normals encoded, directx: with y down. The image's pixels are lost when the block ends. Raises BakeError.
    """
    with _stage(thing, scene, size) as (stage, clone, copies, image, made):
        for copy, node_name, age in copies:
            _wire(copy, node_name, age, name)
        arguments = {"type": "NORMAL" if name == "normal" else "EMIT", "margin": margin, "use_clear": True}
        if name == "normal":
            arguments |= {"normal_space": "TANGENT", "normal_g": "NEG_Y" if directx else "POS_Y"}
        if corner != (0, 0):
            made.append(_shift_uv(clone, corner))
            arguments["uv_layer"] = _LAYER
        layer = stage.view_layers[0]
        with bpy.context.temp_override(
            scene=stage, view_layer=layer, active_object=clone, object=clone, selected_objects=[clone]
        ):
            try:
                bpy.ops.object.bake(target="IMAGE_TEXTURES", save_mode="INTERNAL", **arguments)
            except RuntimeError as error:
                raise BakeError(
                    f"Blender could not bake {thing.name!r} ({error})", "try without its modifiers"
                ) from error
        yield stage, image


def _shift_uv(clone: bpy.types.Object, corner: tuple[int, int]) -> bpy.types.Mesh:
    """Give the clone a mesh of its own with one UV map more, in which the tile lies where tile 1001 does.

    The maps are still sampled by the UVs that the artist made.
    """
    mesh = clone.data.copy()
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers.active.uv.foreach_get("vector", uv)
    if len(mesh.uv_layers) < _MOST_LAYERS:
        mesh.uv_layers.new(name=_LAYER, do_init=False)
    layer = mesh.uv_layers.get(_LAYER)
    if layer is None:
        bpy.data.meshes.remove(mesh)
        raise BakeError(
            f"{clone.name!r} has {_MOST_LAYERS} UV maps, and UDIM tiles need room for one more", "delete one"
        )
    layer.uv.foreach_set("vector", (uv.reshape(-1, 2) - np.array(corner, np.float32)).ravel())
    clone.data = mesh
    return mesh


@contextmanager
def _stage(
    thing: bpy.types.Object, scene: bpy.types.Scene, size: int
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Object, Copies, bpy.types.Image, list[bpy.types.ID]]]:
    """A scene of its own with a copy of the object, whose materials are copies, the image to bake into, and what is
    taken away at the end."""
    stage = bpy.data.scenes.new("Patina UV Bake")
    clone = thing.copy()
    image = bpy.data.images.new("Patina UV Bake", size, size, float_buffer=True, is_data=True)
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
        yield stage, clone, copies, image, made
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
    set_view(stage, "Raw", 1.0)


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
    return writer.math("ADD", value, SHIFT) if map_name == "height" else value
