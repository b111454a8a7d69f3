"""The pictures of docs/controlling_age.md: one strongbox, aged first here or there, and rust over paint.

.venv/bin/python -m demo.control FOLDER [--width 280] [--samples 8] [--only NAME]

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

AGE = 0.75
KINDS = ("EDGES", "CAVITIES", "UP", "GROUND", "NOISE", "PAINT")
LAYER_AGES = (0.35, 0.7, 1.0)
_PAINT = "rusting_painted_metal"
_STEEL = "rusting_steel"


def build():
    """An empty file with the stage and the strongbox."""
    import bpy

    from . import studio
    from .strongbox import strongbox

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    studio.set_stage((0.0,), 0.84)
    camera = bpy.context.scene.camera
    camera.data.lens = 105
    return strongbox()


def wear(thing, model: str, age: float, mode: str = "REPLACE"):
    """Let the thing's material age by a model, from the atlas that came with it."""
    import bpy

    bpy.context.view_layer.objects.active = thing
    bpy.ops.patina.add_to_material(model=model, mode=mode)
    if thing.active_material.patina.playback != "ATLAS":
        bpy.ops.patina.use_ready_atlas()
    thing.active_material.patina.scale, thing.active_material.patina.age = 1.5, age
    return thing.active_material


def sources(folder: Path) -> Image.Image:
    """The same Age, without a source and with each."""
    import bpy

    tiles = []
    for kind in ("", *KINDS):
        thing = build()
        wear(thing, _PAINT, AGE)
        if kind:
            bpy.ops.patina.age_source(kind=kind)
        if kind == "PAINT":
            _paint(thing.data)
        tiles.append(_render(folder / f"source_{kind or 'none'}.png"))
    tiles.append(np.zeros_like(tiles[0]) + tiles[0][0, 0])
    return Image.fromarray(np.concatenate([np.concatenate(tiles[:4], 1), np.concatenate(tiles[4:], 1)]))


def _paint(mesh) -> None:
    """A brush stroke round the middle, as an artist might paint it."""
    layer = mesh.color_attributes["Patina Paint"]
    for loop, color in zip(mesh.loops, layer.data, strict=True):
        x, y, z = mesh.vertices[loop.vertex_index].co
        share = max(0.0, 1.0 - abs(z - 0.17 - 0.35 * x - 0.1 * y) / 0.09)
        color.color = (share, share, share, 1.0)


def layers(folder: Path) -> Image.Image:
    """Steel's rust over the artist's own blue enamel, at three ages; and steel over painted metal by a mask."""
    import bpy

    tiles = []
    for age in LAYER_AGES:
        thing = build()
        _enamel(thing)
        wear(thing, _STEEL, age, "LAYER")
        bpy.ops.patina.age_source(kind="EDGES")
        tiles.append(_render(folder / f"layer_{age:g}.png"))
    thing = build()
    steel = wear(thing, _STEEL, 1.0)
    steel.use_fake_user = True
    thing.data.materials.clear()
    below = wear(thing, _PAINT, 0.0)
    bpy.ops.patina.mix_material(material=steel.name)
    tree = below.node_tree
    place, split, step = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "SeparateXYZ", "MapRange"))
    tree.links.new(place.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["X"], step.inputs["Value"])
    step.inputs["From Min"].default_value, step.inputs["From Max"].default_value = 0.4, 0.6
    mask = next(node for node in tree.nodes if "Mask" in node.inputs)
    tree.links.new(step.outputs[0], mask.inputs["Mask"])
    tiles.append(_render(folder / "mixed.png"))
    return Image.fromarray(np.concatenate(tiles, 1))


def _enamel(thing) -> None:
    import bpy

    material = bpy.data.materials.new("Enamel")
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.02, 0.09, 0.35, 1)
    shader.inputs["Roughness"].default_value = 0.25
    thing.data.materials.append(material)


def _render(path: Path) -> np.ndarray:
    import bpy

    from . import studio

    scene = bpy.context.scene
    studio.set_rendering(_given.width, _given.samples)
    scene.render.resolution_y = _given.width
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return np.asarray(Image.open(path).convert("RGB"))


PICTURES = {"sources": sources, "layers": layers}
_given: argparse.Namespace


def main() -> None:
    global _given
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=280)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--only", choices=PICTURES)
    _given = parser.parse_args()
    _given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="patina-control-") as profile:
        os.environ.setdefault("BLENDER_USER_RESOURCES", profile)  # read when bpy is imported
        say("building and installing the extension")
        install_extension(Path(profile))
        for name, make in PICTURES.items():
            if _given.only in (None, name):
                path = _given.folder / f"control_{name}.png"
                make(Path(profile)).quantize(256).save(path, optimize=True)
                print(path)


if __name__ == "__main__":
    main()
