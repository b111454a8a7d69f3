"""What base colour comes to by each way, in linear Rec.709: for a Blender in any colour configuration.

As a program: PACKAGE FOLDER; what it found lies in FOLDER/looks.npz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Color

WAYS = ("live", "live_eevee", "atlas", "sequence_png", "sequence_exr", "uv_png", "uv_exr")
AGE = 0.8


def rec709(values: np.ndarray) -> np.ndarray:
    """Of rendered, scene-linear pixels [..., 3]."""
    axes = [Color(axis).from_scene_linear_to_rec709_linear() for axis in np.eye(3).tolist()]
    return values @ np.array(axes, np.float32)


def looks(folder: Path) -> dict[str, np.ndarray]:
    """Base colour [H, W, 3] by each of `WAYS`, uv_png as it is in the file; and a relit preview, as screens show it."""
    from stage import age_stage, load_picture, render_frame, use_cycles

    material = age_stage()
    material.node_tree.animation_data_clear()
    material.patina.age = AGE
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(tree.nodes["Patina"].outputs["Base Color"], emission.inputs["Color"])
    surface = tree.get_output_node("ALL").inputs["Surface"]
    principled = surface.links[0].from_socket
    tree.links.new(emission.outputs[0], surface)

    def rendered() -> np.ndarray:
        for node in tree.nodes["Patina"].node_tree.nodes:
            if node.bl_idname == "ShaderNodeTexImage":
                node.interpolation = "Closest"  # Cycles filters sRGB as it is encoded, other names of it linearly
        return rec709(render_frame(folder, 1))

    found = {"live_eevee": rendered()}
    use_cycles()
    found["live"] = rendered()
    for name, form in (("uv_png", "PNG"), ("uv_exr", "EXR")):
        bpy.ops.patina.bake_uv(directory=str(folder / name), size=64, maps={"BASE_COLOR"}, file_format=form)
        found[name] = load_picture(next((folder / name).iterdir()))
    bpy.ops.patina.bake_atlas(ages=5, bits="16")
    found["atlas"] = rendered()
    for name, form in (("sequence_png", "PNG16"), ("sequence_exr", "EXR")):
        bpy.ops.patina.bake_sequence(
            directory=str(folder / name), frame_start=1, frame_end=1, color_format=form, link=True
        )
        found[name] = rendered()
    tree.links.new(principled, surface)
    strip = folder / "strip.png"
    bpy.ops.patina.preview_relight(subject="PLANE", strip=str(strip), size=64, ages=2, lights=1)
    found["relit"] = load_picture(strip)
    return found


if __name__ == "__main__":
    package, folder = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parent))
    bpy.ops.preferences.addon_enable(module=package)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    np.savez(Path(folder) / "looks.npz", **looks(Path(folder)))
