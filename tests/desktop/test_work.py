"""Longer work in the window: bakes that are stopped, copies, renamed and deleted images, files opened and linked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from desk import Desk
from PIL import Image
from test_first_rust import MATERIAL, is_magenta, scrub_to, seen


def age(desk: Desk) -> None:
    desk.search("Add Patina")
    desk.search("Keyframe Age")
    desk.key("Return")
    desk.show_material()
    desk.rest()


def test_escape_stops_a_bake_between_files_and_leaves_whole_ones(desk: Desk, tmp_path: Path) -> None:
    age(desk)
    desk.point_at("VIEW_3D")
    folder = desk.folder / "baked"
    desk.later(f"bpy.ops.patina.bake_sequence('EXEC_DEFAULT', directory={str(folder)!r}, frame_end=250)")
    desk.wait(f"len(list(__import__('pathlib').Path({str(folder)!r}).glob('*.png'))) > 10")
    desk.key("Escape")
    desk.picture("bake_stopped")
    desk.rest()
    files = sorted(folder.glob("*.png"))
    assert 10 < len(files) < 1250
    for file in files:
        with Image.open(file) as picture:
            picture.load()
    assert not list(folder.glob("*.tmp*"))


def test_escape_stops_an_atlas(desk: Desk) -> None:
    age(desk)
    desk.search("Bake Atlas")
    desk.key("Return", "Escape")
    desk.rest()
    assert desk.ask(f"answer = {MATERIAL}.patina.playback") == "LIVE"


def test_a_ready_atlas_can_be_undone_and_done_again(desk: Desk) -> None:
    state = f"answer = [{MATERIAL}.patina.playback, sorted(g.name for g in bpy.data.node_groups)]"
    age(desk)
    scrub_to(desk, 150)
    live = desk.ask(state)
    desk.search("Use Ready Atlas")
    desk.wait(f"{MATERIAL}.patina.playback == 'ATLAS'")
    desk.rest()
    atlas, shown = desk.ask(state), seen(desk, "ready_atlas")
    assert shown.std() > 5 and not is_magenta(shown)
    for keys, expected in (("ctrl+z", live), ("ctrl+shift+z", atlas)):
        desk.point_at("VIEW_3D")
        desk.key(keys)
        desk.rest()
        assert desk.ask(state) == expected
    assert np.abs(seen(desk, "ready_atlas_done_again") - shown).mean() < 3


def test_copies_age_by_themselves(desk: Desk) -> None:
    age(desk)
    desk.point_at("VIEW_3D")
    desk.key("shift+d", "Return")  # an object with the same material
    desk.ask(
        f"bpy.context.active_object.active_material = {MATERIAL}.copy(); answer = 0"
    )  # as the number beside its name does
    desk.ask(f"{MATERIAL}.patina.seed = 7; {MATERIAL}.patina.model = 'rusting_painted_metal'; answer = 0")
    desk.rest()
    desk.ask("bpy.context.window_manager.windows[0].scene = bpy.context.scene.copy(); answer = 0")
    scrub_to(desk, 150)
    assert desk.ask("answer = len({m.patina.model for m in bpy.data.materials if m.patina.model})") == 2
    groups = (
        "{n.node_tree for m in bpy.data.materials if m.patina.model for n in m.node_tree.nodes if n.type == 'GROUP'}"
    )
    assert desk.ask(f"answer = len({groups})") == 2
    assert not is_magenta(seen(desk, "copies"))


def test_renamed_and_deleted_images_come_back(desk: Desk) -> None:
    age(desk)
    desk.ask(
        "images = [i for i in bpy.data.images if 'patina_map' in i]\n"
        "images[0].name = 'mine / 🦀'; bpy.data.images.remove(images[1]); answer = 0"
    )
    scrub_to(desk, 90)
    assert desk.ask("answer = len([i for i in bpy.data.images if 'patina_map' in i])") == 5
    assert not is_magenta(seen(desk, "images"))


def test_saved_opened_and_appended(desk: Desk) -> None:
    age(desk)
    path = str(desk.folder / "shot é.blend")
    desk.ask(f"bpy.ops.wm.save_as_mainfile(filepath={path!r}); answer = 0")
    desk.ask(f"bpy.ops.wm.open_mainfile(filepath={path!r}); answer = 0")
    desk.show_material()
    scrub_to(desk, 200)
    opened = seen(desk, "opened")
    assert not is_magenta(opened)
    desk.new_file()
    desk.ask(
        f"with bpy.data.libraries.load({path!r}) as (there, here): here.materials = ['Material']\n"
        "bpy.context.active_object.active_material = here.materials[0]; answer = 0"
    )
    desk.show_material()
    scrub_to(desk, 200)
    assert abs(seen(desk, "appended") - opened).mean() < 12


def test_linked_and_overridden(desk: Desk) -> None:
    age(desk)
    path = str(desk.folder / "library.blend")
    desk.ask(f"bpy.ops.wm.save_as_mainfile(filepath={path!r}); answer = 0")
    desk.new_file()
    desk.ask(
        "bpy.data.objects.remove(bpy.data.objects['Cube'])\n"
        f"with bpy.data.libraries.load({path!r}, link=True) as (there, here): here.objects = ['Cube']\n"
        "linked = here.objects[0].override_create(remap_local_usages=True) or here.objects[0]\n"
        "bpy.context.scene.collection.objects.link(linked)\n"
        "bpy.context.view_layer.objects.active = linked; answer = linked.name"
    )
    desk.show_material()
    scrub_to(desk, 200)
    assert not is_magenta(seen(desk, "linked"))
