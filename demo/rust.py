"""The main job from end to end, in headless Blender: install the extension, let a steel drum rust, render, bake.

.venv/bin/python -m demo.rust OUTPUT_FOLDER
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

PACKAGE = "bl_ext.user_default.patina"  # where Blender puts an extension installed from disk
FRAME_START, FRAME_END = 1, 48
SHEET_FRAMES = (1, 10, 20, 29, 39, 48)
_STARTED = time.monotonic()


def say(text: str) -> None:
    """Progress goes to standard error, so that the paths at the end can be piped on."""
    print(f"[{time.monotonic() - _STARTED:5.0f} s] {text}", file=sys.stderr, flush=True)


def install_extension(folder: Path) -> None:
    """Build the zip and install it through Blender's extension system."""
    from scripts.build_extension import build

    archive = folder / "patina.zip"
    build(archive)
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)


def age_drum() -> None:
    """A drum on a stage, with the shipped rust model in its material and Age keyed from 0 to 1."""
    import bpy

    from demo.drum import make_drum
    from demo.stage import orbit, set_stage

    set_stage()
    drum = make_drum()
    bpy.context.view_layer.objects.active = drum
    drum.select_set(True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FRAME_START, FRAME_END
    orbit(FRAME_START, FRAME_END)
    bpy.ops.patina.add_to_material(model="rusting_steel")
    bpy.ops.patina.keyframe_age(frame_start=FRAME_START, frame_end=FRAME_END)


def render(folder: Path) -> list[Path]:
    """Render the animation with Eevee; the ODE is evaluated live on each frame."""
    import bpy

    scene = bpy.context.scene
    scene.render.filepath = str(folder / "rust_")
    frames = [folder / f"rust_{frame:04d}.png" for frame in range(FRAME_START, FRAME_END + 1)]
    first = time.monotonic()

    def report(_scene, *_) -> None:
        done = sum(path.exists() for path in frames)
        if done:
            left = (time.monotonic() - first) / done * (len(frames) - done)
            say(f"rendered frame {done} of {len(frames)}, {left:.0f} s left")

    bpy.app.handlers.render_write.append(report)
    bpy.ops.render.render(animation=True)
    bpy.app.handlers.render_write.remove(report)
    return frames


def bake(folder: Path) -> list[Path]:
    """Bake all maps of every frame; returns the base colours."""
    import bpy

    say(f"baking {FRAME_END - FRAME_START + 1} frames of five maps")
    if bpy.ops.patina.bake_sequence(directory=str(folder), frame_start=FRAME_START, frame_end=FRAME_END) != {
        "FINISHED"
    }:
        raise SystemExit("The bake did not finish; see the message above.")
    return sorted(folder.glob("*_base_color_*.png"))


def main(output: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="patina-demo-") as profile:
        os.environ["BLENDER_USER_RESOURCES"] = profile  # read when bpy is imported: nobody's settings are touched
        os.environ.setdefault("PATINA_PYTHON", sys.executable)
        shutil.rmtree(output, ignore_errors=True)
        for name in ("frames", "textures"):
            (output / name).mkdir(parents=True)
        say("building and installing the extension")
        install_extension(Path(profile))
        age_drum()
        say("the engine starts and solves the life of the texture")
        frames = render(output / "frames")
        _check_failures()
        textures = bake(output / "textures")
    from demo.sheet import contact_sheet, film

    ages = [(frame - FRAME_START) / (FRAME_END - FRAME_START) for frame in SHEET_FRAMES]
    chosen = [frame - FRAME_START for frame in SHEET_FRAMES]
    contact_sheet([frames[k] for k in chosen], [textures[k] for k in chosen], ages, output / "contact_sheet.png")
    film(frames, output / "rust.mp4")
    say("done")
    for name in ("frames", "textures", "contact_sheet.png", "rust.mp4"):
        print(output / name)


def _check_failures() -> None:
    """A frame whose texture could not be had is magenta: a demo must not show it as a success."""
    failures = importlib.import_module(f"{PACKAGE}.scene.playback").failures
    if failures:
        raise SystemExit(f"{len(failures)} frames are magenta; the first: {failures[0].sentence}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
