"""Makes a .blend of tests/data/saved with whatever version of the extension a zip holds, and what it renders.

.venv/bin/python tests/make_saved_file.py PATINA.zip NAME

Run once for a version, by that version; the files are kept from then on. The stage is written out here, for it has to
stay as it is whatever tests/blender/stage.py becomes.
"""

import math
import os
import shutil
import sys
import tempfile
from pathlib import Path

FRAMES = (1, 6, 10)
DATA = Path(__file__).resolve().parent / "data"

if __name__ == "__main__":
    archive, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    profile = Path(tempfile.mkdtemp())
    # A .blend remembers where it was saved and whose home that was: let it say nothing of this computer.
    os.environ["BLENDER_USER_RESOURCES"] = os.environ["HOME"] = str(profile)
    import bpy

    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    folder = Path(tempfile.gettempdir()) / "patina"
    folder.mkdir(exist_ok=True)
    shutil.copy(DATA / "tiny.safetensors", folder)
    path = folder / f"{name}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))

    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (0, -0.9, 2.0), (math.radians(24), 0, 0)
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 3, (0.6, 0.5, 0)
    for one in (camera, sun):
        scene.collection.objects.link(one)
    scene.camera = camera
    bpy.ops.mesh.primitive_plane_add(size=2)
    scene.frame_start, scene.frame_end = 1, 10
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 80, 60, 100
    render.filter_size, scene.view_settings.view_transform = 0.0, "Raw"
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    render.engine = "BLENDER_EEVEE_NEXT" if bpy.app.version < (5, 0) else "BLENDER_EEVEE"
    scene.eevee.taa_render_samples = 2

    material = bpy.data.materials.new("Steel")
    material.use_nodes = True
    bpy.context.object.data.materials.append(material)
    material.patina.resolution, material.patina.seed = 64, 3
    assert bpy.ops.patina.add_to_material(model="//tiny.safetensors") == {"FINISHED"}
    material.patina.scale = 0.5
    assert bpy.ops.patina.keyframe_age(frame_start=1, frame_end=10) == {"FINISHED"}
    for frame in FRAMES:
        scene.frame_set(frame)
        render.filepath = str(folder / f"{name}_{frame:04d}.png")
        bpy.ops.render.render(write_still=True)
    scene.frame_set(1)
    render.filepath = "//"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    (DATA / "saved").mkdir(exist_ok=True)
    for made in (path, *folder.glob(f"{name}_*.png")):
        shutil.copy(made, DATA / "saved")
    bpy.ops.preferences.addon_disable(module="bl_ext.user_default.patina")
    shutil.rmtree(folder)
    shutil.rmtree(profile, ignore_errors=True)
