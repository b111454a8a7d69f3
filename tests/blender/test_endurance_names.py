"""Folders, files and materials whose names are not plain ASCII: as with plain ones."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import TINY, age_stage, is_magenta, patina, render_frame
from test_bake import bake, contents
from trainings import SMALL, write_footage

NAMES = ["Zoë's Büro", "a b  c", "錆びた鉄", "%TEMP% #1 & co"]


@pytest.mark.parametrize("name", NAMES)
def test_a_shot_in_a_folder_of_any_name_is_saved_baked_and_rendered(name: str, tmp_path: Path) -> None:
    age_stage()
    plain = render_frame(tmp_path, 5)
    bake(tmp_path / "plain", 4, 6)
    process = patina("scene.engine.process")
    process.close()
    folder = tmp_path / name
    folder.mkdir()
    process.preferences().lives = str(folder / "lives")
    shot = folder / f"{name}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    assert np.array_equal(render_frame(folder, 5), plain)
    assert list((folder / "lives").glob("life-*"))
    assert bpy.ops.patina.bake_sequence(directory="//baked", frame_start=4, frame_end=6) == {"FINISHED"}
    assert contents(folder / "baked") == contents(tmp_path / "plain")
    process.close()
    process.preferences().lives = ""


@pytest.mark.parametrize("name", ["Fresh & rusted / №2: ä", "錆" * 85, "x" * 255])
def test_a_material_of_any_name_is_baked_and_its_pictures_are_found(name: str, tmp_path: Path) -> None:
    material = age_stage()
    render_frame(tmp_path, 2)
    material.name = name  # Blender cuts it to what it can hold
    assert bake(tmp_path / "baked", 1, 2) == {"FINISHED"}
    pictures = [path for path in (tmp_path / "baked").iterdir() if path.suffix == ".png"]
    assert len(pictures) == 10 and all(len(path.name.encode()) < 200 for path in pictures)
    assert bake(tmp_path / "baked", 1, 2) == {"FINISHED"}
    assert len(list((tmp_path / "baked").iterdir())) == 11


def test_a_long_name_is_cut_between_characters_and_short_ones_stay() -> None:
    file_stem = patina("scene.baking.sequence").file_stem  # for older Blenders cut names to 63 bytes
    assert file_stem("錆" * 85) == "錆" * 53 and file_stem("x" * 255) == "x" * 80
    assert file_stem("Grünspan №2") == "Grünspan_2"


def test_a_model_is_trained_from_and_into_folders_of_any_name(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    preferences = patina("scene.engine.process").preferences()
    preferences.models = str(tmp_path / "Zoë's 錆 models")
    request.addfinalizer(lambda: setattr(patina("scene.engine.process").preferences(), "models", ""))
    footage = write_footage(tmp_path / "Aufnahmen für 錆")
    done = bpy.ops.patina.train(exemplar=str(footage), name="Rost für Zoë", kind="RGB", iterations=2, options=SMALL)
    assert done == {"FINISHED"}
    (training,) = patina("scene.training.jobs").trainings()
    assert (training.state, training.title) == ("done", "Rost für Zoë")
    material = age_stage(training.name)
    render_frame(tmp_path, 1)
    assert not is_magenta(material) and not patina("scene.playback").failures


def test_a_model_file_of_any_name_is_imported(tmp_path: Path) -> None:
    source = tmp_path / "Rost für 錆's #1.safetensors"
    source.write_bytes(Path(TINY).read_bytes())
    before = set(patina("scene.library").model_names())
    assert bpy.ops.patina.import_model(filepath=str(source)) == {"FINISHED"}
    (name,) = set(patina("scene.library").model_names()) - before
    try:
        material = age_stage(name)
        render_frame(tmp_path, 1)
        assert not is_magenta(material)
    finally:
        patina("scene.library").model_path(name).unlink()
