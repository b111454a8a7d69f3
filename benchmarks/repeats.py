"""What Hide Repeats costs: lookups, and the processor's time for a sample with it over one without, in turns.

.venv/bin/python -m benchmarks.repeats [MODEL] [--side 128] [--samples 50] [--turns 5]

Runs in Blender as a Python module, on the extension as it is installed. One plane fills the picture under a sun without
shadow, and only its samples are timed, so that nearly all is the shading of the material: a real scene has more to do
that hiding does not make longer.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from demo.rust import PACKAGE, install_extension

AGE = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="rusting_steel", help="with a ready-made atlas")
    parser.add_argument("--side", type=int, default=128, help="of the picture, in pixels (default 128)")
    parser.add_argument("--samples", type=int, default=50, help="a pixel (default 50)")
    parser.add_argument("--turns", type=int, default=5, help="of each form (default 5)")
    arguments = parser.parse_args()
    with _profile() as folder:
        install_extension(folder)
        _set_stage(arguments.side)
        planes = {hidden: _aged_plane(arguments.model, hidden=hidden) for hidden in (False, True)}
        print("playback | engine | lookups | images | a sample | the ratio: its quarters and median")
        for playback in ("LIVE", "ATLAS"):
            for plane in planes.values():
                plane.active_material.patina.playback = playback
            counts = [_lookups(plane) for plane in planes.values()]
            for engine in ("CYCLES", _module("scene.versions").eevee_name()):
                _choose(engine, arguments.samples)
                for plane in planes.values():  # shaders are compiled
                    _sample_seconds(plane)
                times = np.array(
                    [[_sample_seconds(plane) for plane in planes.values()] for _ in range(arguments.turns)]
                )
                plain, hiding = np.median(times, axis=0) * 1e3
                low, middle, high = np.quantile(times[:, 1] / times[:, 0], (0.25, 0.5, 0.75))
                lookups, images = (f"{before} > {after}" for before, after in zip(*counts, strict=True))
                print(
                    f"{playback} | {engine} | {lookups} | {images} | {plain:.1f} > {hiding:.1f} ms | "
                    f"{low:.2f} **{middle:.2f}** {high:.2f}",
                    flush=True,
                )


@contextmanager
def _profile() -> Iterator[Path]:
    """A Blender of nobody's settings."""
    with tempfile.TemporaryDirectory(prefix="patina-benchmark-") as folder:
        os.environ["BLENDER_USER_RESOURCES"] = folder  # read when bpy is imported
        os.environ.setdefault("PATINA_PYTHON", sys.executable)
        yield Path(folder)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def _set_stage(side: int) -> None:
    import bpy

    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.data.type, camera.data.ortho_scale = (0, 0, 2), "ORTHO", 2.0
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.rotation_euler, sun.data.use_shadow = (0.6, 0.5, 0), False
    for thing in (camera, sun):
        scene.collection.objects.link(thing)
    scene.camera = camera
    scene.render.resolution_x = scene.render.resolution_y = side


def _aged_plane(model: str, *, hidden: bool) -> Any:
    """A plane that fills the picture with six repeats, and has both an atlas and a life."""
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=2)
    plane = bpy.context.object
    material = bpy.data.materials.new(f"Hidden {hidden}")
    _module("scene.versions").use_nodes(material)
    plane.data.materials.append(material)
    bpy.ops.patina.add_to_material(model=model)
    bpy.ops.patina.use_ready_atlas()
    settings = material.patina
    settings.age, settings.scale = AGE, 6 * settings.resolution / 256
    settings.hide_repeats = hidden
    return plane


def _lookups(plane: Any) -> tuple[int, int]:
    """How many nodes look a picture up for what the group gives, and how many pictures these are."""
    group = _module("scene.materials").group_node(plane.active_material).node_tree
    outputs = [node for node in group.nodes if node.bl_idname == "NodeGroupOutput"]
    used = _module("scene.twins").nodes_before(outputs)
    inner = [
        tree
        for node in used
        if node.bl_idname == "ShaderNodeGroup"
        for tree in (node.node_tree, *_module("scene.nodes").groups_within(node.node_tree))
    ]
    nodes = [*used, *(node for tree in inner for node in tree.nodes)]
    images = [node.image for node in nodes if node.bl_idname == "ShaderNodeTexImage"]
    return len(images), len(set(images))


def _choose(engine: str, samples: int) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine = engine
    scene.eevee.taa_render_samples = scene.cycles.samples = samples
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False


def _sample_seconds(plane: Any) -> float:
    """The processor's time, of all cores, for a sample of a render of this plane alone: Blender says when it is
    half done, and shaders are compiled by then. (Other work beside it makes a clock's time useless.)"""
    import bpy

    for thing in bpy.data.objects:
        if thing.type == "MESH":
            thing.location.x = 0 if thing == plane else 100  # out of sight, but its shader is kept
    moments: list[tuple[int, float]] = []

    def note(text: str, *_: object) -> None:
        if found := re.search(r"(?:Rendering|Sample) (\d+) ?/", text):
            moments.append((int(found[1]), time.process_time()))

    bpy.app.handlers.render_stats.append(note)
    bpy.ops.render.render()
    bpy.app.handlers.render_stats.remove(note)
    samples = moments[-1][0]
    done, began = next(moment for moment in reversed(moments) if moment[0] <= samples // 2)
    return (time.process_time() - began) / (samples - done)


if __name__ == "__main__":
    main()
