"""What an artist's steps come to in the window's Blender, as numbers that two colour configurations must agree on.

Base colour in linear Rec.709, whatever space that Blender renders in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from desk import Desk
from test_first_rust import MATERIAL, is_magenta, scrub_to, seen

TINY = str(Path(__file__).resolve().parents[1] / "data" / "tiny.safetensors")
SIZE = (160, 90)  # pixels of a render
SCENE = "bpy.context.window_manager.windows[0].scene"
KEPT = (60, 200)  # frames at which both configurations are looked at
Look = dict[str, np.ndarray]
_REC709 = """
import numpy as np
from mathutils import Color
axes = np.array([Color(axis).from_scene_linear_to_rec709_linear()[:] for axis in np.eye(3).tolist()], np.float32)
def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], -1)[..., :3]
"""
_TEXELS = """
found = {i['patina_map']: pixels(i) for i in bpy.data.images if 'patina_map' in i and i.users}
found['base_color'] = found['base_color'] @ axes
np.savez(PATH, **found); answer = 0
"""
_READ = """
image = bpy.data.images.load(PATH, check_existing=False)
image.colorspace_settings.is_data = True
np.savez(PATH + '.npz', pixels=pixels(image) @ axes if LINEAR else pixels(image))
bpy.data.images.remove(image); answer = 0
"""


def texels(desk: Desk) -> Look:
    """The images that Live writes, [H, W, 3] by map."""
    path = desk.folder / "texels.npz"
    desk.wait(
        "all(i.size[0] > 8 for i in bpy.data.images if 'patina_map' in i and i.users)"
    )  # a file is blank at first
    desk.rest()
    desk.ask(_REC709 + _TEXELS.replace("PATH", repr(str(path))))
    with np.load(path) as found:
        return dict(found)


def read(desk: Desk, path: Path, *, linear: bool) -> np.ndarray:
    """A picture file as that Blender reads its numbers, [H, W, 3]; linear: of a render, as linear Rec.709."""
    desk.ask(_REC709 + _READ.replace("PATH", repr(str(path))).replace("LINEAR", str(linear)))
    with np.load(f"{path}.npz") as found:
        return found["pixels"]


def render(desk: Desk, frame: int, *, data: bool = False) -> np.ndarray:
    """The frame as the window renders it, [H, W, 3]: linear Rec.709, or with `data` the numbers that were emitted."""
    path = desk.folder / "rendered.exr"
    path.unlink(missing_ok=True)
    desk.ask(
        f"s = {SCENE}; s.frame_set({frame}); r = s.render; r.filepath = {str(path)!r}\n"
        f"r.resolution_x, r.resolution_y = {SIZE}; r.resolution_percentage = 100\n"
        "r.image_settings.file_format, r.image_settings.color_depth = 'OPEN_EXR', '32'\n"
        "s.eevee.taa_render_samples = 4; r.use_lock_interface = True\n"
        "bpy.context.preferences.view.render_display_type = 'NONE'; answer = 0"
    )
    desk.later("bpy.ops.render.render('INVOKE_DEFAULT', write_still=True)")
    desk.wait(f"__import__('pathlib').Path({str(path)!r}).is_file() and not bpy.app.is_job_running('RENDER')")
    return read(desk, path, linear=not data)


def emit(desk: Desk, output: str) -> None:
    """Show an output of the group as light, texel by texel, in place of what the material showed."""
    desk.ask(
        f"t = {MATERIAL}.node_tree; e = t.nodes.get('Seen') or t.nodes.new('ShaderNodeEmission'); e.name = 'Seen'\n"
        f"t.links.new(t.nodes['Patina'].outputs[{output!r}], e.inputs['Color'])\n"
        "t.links.new(e.outputs[0], t.get_output_node('ALL').inputs['Surface'])\n"
        "for node in t.nodes['Patina'].node_tree.nodes:\n"
        "    if node.bl_idname == 'ShaderNodeTexImage': node.interpolation = 'Closest'\n"  # see docs/color.md
        "answer = 0"
    )


def rendered(desk: Desk, frame: int) -> Look:
    """Base colour and the normal of the material, as they are rendered at a frame."""
    found = {}
    for name in ("Base Color", "Normal"):
        emit(desk, name)
        found[name] = render(desk, frame, data=name == "Normal")
    return found


def begin(desk: Desk) -> None:
    """Add and key as a person does."""
    desk.new_file()
    desk.search("Add Patina")
    desk.search("Keyframe Age")
    desk.key("Return")
    desk.ask(f"s = {MATERIAL}.patina; s.model = {TINY!r}; s.resolution = 64; answer = 0")
    desk.rest()


def reopened(desk: Desk, name: str) -> None:
    """Save the file, and open it again."""
    path = desk.folder / f"{name}.blend"
    desk.ask(f"bpy.ops.wm.save_as_mainfile(filepath={str(path)!r}); answer = 0")
    open_file(desk, path)


def open_file(desk: Desk, path: Path) -> None:
    """Open a file, which may have been saved in another configuration."""
    desk.ask(f"bpy.ops.wm.open_mainfile(filepath={str(path)!r}); answer = 0")
    desk.rest()


def looked_at(desk: Desk, name: str) -> None:
    """Keep a picture of Material Preview, which shows no missing texture. Only here: each drawing takes seconds."""
    desk.shade("MATERIAL")
    desk.still()
    assert not is_magenta(seen(desk, name)), name
    desk.shade("SOLID")


def live(desk: Desk) -> Look:
    """Played, scrubbed in the timeline, rendered, saved and opened."""
    begin(desk)
    desk.point_at("VIEW_3D")
    desk.key("space")
    desk.wait(f"{SCENE}.frame_current > 4", patience=300)
    desk.point_at("VIEW_3D")
    desk.key("space")
    agrees_with_itself(desk)
    x, y = desk.point_at("DOPESHEET_EDITOR", across=0.3, down=0.1)
    desk.drag(x, y, x + 200, y)
    assert agrees_with_itself(desk) > 20
    looked_at(desk, "live")
    found = {}
    for frame in KEPT:
        scrub_to(desk, frame)
        found |= {f"{name}_{frame}": values for name, values in texels(desk).items()}
    reopened(desk, "live")
    found |= {f"{name}_opened": values for name, values in texels(desk).items()}
    emit(desk, "Base Color")
    return found | {"rendered": render(desk, KEPT[0])}


def agrees_with_itself(desk: Desk) -> int:
    """The frame on which the playhead rests: its texels are those of that frame gone to from another one."""
    desk.rest()
    frame, now = desk.ask(f"answer = {SCENE}.frame_current"), texels(desk)
    scrub_to(desk, 240)
    scrub_to(desk, frame)
    again = texels(desk)
    assert all(np.array_equal(now[name], again[name]) for name in now), frame
    return frame


def atlas(desk: Desk) -> Look:
    """An atlas baked and played, saved and opened."""
    begin(desk)
    desk.later("bpy.ops.patina.bake_atlas('EXEC_DEFAULT', ages=5, bits='16')")
    desk.wait(f"{MATERIAL}.patina.playback == 'ATLAS'", patience=300)
    scrub_to(desk, KEPT[1])
    looked_at(desk, "atlas")
    reopened(desk, "atlas")
    return rendered(desk, KEPT[1])


def sequence(desk: Desk) -> Look:
    """A sequence baked and played, saved and opened; its second frame. Base colour is linear, all else encoded."""
    begin(desk)
    desk.later(
        f"bpy.ops.patina.bake_sequence('EXEC_DEFAULT', directory={str(desk.folder / 'sequence')!r}, overwrite=True, "
        f"frame_start={KEPT[1] - 1}, frame_end={KEPT[1]}, color_format='EXR', data_format='PNG16', link=True)"
    )
    desk.wait(f"{MATERIAL}.patina.playback == 'SEQUENCE'", patience=300)
    scrub_to(desk, KEPT[1])
    looked_at(desk, "sequence")
    reopened(desk, "sequence")
    return rendered(desk, KEPT[1])


def layers(desk: Desk) -> Look:
    """Rust over grey paint, then another ageing material over both, lit by a white light."""
    desk.new_file()
    desk.ask(
        f"p = {MATERIAL}.node_tree.nodes['Principled BSDF'].inputs\n"
        "p['Base Color'].default_value, p['Roughness'].default_value = (0.3, 0.3, 0.3, 1), 0.6; answer = 0"
    )
    desk.later(f"bpy.ops.patina.add_to_material(model={TINY!r}, mode='LAYER')")
    desk.later("bpy.ops.patina.keyframe_age(frame_start=1, frame_end=250)")
    scrub_to(desk, KEPT[1])
    looked_at(desk, "layer")
    found = {"layer": render(desk, KEPT[1])}
    desk.ask(
        f"other = bpy.data.materials.new('Bronze'); below = {MATERIAL}; other.use_nodes = True\n"
        "thing = bpy.context.active_object; thing.active_material = other\n"
        "bpy.ops.patina.add_to_material(model='ageing_bronze'); bpy.ops.patina.use_ready_atlas()\n"
        "other.patina.age = 0.9; thing.active_material = below\n"
        "bpy.ops.patina.mix_material(material=other.name)\n"
        "answer = 0"
    )
    desk.rest()
    looked_at(desk, "mixed")
    return found | {"mixed": render(desk, KEPT[1])}


def relit(desk: Desk) -> Look:
    """The preview in the window, and the strip and the film that are written of it."""
    begin(desk)
    desk.later("bpy.ops.patina.preview_relight('EXEC_DEFAULT', subject='SPHERE', frame_end=20)")
    desk.rest()
    desk.still()
    desk.picture("relit")
    desk.ask("bpy.ops.patina.preview_relight_back(); answer = 0")
    found: Look = {}
    for name, written, options in (
        ("strip.png", "strip", "ages=2, lights=1"),
        ("film.mp4", "animation", "frame_end=2"),
    ):
        path = desk.folder / name
        path.unlink(missing_ok=True)
        options += f", subject='PLANE', size=64, {written}={str(path)!r}"
        desk.later(f"bpy.ops.patina.preview_relight('EXEC_DEFAULT', {options})")
        desk.wait(f"__import__('pathlib').Path({str(path)!r}).is_file()", patience=300)
        desk.rest()
        found[path.stem] = read(desk, path, linear=False)
    return found


MADE: dict[str, Callable[[Desk], Look]] = {
    "live": live,
    "atlas": atlas,
    "sequence": sequence,
    "layers": layers,
    "relit": relit,
}
