"""A camera above a plane in headless Blender, and a light that is one point: what it sees is a function of the maps.

The plane z = 0 spans [-tan 25 deg, tan 25 deg]; the camera at (0, 0, 1) sees exactly that, a pixel a texel. Cycles
with one sample is exact here: a light without size leaves nothing to chance, and no light is reflected twice.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np

FIELD_OF_VIEW = 50.0  # degrees
LIGHT_HEIGHT = 1.0
GAMMA = 2.2


def tone_map(linear: np.ndarray) -> np.ndarray:
    """Linear light as a display-encoded picture in [0, 1]: clipped to [1e-6, 1], gamma 1/2.2 (not sRGB)."""
    return np.clip(linear, 1e-6, 1) ** (1 / GAMMA)


class Studio:
    """An empty file with a plane, a camera and a point light of this intensity (radiant, a steradian)."""

    def __init__(self, texels: int, intensity: float):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.texels = texels
        self._images = {name: _float_image(name, texels) for name in ("color", "gloss", "normal")}
        self._plane()
        self._light = self._point_light(intensity)
        self._camera()
        _render_settings(texels)

    def photograph(self, maps: dict[str, np.ndarray], light: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """Linear light [T, T, 3], float32, that reaches the camera with the light at (x, y); rows start at the top.

        maps: base_color [T, T, 3] linear, metallic, roughness [T, T], normal [T, T, 3] with components in [-1, 1].
        """
        gloss = np.stack([maps["metallic"], maps["roughness"], np.zeros_like(maps["metallic"])], axis=-1)
        for name, values in (("color", maps["base_color"]), ("gloss", gloss), ("normal", maps["normal"])):
            opaque = np.concatenate([values, np.ones_like(values[..., :1])], axis=-1)
            self._images[name].pixels.foreach_set(opaque[::-1].astype(np.float32).ravel())
            self._images[name].update()
        self._light.location = (*light, LIGHT_HEIGHT)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "photograph.exr"
            bpy.context.scene.render.filepath = str(path)
            with _silence():
                bpy.ops.render.render(write_still=True)
            return _read_exr(path)

    def _plane(self) -> None:
        bpy.ops.mesh.primitive_plane_add(size=2 * math.tan(math.radians(FIELD_OF_VIEW / 2)))
        material = bpy.data.materials.new("Surface")
        material.use_nodes = True
        material.cycles.use_bump_map_correction = False  # it bends steep normals: 0.4 dB
        nodes, links = material.node_tree.nodes, material.node_tree.links
        shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
        shader.distribution = "GGX"
        texture = {}
        for name, image in self._images.items():
            texture[name] = nodes.new("ShaderNodeTexImage")
            texture[name].image = image
            texture[name].interpolation = "Closest"
        split = nodes.new("ShaderNodeSeparateColor")
        links.new(texture["color"].outputs["Color"], shader.inputs["Base Color"])
        links.new(texture["gloss"].outputs["Color"], split.inputs[0])
        links.new(split.outputs[0], shader.inputs["Metallic"])
        links.new(split.outputs[1], shader.inputs["Roughness"])
        # The plane's tangent space is the world's, so a tangent normal is the shading normal as it stands.
        links.new(texture["normal"].outputs["Color"], shader.inputs["Normal"])
        bpy.context.object.data.materials.append(material)

    def _point_light(self, intensity: float) -> bpy.types.Object:
        data = bpy.data.lights.new("Light", "POINT")
        data.energy = 4 * math.pi * intensity
        data.shadow_soft_size = 0
        light = bpy.data.objects.new("Light", data)
        bpy.context.collection.objects.link(light)
        return light

    def _camera(self) -> None:
        camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        camera.data.angle = math.radians(FIELD_OF_VIEW)
        camera.location.z = 1  # a camera looks down its own -z, with y up
        bpy.context.collection.objects.link(camera)
        bpy.context.scene.camera = camera


def _float_image(name: str, texels: int) -> bpy.types.Image:
    return bpy.data.images.new(name, texels, texels, float_buffer=True, is_data=True)


def _render_settings(texels: int) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = scene.render.resolution_y = texels
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = False
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.image_settings.color_depth = "32"
    scene.view_settings.view_transform = "Raw"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = 1
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.max_bounces = 0
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = 0.01  # the narrowest: a pixel is its texel


@contextmanager
def _silence() -> Iterator[None]:
    """Blender says forty lines a photograph on standard output, and only the file descriptor silences it."""
    kept = os.dup(1)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _read_exr(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    try:
        image.colorspace_settings.is_data = True
        width, height = image.size
        pixels = np.empty(width * height * 4, dtype=np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.reshape(height, width, 4)[::-1, :, :3].copy()
    finally:
        bpy.data.images.remove(image)
