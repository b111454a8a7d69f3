"""Baked sequences: names, resuming, and folders that cannot be written."""

from pathlib import Path

import bpy
import pytest
from stage import age_stage, image_pixels, load_picture, render_frame

MAPS = ("base_color", "metallic", "roughness", "normal", "height")


def bake(folder: Path, start: int = 1, end: int = 3, **arguments: bool) -> set[str]:
    return bpy.ops.patina.bake_sequence(directory=str(folder), frame_start=start, frame_end=end, **arguments)


def test_every_map_of_every_frame_is_written_under_its_name(tmp_path: Path) -> None:
    age_stage().name = "Old / steel"
    bpy.context.scene.frame_set(7)
    assert bake(tmp_path / "new" / "textures") == {"FINISHED"}
    wanted = {f"Old_steel_{name}_{frame:04d}.png" for name in MAPS for frame in (1, 2, 3)}
    assert {path.name for path in (tmp_path / "new" / "textures").iterdir()} == wanted
    assert bpy.context.scene.frame_current == 7


def test_a_baked_picture_is_what_the_render_shows(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path, 5, 5)
    render_frame(tmp_path, 5)
    baked = load_picture(tmp_path / "Steel_roughness_0005.png")
    assert baked[..., 0] == pytest.approx(image_pixels(material, "roughness")[..., 0], abs=1 / 255)


def test_frames_that_are_there_are_kept_unless_overwritten(tmp_path: Path) -> None:
    age_stage()
    bake(tmp_path)
    kept, lost = tmp_path / "Steel_height_0001.png", tmp_path / "Steel_height_0002.png"
    kept.write_bytes(b"kept")
    lost.unlink()
    bake(tmp_path)
    assert kept.read_bytes() == b"kept"
    assert lost.stat().st_size > 100
    bake(tmp_path, overwrite=True)
    assert kept.read_bytes() != b"kept"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    age_stage()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RuntimeError, match="choose another folder"):
        bake(tmp_path / "file" / "textures")
    with pytest.raises(RuntimeError, match="not saved yet"):
        bpy.ops.patina.bake_sequence(directory="//textures", frame_start=1, frame_end=2)


def test_frames_that_run_backwards_are_refused_and_nothing_is_made(tmp_path: Path) -> None:
    age_stage()
    with pytest.raises(RuntimeError, match="comes before"):
        bake(tmp_path / "textures", 5, 2)
    assert not (tmp_path / "textures").exists()


def test_without_an_engine_a_bake_fails_and_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    with pytest.raises(RuntimeError, match="does not exist"):
        bake(tmp_path / "textures")
    assert not (tmp_path / "textures").exists()
