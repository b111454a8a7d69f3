"""Motion blur, several scenes, regions and persistent data: each frame keeps the texture of its own age."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, new_material, patina, render_animation, render_frame, use_cycles

FRAMES = (4, 5, 6)


@pytest.fixture
def frames(tmp_path: Path) -> dict[int, np.ndarray]:
    """The stage in Cycles, and its frames as stills without anything special."""
    age_stage()
    use_cycles()
    stills = {frame: render_frame(tmp_path, frame) for frame in FRAMES}
    assert min(np.abs(stills[4] - stills[5]).max(), np.abs(stills[5] - stills[6]).max()) > 10 / 255
    return stills


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return float(np.abs(one - other).max()) < 1 / 255


@pytest.mark.parametrize("position", ["START", "CENTER", "END"])
def test_with_motion_blur_cycles_shows_the_age_of_the_frame(
    position: str, frames: dict[int, np.ndarray], tmp_path: Path
) -> None:
    render = bpy.context.scene.render
    render.use_motion_blur, render.motion_blur_position, render.motion_blur_shutter = True, position, 1.0
    blurred = render_animation(tmp_path, FRAMES[0], FRAMES[-1])
    assert [frame for frame in FRAMES if not same(blurred[frame], frames[frame])] == []


@pytest.mark.parametrize("engine", ["cycles", "eevee"])
def test_persistent_data_keeps_no_texture_of_another_frame(engine: str, tmp_path: Path) -> None:
    age_stage()
    if engine == "cycles":
        use_cycles()
    stills = {frame: render_frame(tmp_path, frame) for frame in FRAMES}
    bpy.context.scene.render.use_persistent_data = True
    for _ in range(2):
        animation = render_animation(tmp_path, FRAMES[0], FRAMES[-1])
        assert [frame for frame in FRAMES if not same(animation[frame], stills[frame])] == []
    assert same(render_frame(tmp_path, FRAMES[0]), stills[FRAMES[0]])


@pytest.mark.parametrize("is_cropped", [False, True])
def test_a_region_is_that_part_of_the_frame(is_cropped: bool, frames: dict[int, np.ndarray], tmp_path: Path) -> None:
    render = bpy.context.scene.render
    render.use_border, render.use_crop_to_border = True, is_cropped
    render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y = 0.25, 0.75, 0.25, 0.75
    part = frames[5][15:45, 20:60]
    region = render_frame(tmp_path, 5)
    assert same(region if is_cropped else region[15:45, 20:60], part)


def render_scene(scene: bpy.types.Scene, frame: int, folder: Path) -> np.ndarray:
    """One of several scenes, shown in the window; Blender renders the frame of that one."""
    bpy.context.window.scene = scene
    return render_frame(folder, frame)


def test_two_scenes_that_share_a_material_each_render_their_own_frame(
    frames: dict[int, np.ndarray], tmp_path: Path
) -> None:
    first = bpy.context.scene
    other = first.copy()  # linked: the same objects and material, its own time
    for scene, frame in ((first, 4), (other, 6), (first, 4), (other, 5)):
        assert same(render_scene(scene, frame, tmp_path), frames[frame]), (scene.name, frame)


def test_two_scenes_with_their_own_materials_do_not_mix(frames: dict[int, np.ndarray], tmp_path: Path) -> None:
    first = bpy.context.scene
    plane = bpy.context.object
    other = first.copy()
    for linked in list(other.collection.objects):
        if linked == plane:
            other.collection.objects.unlink(linked)
    second = plane.copy()
    second.data = plane.data.copy()
    other.collection.objects.link(second)
    material = new_material(second)
    material.name = "Other"
    bpy.context.window.scene = other
    bpy.context.view_layer.objects.active = second
    material.patina.resolution, material.patina.seed = 64, 5
    assert bpy.ops.patina.add_to_material(model=bpy.data.materials["Steel"].patina.model) == {"FINISHED"}
    assert bpy.ops.patina.keyframe_age(frame_start=1, frame_end=10) == {"FINISHED"}
    pictures = {}
    for scene, frame in ((other, 5), (first, 5), (other, 6), (first, 6), (other, 5)):
        picture = render_scene(scene, frame, tmp_path)
        if scene == first:
            assert same(picture, frames[frame])
        else:
            assert same(pictures.setdefault(frame, picture), picture) and not same(picture, frames[frame])
    assert not patina("scene.playback").failures
