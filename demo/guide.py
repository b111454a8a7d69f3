"""The pictures of docs/guide.md, taken of the real window.

xvfb-run -s '-screen 0 1600x1000x24' .venv/bin/python -m demo.guide FOLDER

Needs what tests/desktop needs: Blender, xdotool and ImageMagick on the search path.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

from scripts.build_extension import ROOT, build
from tests.desktop.desk import SIZE, Desk

_PACKAGE = "bl_ext.user_default.patina"
_STAGE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from demo import stage
for thing in list(bpy.data.objects): bpy.data.objects.remove(thing)
window = bpy.context.window_manager.windows[0]
area = next(a for a in window.screen.areas if a.type == 'VIEW_3D')
region = next(r for r in area.regions if r.type == 'WINDOW')
with bpy.context.temp_override(window=window, area=area, region=region):
    stage.set_stage()
    THING
    thing = bpy.context.view_layer.objects.active = next(o for o in bpy.data.objects if o.name in ('Drum', 'Strongbox'))
    bpy.ops.object.select_all(action='DESELECT'); thing.select_set(True)
scene = window.scene
scene.frame_start, scene.frame_end = 1, 100
scene.eevee.taa_samples, scene.eevee.use_shadows = 4, False
space = area.spaces.active
space.region_3d.view_perspective = 'CAMERA'
space.overlay.show_overlays = False
space.show_gizmo = space.show_region_toolbar = space.show_region_ui = False
space.shading.use_scene_lights_render = space.shading.use_scene_lights = space.shading.use_scene_world = True
answer = 0
"""
_DRUM = "from demo.drum import make_drum; make_drum()"
_CROPS = {"guide_5_bake": (1350, 60, 1600, 580)}  # without the folders of whoever takes the picture
_BOX = (
    "from demo.strongbox import strongbox; strongbox()\n"
    "    camera = bpy.context.scene.camera.data; camera.lens *= 1.45; camera.shift_y = -0.3"
)


def stage(desk: Desk, thing: str) -> None:
    """A thing on the stage, seen by the camera, the properties wide and at its material."""
    desk.new_file()
    desk.ask(_STAGE.replace("THING", thing))
    desk.widen_properties()


def show(desk: Desk, frame: int) -> None:
    """The material at a frame, drawn to the end."""
    desk.ask(f"bpy.context.window_manager.windows[0].scene.frame_set({frame}); answer = 0")
    desk.rest()
    desk.point_at("VIEW_3D", across=0.1, down=0.95)
    desk.still()


def first_rust(desk: Desk) -> None:
    stage(desk, _DRUM)
    desk.show_material()
    desk.search("Add Patina")
    show(desk, 1)
    desk.picture("guide_1_added")
    desk.search("Keyframe Age")
    desk.key("Return")
    show(desk, 40)
    desk.picture("guide_2_keyed")


def edges_first(desk: Desk) -> None:
    stage(desk, _BOX)
    desk.later("bpy.ops.patina.add_to_material(model='rusting_painted_metal')")
    desk.later("bpy.ops.patina.keyframe_age(frame_start=1, frame_end=100)")
    desk.rest()
    desk.later("bpy.ops.patina.age_source(kind='EDGES')")
    desk.later("bpy.ops.patina.use_ready_atlas()")
    desk.show_material()
    desk.scroll_properties(14)
    show(desk, 70)
    desk.picture("guide_3_edges")


def over_paint(desk: Desk) -> None:
    stage(desk, _BOX)
    desk.ask(
        "m = bpy.data.materials.new('My Enamel'); m.use_nodes = True\n"
        "bpy.context.active_object.data.materials.append(m)\n"
        "p = m.node_tree.nodes['Principled BSDF'].inputs; p['Base Color'].default_value = (0.6, 0.05, 0.03, 1)\n"
        "p['Roughness'].default_value = 0.25; answer = 0"
    )
    desk.later("bpy.ops.patina.add_to_material(model='rusting_steel', mode='LAYER')")
    desk.later("bpy.ops.patina.keyframe_age(frame_start=1, frame_end=100)")
    desk.show_material()
    show(desk, 92)
    desk.picture("guide_4_layer")


def bake(desk: Desk) -> None:
    stage(desk, _DRUM)
    desk.search("Add Patina")
    desk.rest()
    desk.later("bpy.ops.patina.bake_sequence('INVOKE_DEFAULT')")
    desk.wait("any(a.type == 'FILE_BROWSER' for a in bpy.context.window_manager.windows[0].screen.areas)")
    desk.still()
    desk.picture("guide_5_bake")
    desk.key("Escape")


def main(output: Path) -> None:
    """Take them all and write them into `output`."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        build(folder / "patina.zip")
        os.environ |= {"BLENDER_USER_RESOURCES": str(folder / "profile"), "PATINA_PYTHON": sys.executable}
        desk = Desk(folder, _PACKAGE, zip_file=folder / "patina.zip")
        try:
            for take in (first_rust, edges_first, over_paint, bake):
                take(desk)
                for path in folder.glob("guide_*.png"):
                    picture = Image.open(path).convert("RGB").crop(_CROPS.get(path.stem, (0, 0, *SIZE)))
                    picture = picture.quantize(256, kmeans=4)  # without it rust and icons lose their colour
                    picture.save(output / path.name, optimize=True)
                    print(output / path.name, flush=True)
                    path.unlink()
        finally:
            print(desk.log()[-2000:], file=sys.stderr)
            desk.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
