"""Files that earlier versions of the extension saved, and files whose models are gone or are others by now."""

import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import TINY, is_magenta, load_picture, patina, psnr

from tests.endurance.truth import Truth, settle, wanted

SAVED = Path(__file__).resolve().parents[1] / "data" / "saved"
FILES = sorted(path.stem for path in SAVED.glob("*.blend"))
FRAMES = (1, 6, 10)
CLAY = Path(__file__).resolve().parents[2] / "weights" / "clay_drying.safetensors"


def open_saved(name: str, folder: Path, model: Path | None) -> bpy.types.Material:
    """Open a kept file, with `model` beside it under the name that the file remembers."""
    shutil.copy(SAVED / f"{name}.blend", folder)
    if model is not None:
        shutil.copy(model, folder / "tiny.safetensors")
    bpy.ops.wm.open_mainfile(filepath=str(folder / f"{name}.blend"))
    return bpy.data.materials["Steel"]


def render(folder: Path, frame: int) -> np.ndarray:
    """A frame as the file's own settings render it, in 8 bits."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    scene.render.engine = patina("scene.versions").eevee_name()
    scene.render.filepath = str(folder / f"frame_{frame:04d}.png")
    bpy.ops.render.render(write_still=True)
    return load_picture(Path(scene.render.filepath))


def only_sentence() -> str:
    (sentence,) = {found.sentence for found in patina("scene.playback").failures}
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 400
    return sentence


def test_there_are_files_of_two_versions() -> None:
    assert len(FILES) >= 2


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_an_earlier_version_renders_as_it_did_then(name: str, tmp_path: Path) -> None:
    material = open_saved(name, tmp_path, Path(TINY))
    then = {frame: load_picture(SAVED / f"{name}_{frame:04d}.png") for frame in FRAMES}
    truth = Truth(tmp_path / "lives")
    for frame in FRAMES:
        now = render(tmp_path, frame)
        likeness = {other: psnr(now, then[other]) for other in FRAMES}
        assert likeness[frame] > 35 and likeness[frame] > max(likeness[one] for one in FRAMES if one != frame) + 6
        settle()
        assert truth.wrong(material, wanted(material)) == ""
    truth.close()
    assert not patina("scene.playback").failures


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_an_earlier_version_can_be_edited_baked_and_saved(name: str, tmp_path: Path) -> None:
    material = open_saved(name, tmp_path, Path(TINY))
    assert (material.patina.seed, material.patina.resolution, material.patina.scale) == (3, 64, 0.5)
    before = render(tmp_path, 6)
    material.patina.seed = 4
    assert psnr(render(tmp_path, 6), before) < 30
    material.patina.seed = 3
    assert bpy.ops.patina.bake_sequence(directory=str(tmp_path / "baked"), frame_start=6, frame_end=6) == {"FINISHED"}
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert np.array_equal(render(tmp_path, 6), before)


def test_a_file_whose_model_is_missing_is_magenta_with_a_sentence_until_it_is_there(tmp_path: Path) -> None:
    material = open_saved(FILES[0], tmp_path, None)
    render(tmp_path, 6)
    assert is_magenta(material) and "There is no model '//tiny.safetensors'" in only_sentence()
    with pytest.raises(RuntimeError, match="There is no model"):
        bpy.ops.patina.bake_sequence(directory=str(tmp_path / "baked"), frame_start=1, frame_end=2)
    assert not list(tmp_path.glob("baked/*"))
    shutil.copy(TINY, tmp_path)
    assert psnr(render(tmp_path, 6), load_picture(SAVED / f"{FILES[0]}_0006.png")) > 35
    assert not patina("scene.playback").failures


def test_another_model_under_the_same_name_changes_no_shot_unseen(tmp_path: Path) -> None:
    material = open_saved(FILES[0], tmp_path, CLAY)
    render(tmp_path, 6)
    assert is_magenta(material) and "is not the one that 'Steel' was made with" in only_sentence()
    with pytest.raises(RuntimeError, match="not the one"):
        bpy.ops.patina.bake_sequence(directory=str(tmp_path / "baked"), frame_start=1, frame_end=2)
    material.patina.model = material.patina.model  # as the sentence says: the new one is accepted
    accepted = render(tmp_path, 6)
    assert not is_magenta(material) and not patina("scene.playback").failures
    assert psnr(accepted, load_picture(SAVED / f"{FILES[0]}_0006.png")) < 30
