"""Everything that differs between Blender 4.2 and 5.2, in one place."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

_EEVEE = ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE")  # 4.2 to 4.5; 5.0 and later
# Options of a path property that may begin with //; Blender before 4.5 lets every path do so.
RELATIVE_PATH = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5) else set()


def eevee_name() -> str:
    """The name under which this Blender lists Eevee."""
    known = {item.identifier for item in bpy.types.RenderSettings.bl_rna.properties["engine"].enum_items}
    return next((name for name in _EEVEE if name in known), _EEVEE[bpy.app.version >= (5, 0)])


def use_nodes(material: bpy.types.Material) -> bpy.types.NodeTree:
    """The material's node tree, made if need be. From 5.0 every material has one, and asking for it is deprecated."""
    if bpy.app.version < (5, 0):
        material.use_nodes = True
    return material.node_tree


def has_nodes(material: bpy.types.Material) -> bool:
    """Whether the material is shaded by its nodes."""
    return material.node_tree is not None and (bpy.app.version >= (5, 0) or material.use_nodes)


def fcurve_collections(animated: bpy.types.ID) -> Iterator:
    """The collections of f-curves that animate an ID: the action's own, or from 4.4 its slot's in every layer."""
    data = animated.animation_data
    if data is None or data.action is None:
        return
    yield from _collections(data.action, data)


def animated_curves(animated: bpy.types.ID) -> list[bpy.types.FCurve]:
    """Every f-curve that animates an ID: those of its own action and of the strips of its NLA."""
    data = animated.animation_data
    if data is None:
        return []
    strips = [strip for track in data.nla_tracks for strip in track.strips if strip.action is not None]
    collections = [
        *fcurve_collections(animated),
        *(bag for strip in strips for bag in _collections(strip.action, strip)),
    ]
    return [curve for curves in collections for curve in curves]


def _collections(action: bpy.types.Action, user: bpy.types.AnimData | bpy.types.NlaStrip) -> Iterator:
    """The collections of f-curves of an action that concern who uses it."""
    if bpy.app.version < (4, 4):
        yield action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(user.action_slot) if user.action_slot is not None else None
            if bag is not None:
                yield bag.fcurves


def own_action(animated: bpy.types.ID) -> None:
    """Give an ID that shares its action a copy: a duplicated material shares its original's keys otherwise."""
    data = animated.animation_data
    if data is None or data.action is None or data.action.users < 2:
        return
    slot = data.action_slot.identifier if bpy.app.version >= (4, 4) and data.action_slot is not None else None
    data.action = data.action.copy()
    if slot is not None:
        data.action_slot = data.action.slots[slot]


def tag_pixels(image: bpy.types.Image) -> None:
    """Announce new pixels: without this, Cycles' viewport and persistent data keep the old texture.

    Cycles before 5.2 keeps a generated image by its data-block and parameters, whatever its pixels. The alpha mode is
    one of these, and makes no difference where alpha is 1 everywhere, as it is in ours.
    """
    if bpy.app.version < (5, 2):
        image.alpha_mode = "CHANNEL_PACKED" if image.alpha_mode == "STRAIGHT" else "STRAIGHT"
    image.update_tag()


def set_view(scene: bpy.types.Scene, view: str, gamma: float) -> None:
    """Show a scene through a view transform and a gamma. A configuration without that view keeps its own."""
    try:
        scene.view_settings.view_transform = view
    except TypeError:
        return
    scene.view_settings.look = "None"
    scene.view_settings.gamma = gamma


def set_movie(scene: bpy.types.Scene) -> None:
    """Let a scene be written as H.264 in MP4, at a quality that shows no blocks."""
    settings = scene.render.image_settings
    if bpy.app.version >= (5, 0):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    movie = scene.render.ffmpeg
    movie.format, movie.codec, movie.constant_rate_factor = "MPEG4", "H264", "HIGH"
    movie.audio_codec = "NONE"


def set_world_color(world: bpy.types.World, color: tuple[float, float, float]) -> None:
    """Give a world one even colour. From 5.0 every world has nodes, of which a new one brings its background."""
    world.color = color
    if world.node_tree is not None:
        for node in world.node_tree.nodes:
            if node.bl_idname == "ShaderNodeBackground":
                node.inputs["Color"].default_value = (*color, 1.0)
