"""The relit preview: its own scene, its pictures, the way back, and that it leaves the artist's scene as it was."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage import TINY, age_stage, load_picture, new_material, patina, set_stage
from test_panels import Layout

SIZE, GAP = 16, 4


def preview(**choices: object) -> set[str]:
    return bpy.ops.patina.preview_relight(**{"size": SIZE, "frame_start": 1, "frame_end": 4} | choices)


def still_stage() -> bpy.types.Material:
    """A material whose Age nothing animates."""
    material = new_material(set_stage())
    material.patina.resolution = 64
    bpy.ops.patina.add_to_material(model=TINY)
    return material


def everything() -> dict[str, object]:
    """What an artist could miss: data-blocks by kind, and the settings of their scene."""
    kinds = ("scenes", "objects", "meshes", "materials", "worlds", "cameras", "lights", "actions", "node_groups")
    # Beside the render's own result, which belongs to no file.
    images = sorted(image.name for image in bpy.data.images if image.source != "VIEWER")
    scene = bpy.data.scenes["Scene"]
    render, view = scene.render, scene.view_settings
    settings = (render.engine, render.filepath, render.resolution_x, render.filter_size, view.view_transform)
    names = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}
    preferences = bpy.context.preferences.system.anisotropic_filter
    frame = (scene.frame_current, scene.frame_start, scene.frame_end, scene.camera.name)
    return names | {"images": images, "settings": settings, "frame": frame, "filter": preferences}


def relit() -> bpy.types.Scene:
    return bpy.data.scenes["Patina Relit"]


def wearer() -> bpy.types.Object:
    return next(thing for thing in relit().objects if thing.type == "MESH")


def tiles(path: Path, rows: int, columns: int) -> np.ndarray:
    """The pictures of a strip, [rows, columns, SIZE, SIZE, 3], rows from the top."""
    strip = load_picture(path)[::-1]
    step = SIZE + GAP
    assert strip.shape[:2] == (rows * step - GAP, columns * step - GAP)
    return np.stack(
        [[strip[r * step : r * step + SIZE, c * step : c * step + SIZE] for c in range(columns)] for r in range(rows)]
    )


@pytest.mark.parametrize("subject", ["PLANE", "SPHERE", "OBJECT"])
def test_the_window_shows_a_scene_of_its_own_and_the_way_back_leaves_nothing(subject: str) -> None:
    age_stage()
    before = everything()
    assert preview(subject=subject) == {"FINISHED"}
    assert bpy.context.window.scene == relit()
    assert relit().frame_end == 4
    assert all(before[kind] == everything()[kind] for kind in ("settings", "frame", "filter"))
    assert bpy.ops.patina.preview_relight_back() == {"FINISHED"}
    assert bpy.context.window.scene.name == "Scene"
    assert everything() == before


def test_the_material_itself_is_worn_where_its_age_is_animated_else_a_copy_that_lives() -> None:
    material = age_stage()
    preview()
    assert wearer().active_material == material
    bpy.ops.patina.preview_relight_back()
    bpy.ops.patina.remove_from_material()
    bpy.ops.patina.add_to_material(model=TINY)
    material.patina.age = 0.3
    preview()
    worn = wearer().active_material
    assert worn != material
    assert patina("scene.animation").ages_at(relit(), worn, [1, 4]) == pytest.approx({1: 0.0, 4: 1.0})
    assert material.patina.age == pytest.approx(0.3)


def test_the_light_goes_round_once_on_the_cameras_side() -> None:
    age_stage()
    preview(subject="PLANE")
    scene = relit()
    light = next(thing for thing in scene.objects if thing.type == "LIGHT")
    places = []
    for frame in (1, 2, 3, 4, 5):
        scene.frame_set(frame)
        depsgraph = scene.view_layers[0].depsgraph
        depsgraph.update()
        places.append(tuple(light.evaluated_get(depsgraph).matrix_world.translation))
    expected = [(0, 0.6, 1), (-0.6, 0, 1), (0, -0.6, 1), (0.6, 0, 1), (0, 0.6, 1)]
    assert np.allclose(places, expected, atol=1e-5)


def test_a_strip_has_ages_across_and_lights_down_and_leaves_nothing(tmp_path: Path) -> None:
    still_stage()
    before = everything()
    assert preview(subject="PLANE", strip=str(tmp_path / "strip.png"), ages=3, lights=3) == {"FINISHED"}
    assert everything() == before
    pictures = tiles(tmp_path / "strip.png", 3, 3)
    means = pictures.mean((2, 3, 4))
    assert np.all(means[:, :-1] > means[:, 1:] + 0.02)  # the tiny model darkens
    half = SIZE // 2
    flash, north, south = (pictures[row, 0] for row in range(3))
    assert abs(flash[:half].mean() - flash[half:].mean()) < 0.03
    assert north[:half].mean() > north[half:].mean() + 0.05
    assert south[half:].mean() > south[:half].mean() + 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["strip.png"]


def test_frames_of_an_animation_differ_and_a_film_can_be_read(tmp_path: Path) -> None:
    still_stage()
    before = everything()
    assert preview(subject="SPHERE", animation=str(tmp_path / "frames")) == {"FINISHED"}
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [f"relit_000{k}.png" for k in range(1, 5)]
    first, last = (load_picture(tmp_path / "frames" / f"relit_000{k}.png") for k in (1, 4))
    assert np.abs(first - last).max() > 0.1
    assert preview(subject="SPHERE", animation=str(tmp_path / "relit.mp4"), size=33) == {"FINISHED"}
    assert everything() == before
    film = bpy.data.movieclips.load(str(tmp_path / "relit.mp4"))
    assert (tuple(film.size), film.frame_duration) == ((34, 34), 4)


def test_previewing_again_takes_the_earlier_ones_place_even_from_inside() -> None:
    still_stage()
    preview(subject="SPHERE")
    first = everything()
    preview(subject="SPHERE")
    assert everything() == first
    preview(subject="OBJECT")
    assert wearer().data == bpy.data.objects["Plane"].data
    assert wearer().data.materials[0] == bpy.data.materials["Steel"]  # the mesh that it shares is untouched
    assert sum(scene.name.startswith("Patina") for scene in bpy.data.scenes) == 1


def test_undo_takes_the_preview_away_and_redo_brings_it_back() -> None:
    still_stage()
    bpy.ops.ed.undo_push(message="before")
    preview()
    bpy.ops.ed.undo_push(message="preview")
    bpy.ops.ed.undo()
    assert [scene.name for scene in bpy.data.scenes] == ["Scene"]
    bpy.ops.ed.redo()
    assert wearer().active_material.patina.model == TINY


def test_stopped_between_two_pictures_it_leaves_neither_scene_nor_half_a_file(tmp_path: Path) -> None:
    """What a window's timer does, one step at a time, until ESC."""
    material = still_stage()
    before = everything()
    order = patina("scene.preview.preview").order_of(
        bpy.context, material, subject="PLANE", engine="EEVEE", size=SIZE, flash=False, frame_start=1, frame_end=4
    )
    steps = patina("scene.preview.pictures").strip_steps(order, tmp_path / "strip.png", 2, 2, block=False)
    assert next(done for done in steps if done > 0) == 0.25
    assert everything() != before
    steps.close()
    assert everything() == before
    assert list(tmp_path.iterdir()) == []


def test_a_material_that_plays_its_atlas_is_previewed_by_it(tmp_path: Path) -> None:
    material = still_stage()
    assert bpy.ops.patina.bake_atlas(ages=3) == {"FINISHED"}
    assert material.patina.playback == "ATLAS"
    before = everything()
    assert preview(subject="PLANE", strip=str(tmp_path / "strip.png"), ages=3, lights=1) == {"FINISHED"}
    assert everything() == before
    first, middle, last = tiles(tmp_path / "strip.png", 1, 3).mean((0, 2, 3, 4))
    assert first > middle + 0.02 > last + 0.04


def refused(match: str, **choices: object) -> None:
    before = everything()
    with pytest.raises(RuntimeError, match=match):
        preview(**choices)
    assert everything() == before


def test_what_cannot_be_done_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    still_stage()
    refused("comes before", frame_start=5, frame_end=2)
    refused("not saved yet", strip="//strip.png")
    (tmp_path / "file").write_text("in the way")
    refused("choose another folder", strip=str(tmp_path / "file" / "strip.png"))


def test_without_an_engine_no_picture_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    still_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    refused("does not exist", strip=str(tmp_path / "strip.png"))
    assert list(tmp_path.iterdir()) == []


def test_the_panel_offers_the_preview_and_from_inside_the_way_back() -> None:
    new_material(set_stage())
    panel = patina("panels.relight").RelightSidebarPanel
    assert not panel.poll(bpy.context)
    with pytest.raises(RuntimeError, match="add Patina to it first"):
        preview()
    bpy.ops.patina.add_to_material(model=TINY)
    assert panel.poll(bpy.context)
    outside, inside = Layout(), Layout()
    panel.draw(SimpleNamespace(layout=outside), bpy.context)
    preview()
    assert panel.poll(bpy.context)
    panel.draw(SimpleNamespace(layout=inside), bpy.context)
    assert "patina.preview_relight_back" not in outside.operators
    assert {"patina.preview_relight_back", "screen.animation_play"} <= set(inside.operators)
