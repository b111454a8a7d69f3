"""A photographer's table: a backdrop without an edge, soft boxes, and something bright for metal to mirror."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
from mathutils import Vector


def set_stage(ages: Sequence[float], spacing: float) -> None:
    """Backdrop, lights, world and camera for groups that stand `spacing` apart along x."""
    width = spacing * len(ages)
    _backdrop(3.0 * width)
    # Size, watts and colour of each box; the key throws the shadows, the others shape the edges.
    _box("Key", (-1.7, -1.5, 2.1), (0.9, 0.9), 120, (1.0, 0.95, 0.88))
    _box("Fill", (2.1, -1.7, 1.3), (1.8, 1.8), 12, (0.86, 0.92, 1.0), shadow=False)
    _box("Back", (0.5, 1.6, 2.0), (3.0, 0.7), 30, (0.95, 0.97, 1.0), shadow=False)
    _world()
    _camera(width)


def set_rendering(width: int, samples: int) -> None:
    """Eevee, as wide as asked."""
    scene = bpy.context.scene
    engines = bpy.types.RenderSettings.bl_rna.properties["engine"].enum_items
    scene.render.engine = next(name for name in ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE") if name in engines)
    scene.render.resolution_x, scene.render.resolution_y = width, round(width * 0.32)
    scene.eevee.taa_render_samples = samples
    scene.eevee.use_raytracing = False
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.0


def _backdrop(width: float) -> None:
    """A table that bends up into a wall."""
    profile = [(-3.0, 0.0), (0.75, 0.0)]
    profile += [
        (0.75 + 0.8 * math.sin(a), 0.8 - 0.8 * math.cos(a)) for a in (math.pi / 2 * k / 24 for k in range(1, 25))
    ]
    profile += [(1.55, 3.2)]
    corners = [(x, y, z) for y, z in profile for x in (-width / 2, width / 2)]
    faces = [(2 * k, 2 * k + 1, 2 * k + 3, 2 * k + 2) for k in range(len(profile) - 1)]
    mesh = bpy.data.meshes.new("Backdrop")
    mesh.from_pydata(corners, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    material = bpy.data.materials.new("Backdrop")
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.24, 0.245, 0.26, 1)
    shader.inputs["Roughness"].default_value = 0.7
    mesh.materials.append(material)
    bpy.context.collection.objects.link(bpy.data.objects.new("Backdrop", mesh))


def _box(
    name: str, place: tuple[float, float, float], size: tuple[float, float], watts: float, color, *, shadow=True
) -> None:
    light = bpy.data.lights.new(name, "AREA")
    light.shape = "RECTANGLE"
    light.size, light.size_y = size
    light.energy, light.color, light.use_shadow = watts, color, shadow
    lamp = bpy.data.objects.new(name, light)
    lamp.location = place
    lamp.rotation_euler = (Vector((0, 0, 0.15)) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(lamp)


def _world() -> None:
    """Bright above, a horizon, dark below: the stripes that make turned metal read as metal."""
    world = bpy.data.worlds.new("Studio")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    nodes.clear()
    direction, split, shift, ramp, background, output = (
        nodes.new(f"ShaderNode{kind}")
        for kind in ("TexCoord", "SeparateXYZ", "MapRange", "ValToRGB", "Background", "OutputWorld")
    )
    shift.inputs["From Min"].default_value = -1.0
    stops = ((0.0, 0.06), (0.47, 0.08), (0.52, 0.34), (0.60, 0.18), (0.74, 0.15), (0.82, 0.75), (1.0, 0.5))
    elements = ramp.color_ramp.elements
    elements[0].position, elements[1].position = stops[0][0], stops[-1][0]
    for place, _ in stops[1:-1]:
        elements.new(place)
    for element, (_, value) in zip(elements, stops, strict=True):
        element.color = (value, value, 1.03 * value, 1)
    links.new(direction.outputs["Generated"], split.inputs[0])
    links.new(split.outputs["Z"], shift.inputs["Value"])
    links.new(shift.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs[0], background.inputs[0])
    links.new(background.outputs[0], output.inputs[0])


def _camera(width: float) -> None:
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 70
    camera.location = (0.045, -1.98 * width, 1.5)
    target = Vector((0.045, 0.0, 0.172))
    camera.rotation_euler = (target - camera.location).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera
