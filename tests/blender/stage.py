"""A small stage for tests: an object in front of a camera under one sun, and its picture as an array."""

import importlib
import math
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np

TINY = str(Path(__file__).resolve().parents[1] / "data" / "tiny.safetensors")
WIDTH, HEIGHT = 80, 60
MAGENTA = (1.0, 0.0, 1.0)


def patina(module: str) -> ModuleType:
    """A module of the installed extension."""
    return importlib.import_module(f"bl_ext.user_default.patina.{module}")


def set_stage(shape: str = "plane") -> bpy.types.Object:
    """Camera, sun and an object that fills the picture; Eevee, raw colours, the narrowest pixel filter."""
    scene = bpy.context.scene
    collection = scene.collection
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0, -0.9, 2.0)
    camera.rotation_euler = (math.radians(24), 0, 0)
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy = 3
    sun.rotation_euler = (0.6, 0.5, 0)
    collection.objects.link(camera)
    collection.objects.link(sun)
    scene.camera = camera
    if shape == "sphere":
        bpy.ops.mesh.primitive_uv_sphere_add(radius=1, segments=64, ring_count=32)
        bpy.ops.object.shade_smooth()
    else:
        bpy.ops.mesh.primitive_plane_add(size=2)
    scene.frame_start, scene.frame_end = 1, 10
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = WIDTH, HEIGHT, 100
    scene.render.filter_size = 0.0
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    use_eevee()
    return bpy.context.object


def use_eevee() -> None:
    bpy.context.scene.render.engine = patina("scene.versions").eevee_name()
    bpy.context.scene.eevee.taa_render_samples = 2


def use_cycles() -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = 4, False, 0
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01


def new_material(target: bpy.types.Object) -> bpy.types.Material:
    """A plain material with a Principled BSDF, on the object."""
    material = bpy.data.materials.new("Steel")
    patina("scene.versions").use_nodes(material)
    target.data.materials.clear()
    target.data.materials.append(material)
    return material


def age_stage(model: str = TINY, extent: int = 64) -> bpy.types.Material:
    """The stage with a material on its plane that ages from frame 1 to frame 10."""
    material = new_material(set_stage())
    material.patina.resolution = extent
    assert bpy.ops.patina.add_to_material(model=model) == {"FINISHED"}
    assert bpy.ops.patina.keyframe_age(frame_start=1, frame_end=10) == {"FINISHED"}
    return material


def render_frame(folder: Path, frame: int) -> np.ndarray:
    """Render one frame as a still: [HEIGHT, WIDTH, 3] float32, linear, rows from the bottom."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    scene.render.filepath = str(folder / f"still_{frame:04d}.exr")
    bpy.ops.render.render(write_still=True)
    return load_picture(Path(scene.render.filepath))


def render_animation(folder: Path, start: int, end: int) -> dict[int, np.ndarray]:
    """Render frames as an animation."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = start, end
    scene.render.filepath = str(folder / "animation_")
    bpy.ops.render.render(animation=True)
    return {frame: load_picture(folder / f"animation_{frame:04d}.exr") for frame in range(start, end + 1)}


def load_picture(path: Path) -> np.ndarray:
    """The numbers in a picture file: [H, W, 3] float32, rows from the bottom."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.is_data = True  # the numbers in the file, not converted
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[..., :3]


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of pictures clipped to [0, 1]."""
    error = np.mean((np.clip(one, 0, 1) - np.clip(other, 0, 1)) ** 2)
    return float(-10 * np.log10(error + 1e-12))


def image_pixels(material: bpy.types.Material, name: str = "base_color") -> np.ndarray:
    """What a material's image holds: [H, W, 4], rows from the bottom."""
    group = patina("scene.materials").group_node(material).node_tree
    image = patina("scene.node_group").group_images(group)[name]
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def is_magenta(material: bpy.types.Material) -> bool:
    return bool(np.all(image_pixels(material)[..., :3] == MAGENTA))


def tree_state(tree: bpy.types.NodeTree) -> dict[str, object]:
    """Everything about a tree that an artist could miss: nodes, values, links, animation."""
    nodes = {}
    for node in tree.nodes:
        values = {}
        for socket in node.inputs:
            value = getattr(socket, "default_value", None)
            values[socket.identifier] = tuple(value) if hasattr(value, "__len__") and value != "" else value
        nodes[node.name] = (node.bl_idname, tuple(node.location), values)
    links = {
        (link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
        for link in tree.links
    }
    return {"nodes": nodes, "links": links, "animated": tree.animation_data is not None}
