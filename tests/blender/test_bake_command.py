"""`blender --command patina bake`: what a farm calls. The bpy package has no --command; the function behind it has."""

import json
import shutil
from pathlib import Path

import bpy
import pytest
from stage import age_stage, patina
from test_bake import bake, contents


def command(*arguments: object) -> int:
    return patina("operators.command").main([str(argument) for argument in arguments])


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A saved .blend with the ageing material Steel, frames 1 to 10."""
    age_stage()
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def test_chunks_of_the_command_are_the_operators_one_run(shot: Path, tmp_path: Path) -> None:
    bake(tmp_path / "one", 2, 6)
    for frames in ("2-4", "5-6"):
        assert command("bake", shot, "--material", "Steel", "--frames", frames, "--folder", tmp_path / "farm") == 0
    assert contents(tmp_path / "farm") == contents(tmp_path / "one")


def test_by_default_all_is_baked_beside_the_file(shot: Path, capfd: pytest.CaptureFixture) -> None:
    assert command("bake", shot, "--maps", "base_color,orm", "--color", "exr", "--step", 3) == 0
    assert {path.name for path in (shot.parent / "textures").iterdir()} == {
        *(f"Steel_base_color_{frame:04d}.exr" for frame in (1, 4, 7, 10)),
        *(f"Steel_orm_{frame:04d}.png" for frame in (1, 4, 7, 10)),
        "Steel_bake.json",
    }
    assert "Steel: 4 frames baked" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--material", "Gold"], 1, "No material 'Gold' ages in this file: choose among 'Steel'."),
        (["--frames", "5-2"], 1, "Frame 2 comes before frame 5: choose a later end."),
        (["--frames", "some"], 1, "'some' names no frames"),
        (["--maps", "gloss"], 1, "There is no map 'gloss'"),
        (["--color", "jpeg"], 2, "invalid choice"),
        (["--folder", "/proc/patina"], 1, "Nothing can be written to the folder /proc/patina"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_a_status(
    arguments: list[str], status: int, sentence: str, shot: Path, capfd: pytest.CaptureFixture
) -> None:
    assert command("bake", shot, *arguments) == status
    assert sentence in capfd.readouterr().err
    assert not (shot.parent / "textures").exists()


def test_a_file_that_is_none_and_an_engine_that_is_none_end_in_failure(
    shot: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    assert command("bake", shot.parent / "lost.blend") == 1
    assert "There is no file" in capfd.readouterr().err
    (shot.parent / "text.blend").write_text("no blend")
    assert command("bake", shot.parent / "text.blend") == 1
    assert "cannot be opened" in capfd.readouterr().err
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    assert command("bake", shot) == 1
    assert "does not exist" in capfd.readouterr().err
    assert command() == 2


def test_one_failed_material_of_several_is_a_failure(shot: Path) -> None:
    copy = bpy.data.materials["Steel"].copy()
    copy.name = "Broken"
    copy.use_fake_user = True
    patina("scene.materials").separate_duplicates()
    copy.patina.model_hash = "0" * 64
    bpy.ops.wm.save_mainfile()
    assert command("bake", shot, "--frames", "3") == 1
    assert json.loads((shot.parent / "textures" / "Steel_bake.json").read_text())["frames"].keys() == {"3"}
    shutil.rmtree(shot.parent / "textures")
    assert command("bake", shot, "--frames", "3", "--material", "Steel") == 0
