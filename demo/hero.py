"""The picture on the first page: several things at three ages, in one Eevee frame.

.venv/bin/python -m demo.hero OUTPUT.png [--width 1600] [--samples 32]
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import sys
import tempfile
from pathlib import Path

from .rust import PACKAGE, install_extension, say

AGES = (0.0, 0.7, 1.0)
SPACING = 0.84  # metres between two groups
# Each thing: the model that it is made of, where it stands in its group, how it is turned (degrees).
THINGS = (
    ("urn", "ageing_bronze", (-0.15, 0.21, 0.0), (0, 0, 24)),
    ("lantern", "rusting_painted_metal", (0.1, 0.2, 0.0), (0, 0, -18)),
    ("kettle", "copper_patina", (0.19, -0.13, 0.0), (0, 0, -16)),
    ("gear", "rusting_steel", (-0.24, -0.02, 0.111), (64, 0, 10)),
    ("bowl", "crystallising_copper", (-0.07, -0.26, 0.0), (0, 0, 0)),
)
_SEED = 3


def build_scene() -> None:
    """Three groups of things, fresh, half aged and aged, on a studio stage."""
    import bpy

    from . import props, studio

    studio.set_stage(AGES, SPACING)
    for name, model, place, turned in THINGS:
        mesh = getattr(props, name)()
        for number, age in enumerate(AGES):
            thing = bpy.data.objects.new(f"{mesh.name} {age:g}", mesh.copy())
            bpy.context.collection.objects.link(thing)
            thing.location = (place[0] + (number - 1) * SPACING, place[1], place[2])
            thing.rotation_euler = [math.radians(angle) for angle in turned]
            _wear(thing, model, age)


def _wear(thing, model: str, age: float) -> None:
    import bpy

    bpy.context.view_layer.objects.active = thing
    bpy.ops.patina.add_to_material(model=model)
    settings = thing.active_material.patina
    settings.seed, settings.age = _SEED, age


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--width", type=int, default=1600)
    parser.add_argument("--samples", type=int, default=32)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="patina-hero-") as profile:
        os.environ.setdefault("BLENDER_USER_RESOURCES", profile)  # read when bpy is imported
        os.environ.setdefault("PATINA_PYTHON", sys.executable)
        say("building and installing the extension")
        install_extension(Path(profile))
        import bpy

        from . import studio

        build_scene()
        studio.set_rendering(given.width, given.samples)
        bpy.context.scene.render.filepath = str(given.output.resolve())
        say("the engine solves the lives, Eevee renders")
        bpy.ops.render.render(write_still=True)
        failures = importlib.import_module(f"{PACKAGE}.scene.playback").failures
        if failures:
            raise SystemExit(f"A texture is missing: {failures[0].sentence}")
    print(given.output)


if __name__ == "__main__":
    main()
