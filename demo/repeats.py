"""The picture of docs/library.md: rows of copies, and the same surfaces with their repeats hidden.

.venv/bin/python -m demo.repeats FOLDER [--width 450] [--samples 4]

Everything plays the atlases that come with the models: no engine is needed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from .rust import install_extension, say

MODELS = ("rusting_steel", "rusting_painted_metal")
AGE = 0.5
REPEATS = 6
_GAP = 6  # pixels


def look_from_above(model: str):
    """A plane that fills the picture with six repeats of a model's texture each way, half aged, under a low sun."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 4.0, (0.0, -0.8, 0.6)
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.camera.location = (0, 0, 2)
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 2.0
    for thing in (sun, scene.camera):
        scene.collection.objects.link(thing)
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.color = (0.3, 0.3, 0.3)
    bpy.ops.mesh.primitive_plane_add(size=2)
    bpy.ops.patina.add_to_material(model=model)
    material = bpy.context.object.active_material
    if material.patina.playback != "ATLAS":
        bpy.ops.patina.use_ready_atlas()
    material.patina.scale, material.patina.age = REPEATS * material.patina.resolution / 256, AGE
    return material


def render(path: Path, width: int, samples: int) -> np.ndarray:
    """What the camera sees, [width, width, 3] uint8."""
    import bpy

    from . import studio

    scene = bpy.context.scene
    studio.set_rendering(width, samples)
    scene.render.resolution_y = width
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return np.asarray(Image.open(path).convert("RGB"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=450, help="of each of the four, in pixels (default 450)")
    parser.add_argument("--samples", type=int, default=4, help="a pixel (default 4)")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    side = 2 * given.width + _GAP
    sheet = np.full((side, side, 3), 255, np.uint8)
    with tempfile.TemporaryDirectory(prefix="patina-repeats-") as profile:
        os.environ.setdefault("BLENDER_USER_RESOURCES", profile)  # read when bpy is imported
        say("building and installing the extension")
        install_extension(Path(profile))
        for row, model in enumerate(MODELS):
            material = look_from_above(model)
            for column, is_hidden in enumerate((False, True)):
                material.patina.hide_repeats = is_hidden
                top, left = (place * (given.width + _GAP) for place in (row, column))
                picture = render(Path(profile) / "one.png", given.width, given.samples)
                sheet[top : top + given.width, left : left + given.width] = picture
    path = given.folder / "hidden_repeats.png"
    Image.fromarray(sheet).quantize(256).save(path, optimize=True)
    print(path)


if __name__ == "__main__":
    main()
