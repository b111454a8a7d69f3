"""A baked sequence played back: the pixels of Live playback, without Patina."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from conftest import PACKAGE
from stage import age_stage, patina, render_frame
from test_bake import bake

STEP = 1 / 255


def group_of(material: bpy.types.Material) -> bpy.types.NodeTree:
    return patina("scene.materials").group_node(material).node_tree


@pytest.fixture
def without_patina() -> object:
    """Disables the extension; gives a function, for a test makes its scene first."""
    yield lambda: bpy.ops.preferences.addon_disable(module=PACKAGE)
    bpy.ops.preferences.addon_enable(module=PACKAGE)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"color_format": "EXR", "data_format": "EXR", "normals": "DIRECTX"},
        {"maps": {"BASE_COLOR", "NORMAL", "ORM"}, "color_format": "PNG16"},
    ],
)
def test_it_renders_what_live_renders_with_patina_disabled(
    arguments: dict, tmp_path: Path, without_patina: object
) -> None:
    material = age_stage()
    live = {frame: render_frame(tmp_path, frame) for frame in (2, 9)}
    assert bake(tmp_path / "textures", 1, 10, link=True, **arguments) == {"FINISHED"}
    assert material.patina.playback == "SEQUENCE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    without_patina()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert not hasattr(bpy.data.materials["Steel"], "patina")
    for frame, picture in live.items():
        difference = np.abs(render_frame(tmp_path, frame) - picture)
        assert difference.max() < 2 * STEP
        assert difference.mean() < STEP / 4
    assert np.abs(live[2] - live[9]).max() > 20 * STEP


def test_left_out_frames_are_held_in_both_renderers_files(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "textures", 1, 10, frame_step=3, link=True)
    held, last, after = (render_frame(tmp_path, frame) for frame in (6, 7, 8))
    material.patina.playback = "LIVE"
    assert np.abs(render_frame(tmp_path, 4) - held).max() < 2 * STEP
    assert np.abs(render_frame(tmp_path, 7) - last).max() < 2 * STEP
    assert np.array_equal(last, after)


def test_live_comes_back_and_another_bake_is_shown_at_once(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "textures", 1, 10)
    assert material.patina.playback == "LIVE"
    material.patina.playback = "SEQUENCE"
    images = {image.name for image in bpy.data.images if image.source == "SEQUENCE"}
    assert len(images) == 5
    before = render_frame(tmp_path, 8)
    material.patina.seed = 3
    assert np.array_equal(render_frame(tmp_path, 8), before)  # pictures do not follow the seed
    material.patina.playback = "LIVE"
    live = render_frame(tmp_path, 8)
    assert np.abs(live - before).max() > 10 * STEP
    material.patina.playback = "SEQUENCE"
    assert bake(tmp_path / "textures", 1, 10) == {"FINISHED"}
    assert np.abs(render_frame(tmp_path, 8) - live).max() < 2 * STEP
    assert len([image for image in bpy.data.images if image.source == "SEQUENCE"]) == 5
    assert bpy.ops.patina.remove_from_material() == {"FINISHED"}
    assert not [image for image in bpy.data.images if image.source == "SEQUENCE"]


def test_what_cannot_be_played_is_refused_with_a_sentence_and_live_goes_on(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.playback = "SEQUENCE"
    assert (material.patina.playback, "bake one first" in material.patina.notice) == ("LIVE", True)
    with pytest.raises(RuntimeError, match="has no Metallic, Normal: bake these maps too"):
        bake(tmp_path / "few", 1, 2, maps={"BASE_COLOR", "ROUGHNESS"}, link=True)
    bake(tmp_path / "lost", 1, 3)
    (tmp_path / "lost" / "Steel_normal_0002.png").unlink()
    material.patina.playback = "SEQUENCE"
    assert "Frame 2" in material.patina.notice and "is gone: bake again" in material.patina.notice
    assert material.patina.playback == "LIVE"
    sidecar = tmp_path / "lost" / "Steel_bake.json"
    told = json.loads(sidecar.read_text())
    told["files"]["base_color"] = "../../etc/passwd####"
    sidecar.write_text(json.dumps(told))
    material.patina.playback = "SEQUENCE"
    assert "was not written by this version of Patina" in material.patina.notice
    sidecar.write_text("{")
    material.patina.playback = "SEQUENCE"
    assert "cannot be read" in material.patina.notice
    assert not [image for image in bpy.data.images if image.source == "SEQUENCE"]


def test_a_bake_that_came_back_from_elsewhere_is_played(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "farm", 1, 3)
    (tmp_path / "farm").rename(tmp_path / "back")
    with pytest.raises(RuntimeError, match="There is no sidecar"):
        bpy.ops.patina.play_sequence(filepath=str(tmp_path / "farm" / "Steel_bake.json"))
    assert bpy.ops.patina.play_sequence(filepath=str(tmp_path / "back" / "Steel_bake.json")) == {"FINISHED"}
    assert material.patina.playback == "SEQUENCE"
    (image,) = (image for image in bpy.data.images if image.name.startswith("Steel base_color sequence"))
    assert Path(bpy.path.abspath(image.filepath)) == tmp_path / "back" / "Steel_base_color_0001.png"


def test_a_duplicated_material_plays_the_same_pictures(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "textures", 1, 3, link=True)
    copy = material.copy()
    copy.use_fake_user = True
    patina("scene.materials").separate_duplicates()
    assert group_of(copy) != group_of(material)
    sequences = patina("scene.baking.sequence_nodes").sequence_images
    assert sequences(group_of(copy)) == sequences(group_of(material))
    assert len(sequences(group_of(copy))) == 5
