"""Where the drum stands: floor, lights, sky, camera, and render settings that two cores can bear."""

from __future__ import annotations

import math

import bpy
from mathutils import Vector

from .drum import HEIGHT

SIZE = (304, 380)


def set_stage() -> None:
    """Add floor, lights, sky and camera to the current scene and choose Eevee."""
    _floor()
    _area_light("Key", (1.6, -1.5, 1.9), 1.2, 90, (1.0, 0.93, 0.84))
    # The rim light's shadow falls away from the camera and would cost a quarter of the time.
    _area_light("Rim", (-1.7, 0.9, 1.5), 1.0, 70, (0.75, 0.87, 1.0), shadow=False)
    _sky()
    _camera()
    _render_settings()


def _floor() -> None:
    bpy.ops.mesh.primitive_plane_add(size=30)
    material = bpy.data.materials.new("Floor")
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.11, 0.11, 0.115, 1)
    shader.inputs["Roughness"].default_value = 0.75
    bpy.context.object.data.materials.append(material)


def _area_light(
    name: str, place: tuple[float, float, float], size: float, watts: float, color, *, shadow: bool = True
) -> None:
    light = bpy.data.lights.new(name, "AREA")
    light.size, light.energy, light.color = size, watts, color
    light.use_shadow = shadow
    lamp = bpy.data.objects.new(name, light)
    lamp.location = place
    _look_at(lamp, (0, 0, 0.45))
    bpy.context.collection.objects.link(lamp)


def _look_at(thing: bpy.types.Object, target: tuple[float, float, float]) -> None:
    direction = Vector(target) - Vector(thing.location)
    thing.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()


def _sky() -> None:
    """A bright horizon band over dark ground, so that bare metal has something to mirror."""
    world = bpy.data.worlds.new("Sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    nodes.clear()
    direction = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    ramp = nodes.new("ShaderNodeValToRGB")
    background = nodes.new("ShaderNodeBackground")
    output = nodes.new("ShaderNodeOutputWorld")
    ramp.color_ramp.elements[0].color = (0.16, 0.155, 0.15, 1)
    ramp.color_ramp.elements[0].position = 0.46
    ramp.color_ramp.elements[1].color = (0.30, 0.38, 0.50, 1)
    horizon = ramp.color_ramp.elements.new(0.53)
    horizon.color = (0.85, 0.84, 0.80, 1)
    shift = nodes.new("ShaderNodeMapRange")
    shift.inputs["From Min"].default_value = -1.0
    links.new(direction.outputs["Generated"], split.inputs[0])
    links.new(split.outputs["Z"], shift.inputs["Value"])
    links.new(shift.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs[0], background.inputs[0])
    links.new(background.outputs[0], output.inputs[0])


def _camera() -> None:
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 66
    camera.location = (0.0, -2.05, 1.22)
    _look_at(camera, (0, 0, 0.5 * HEIGHT))
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def _render_settings() -> None:
    scene = bpy.context.scene
    engines = bpy.types.RenderSettings.bl_rna.properties["engine"].enum_items
    scene.render.engine = next(name for name in ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE") if name in engines)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.eevee.taa_render_samples = 6
    scene.eevee.use_raytracing = False
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"


def orbit(frame_start: int, frame_end: int) -> None:
    """Let the camera swing slowly, so that gloss is seen to move over metal and not over rust."""
    pivot = bpy.data.objects.new("Pivot", None)
    bpy.context.collection.objects.link(pivot)
    bpy.context.scene.camera.parent = pivot
    for frame, angle in ((frame_start, -12), (frame_end, 12)):
        pivot.rotation_euler.z = math.radians(angle)
        pivot.keyframe_insert("rotation_euler", index=2, frame=frame)
