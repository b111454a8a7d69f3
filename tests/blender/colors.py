"""What base colour comes to by each way, in linear Rec.709: for a Blender in any colour configuration.

As a program: PACKAGE FOLDER OTHER; what it found lies in FOLDER/looks.npz, what it saved beside that. OTHER: a folder
with what was saved in another configuration, of which FOLDER/opened.npz says what it comes to here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Color

WAYS = ("live", "live_eevee", "atlas", "sequence_png", "sequence_exr", "uv_png", "uv_exr")
SAVED = ("atlas", "sequence_png", "sequence_exr")  # as WAY.blend
AGE = 0.8


def rec709(values: np.ndarray) -> np.ndarray:
    """Of rendered, scene-linear pixels [..., 3]."""
    axes = [Color(axis).from_scene_linear_to_rec709_linear() for axis in np.eye(3).tolist()]
    return values @ np.array(axes, np.float32)


def emit(tree: bpy.types.NodeTree) -> None:
    """Let a material's tree show the base colour as light."""
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(tree.nodes["Patina"].outputs["Base Color"], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])


def rendered(folder: Path, output: str = "Base Color") -> np.ndarray:
    """An output of the group of Patina, texel by texel, where the material emits it."""
    from stage import patina, render_frame

    tree = bpy.context.scene.objects["Plane"].active_material.node_tree
    tree.links.new(tree.nodes["Patina"].outputs[output], tree.nodes["Emission"].inputs["Color"])
    group = tree.nodes["Patina"].node_tree
    for inner in (group, *patina("scene.nodes").groups_within(group)):
        for node in inner.nodes:
            if node.bl_idname == "ShaderNodeTexImage":
                node.interpolation = "Closest"  # Cycles filters sRGB as it is encoded, other names of it linearly
    return rec709(render_frame(folder, 1))


def looks(folder: Path) -> dict[str, np.ndarray]:
    """Base colour [H, W, 3] by each of `WAYS`, uv_png as it is in the file; and a relit preview, as screens show it."""
    from stage import age_stage, load_picture, use_cycles

    material = age_stage()
    material.node_tree.animation_data_clear()
    material.patina.age = AGE
    tree = material.node_tree
    surface = tree.get_output_node("ALL").inputs["Surface"]
    principled = surface.links[0].from_socket
    emit(tree)
    found = {"live_eevee": rendered(folder)}
    use_cycles()
    found["live"] = rendered(folder)
    for name, form in (("uv_png", "PNG"), ("uv_exr", "EXR")):
        bpy.ops.patina.bake_uv(directory=str(folder / name), size=64, maps={"BASE_COLOR"}, file_format=form)
        found[name] = load_picture(next((folder / name).iterdir()))
    bpy.ops.patina.bake_atlas(ages=5, bits="16")
    found["atlas"] = _saved(folder, "atlas")
    for name, form in (("sequence_png", "PNG16"), ("sequence_exr", "EXR")):
        bpy.ops.patina.bake_sequence(
            directory=str(folder / name), frame_start=1, frame_end=1, color_format=form, data_format=form, link=True
        )
        found[name] = _saved(folder, name)
    tree.links.new(principled, surface)
    strip = folder / "strip.png"
    bpy.ops.patina.preview_relight(subject="PLANE", strip=str(strip), size=64, ages=2, lights=1)
    found["relit"] = load_picture(strip)
    return found


def _saved(folder: Path, way: str) -> np.ndarray:
    """What is rendered now; beside it lies what `opened` compares, and the file it is found in."""
    found = rendered(folder)
    np.save(folder / f"{way}.npy", np.stack([found, rendered(folder, "Roughness")]))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{way}.blend"), copy=True)
    return found


def opened(other: Path, folder: Path) -> dict[str, np.ndarray]:
    """Base colour and roughness [2, H, W, 3] of what was saved in the folder `other`, in this configuration.

    Each file once as it is opened, and once its material appended to another file.
    """
    from stage import set_stage, use_cycles

    found = {}
    for way in SAVED:
        path = str(other / f"{way}.blend")
        bpy.ops.wm.open_mainfile(filepath=path)
        found[way] = np.stack([rendered(folder), rendered(folder, "Roughness")])
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        plane = set_stage()
        use_cycles()
        with bpy.data.libraries.load(path) as (_, here):
            here.materials = ["Steel"]
        plane.data.materials.append(here.materials[0])
        found[f"{way}_appended"] = np.stack([rendered(folder), rendered(folder, "Roughness")])
    return found


if __name__ == "__main__":
    package, *folders = sys.argv[1:]
    folder, other = map(Path, folders)
    sys.path.insert(0, str(Path(__file__).parent))
    bpy.ops.preferences.addon_enable(module=package)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    np.savez(folder / "looks.npz", **looks(folder))
    np.savez(folder / "opened.npz", **opened(other, folder))
    sys.stdout.flush()
    os._exit(0)  # Blender 4.2 as a Python module crashes as Python ends
