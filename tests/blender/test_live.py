"""What an artist sees over time: rendered frames, compared in pixels."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import (
    TINY,
    age_stage,
    image_pixels,
    new_material,
    patina,
    render_animation,
    render_frame,
    set_stage,
    use_cycles,
)


def submitted(monkeypatch: pytest.MonkeyPatch) -> list:
    """Records every request to the engine."""
    requests = []
    engine = patina("engine.channel.client").Engine
    submit = engine.submit
    monkeypatch.setattr(engine, "submit", lambda self, request: (requests.append(request), submit(self, request))[1])
    return requests


def test_the_first_middle_and_last_frames_differ_and_darken_as_the_model_does(tmp_path: Path) -> None:
    age_stage()
    frames = render_animation(tmp_path, 1, 10)
    first, middle, last = (frames[frame].mean() for frame in (1, 5, 10))
    assert first > middle + 0.02 > last + 0.04


def test_a_frame_rendered_alone_equals_that_frame_of_the_animation(tmp_path: Path) -> None:
    age_stage()
    frames = render_animation(tmp_path, 6, 8)
    bpy.context.scene.frame_set(2)
    alone = render_frame(tmp_path, 7)
    assert np.abs(alone - frames[7]).max() < 1 / 255
    assert np.abs(alone - frames[6]).max() > 5 / 255


def test_a_file_saved_and_loaded_renders_the_same(tmp_path: Path) -> None:
    age_stage()
    before = render_frame(tmp_path, 6)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert np.abs(render_frame(tmp_path, 6) - before).max() < 1 / 255


def test_cycles_shows_each_frame_its_own_texture(tmp_path: Path) -> None:
    age_stage()
    use_cycles()
    bpy.context.scene.render.use_persistent_data = True
    frames = render_animation(tmp_path, 4, 6)
    alone = render_frame(tmp_path, 6)
    assert frames[4].mean() > frames[5].mean() + 0.003 > frames[6].mean() + 0.006
    assert np.abs(alone - frames[6]).max() < 1 / 255


def test_nothing_is_computed_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material = age_stage()
    render_frame(tmp_path, 4)
    requests = submitted(monkeypatch)
    bpy.context.object.location.x = 0.1
    render_frame(tmp_path, 4)
    assert requests == []
    material.patina.seed = 5
    render_frame(tmp_path, 4)
    assert {request.seed for request in requests} == {5}


def test_motion_blur_asks_for_every_age_at_most_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    bpy.context.scene.frame_set(4)
    bpy.context.scene.render.use_motion_blur = True
    requests = submitted(monkeypatch)
    frames = render_animation(tmp_path, 4, 4)
    bpy.context.scene.render.use_motion_blur = False
    assert len({request.age for request in requests}) <= 4
    assert np.abs(frames[4] - render_frame(tmp_path, 4)).max() < 1 / 255


def settle() -> None:
    """What the window's event loop does: the timer, until nothing is under way."""
    for _ in range(3000):
        if patina("scene.playback").tick() is None:
            return
        patina("scene.engine.process").engine().poll(0.02)
    raise AssertionError("the viewport never settles")


def test_the_viewport_follows_age_seed_and_resolution() -> None:
    material = age_stage()
    bpy.ops.patina.remove_from_material()
    bpy.ops.patina.add_to_material(model=TINY)
    material.patina.resolution = 64
    pictures = []
    for name, value in (("age", 0.2), ("age", 0.9), ("seed", 3), ("resolution", 128)):
        setattr(material.patina, name, value)
        bpy.context.view_layer.update()
        settle()
        pictures.append(image_pixels(material))
    assert pictures[0].mean() > pictures[1].mean() + 0.05
    assert np.abs(pictures[1] - pictures[2]).max() > 0.1
    assert pictures[3].shape == (128, 128, 4)


def test_the_viewport_never_waits_and_ends_at_the_newest_wish() -> None:
    material = age_stage()
    scene = bpy.context.scene
    for frame in range(1, 10):
        scene.frame_set(frame)
    settle()
    at_rest = image_pixels(material)
    scene.frame_set(3)
    settle()
    assert np.abs(image_pixels(material) - at_rest).max() > 0.05
    scene.frame_set(9)
    settle()
    assert np.array_equal(image_pixels(material), at_rest)


def test_undo_leaves_the_texture_of_the_undone_setting() -> None:
    material = age_stage()
    bpy.context.scene.frame_set(5)
    settle()
    before = image_pixels(material)
    bpy.ops.ed.undo_push(message="before")
    material.patina.seed = 9
    bpy.context.view_layer.update()
    settle()
    bpy.ops.ed.undo_push(message="seed")
    assert np.abs(image_pixels(material) - before).max() > 0.1
    bpy.ops.ed.undo()
    bpy.context.view_layer.update()
    settle()
    assert bpy.data.materials["Steel"].patina.seed == 0
    assert np.array_equal(image_pixels(bpy.data.materials["Steel"]), before)


def test_a_material_that_redo_brings_back_is_neutral_until_its_maps_come() -> None:
    new_material(set_stage())
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.patina.add_to_material(model=TINY) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="add")
    bpy.ops.ed.undo()
    assert not bpy.data.materials["Steel"].patina.model
    bpy.ops.ed.redo()
    assert np.allclose(image_pixels(bpy.data.materials["Steel"])[..., :3], 0.2)
    bpy.context.view_layer.update()
    settle()
    assert image_pixels(bpy.data.materials["Steel"])[..., :3].std() > 0.01


def test_the_engine_is_heard_until_it_rests() -> None:
    age_stage()
    playback, process = patina("scene.playback"), patina("scene.engine.process")
    bpy.context.scene.frame_set(4)
    playback.forget()  # as undo does: nobody waits for the answer any more
    assert process.is_busy()
    settle()
    assert not process.is_busy()


def test_a_duplicated_material_ages_by_itself(tmp_path: Path) -> None:
    material = age_stage()
    render_frame(tmp_path, 5)
    duplicate = material.copy()
    bpy.ops.mesh.primitive_plane_add(location=(0, 0, -1))
    bpy.context.object.data.materials.append(duplicate)
    duplicate.patina.seed = 7
    render_frame(tmp_path, 5)
    assert np.abs(image_pixels(material) - image_pixels(duplicate)).max() > 0.1
    materials = patina("scene.materials")
    assert materials.group_node(material).node_tree != materials.group_node(duplicate).node_tree


def test_a_material_that_nothing_uses_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    new_material(bpy.context.object)
    requests = submitted(monkeypatch)
    render_frame(tmp_path, 3)
    assert requests == []


def test_a_picture_that_stands_upright_in_the_engine_stands_upright_in_blender() -> None:
    material = new_material(set_stage())
    bpy.ops.patina.add_to_material(model=TINY)
    rows = np.linspace(0, 1, 64, dtype=np.float32)[:, None].repeat(64, 1)  # 0 at the top
    maps = {
        name: rows if width == 1 else rows[..., None].repeat(3, 2)
        for name, width in patina("engine.maps.map_names").MAPS.items()
    }
    group = patina("scene.materials").group_node(material).node_tree
    patina("scene.images").write_maps(patina("scene.node_group").group_images(group), maps)
    assert image_pixels(material)[0, 0, 0] == 1  # Blender's first row is the lowest
    assert image_pixels(material)[-1, 0, 0] == 0
