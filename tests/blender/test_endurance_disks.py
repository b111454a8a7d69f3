"""Disks that fill, go, or turn read-only in the midst of a bake or a save; kept lives that are damaged while in use."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import bpy
import pytest
from stage import age_stage, is_magenta, load_picture, patina, render_frame
from test_bake import bake, contents, sidecar
from trainings import SMALL, write_footage

from tests.endurance import disks, writers
from tests.endurance.truth import Truth, settle, wanted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    with disks.small_disk(tmp_path / "disk", "256k") as mounted:
        if not mounted:
            pytest.skip("only the superuser of a Linux may mount a small disk")
        yield tmp_path / "disk"


def in_mid_bake(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object], after: int = 2) -> None:
    """Let something happen once so many frames are written."""
    bakes = patina("scene.baking.bake")
    add_frame = bakes.add_frame
    written = []

    def add_and_happen(*arguments: object) -> None:
        add_frame(*arguments)
        written.append(arguments)
        if len(written) == after:
            happen()

    monkeypatch.setattr(bakes, "add_frame", add_and_happen)


def one_sentence(error: pytest.ExceptionInfo) -> str:
    text = str(error.value).removeprefix("Error: ").strip()
    assert "\n" not in text and text.endswith(".") and len(text) < 400
    return text


def whole_pictures(folder: Path) -> dict[str, bytes]:
    """The pictures of a folder, each of which can be read to its end."""
    for path in folder.glob("*.png"):
        assert load_picture(path).shape == (64, 64, 3)
    return {name: data for name, data in contents(folder).items() if name.endswith(".png")}


def test_a_disk_that_is_full_in_mid_bake_keeps_what_is_whole_and_goes_on_later(
    small_disk: Path, tmp_path: Path
) -> None:
    age_stage()
    bake(tmp_path / "whole", 1, 10)
    whole = contents(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="No space left on device") as error:
        bake(small_disk, 1, 10)
    assert "space" in one_sentence(error).rpartition(":")[2]
    left = whole_pictures(small_disk)
    assert 5 <= len(left) < 50 and left.items() <= whole.items()
    assert not list(small_disk.glob(".*"))
    assert 0 < len(sidecar(small_disk)["frames"]) < 10
    disks.resize(small_disk, "4m")
    assert bake(small_disk, 1, 10) == {"FINISHED"}
    assert contents(small_disk) == whole


def test_a_disk_that_turns_read_only_in_mid_bake_is_one_sentence_and_the_bake_goes_on_later(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age_stage()
    bake(tmp_path / "whole", 1, 4)
    disks.resize(small_disk, "4m")
    in_mid_bake(monkeypatch, lambda: disks.mount("-o", "remount,ro", small_disk))
    with pytest.raises(RuntimeError, match="Read-only file system") as error:
        bake(small_disk, 1, 4)
    one_sentence(error)
    assert list(sidecar(small_disk)["frames"]) == ["1", "2"]
    assert disks.mount("-o", "remount,rw", small_disk)
    assert bake(small_disk, 1, 4) == {"FINISHED"}
    assert contents(small_disk) == contents(tmp_path / "whole")


def test_a_disk_that_fills_in_mid_training_keeps_what_is_whole_and_the_training_goes_on_later(
    small_disk: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    preferences = patina("scene.engine.process").preferences()
    preferences.models = str(small_disk)
    request.addfinalizer(lambda: setattr(patina("scene.engine.process").preferences(), "models", ""))
    disks.resize(small_disk, "3m")  # one checkpoint, its picture, and most of another
    with pytest.raises(RuntimeError, match="No space left on device") as error:
        footage = write_footage(tmp_path / "footage")
        bpy.ops.patina.train(exemplar=str(footage), name="Rust", kind="RGB", iterations=6, options=SMALL)
    assert "free space on the disk, then resume" in one_sentence(error)
    (training,) = patina("scene.training.jobs").trainings()
    assert training.state == "failed" and training.describe() == one_sentence(error)
    assert training.progress.iteration > 1  # it failed at another checkpoint than the first
    assert {path.name for path in small_disk.glob(".*")} == {".Rust.lock"}
    assert writers.broken_pictures(small_disk) == []
    disks.resize(small_disk, "16m")
    assert bpy.ops.patina.train_resume(name="Rust") == {"FINISHED"}
    assert "from step 1 of 6" in (small_disk / "Rust.log").read_text()
    assert patina("scene.library").model_header("Rust").training["iterations"] == 6


@pytest.mark.parametrize("in_its_place", ["nothing", "a file"])
def test_a_folder_that_goes_in_mid_bake_is_one_sentence(
    in_its_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = age_stage()
    bake(tmp_path / "whole", 1, 4)
    folder = tmp_path / "baked"

    def go() -> None:
        shutil.rmtree(folder)
        if in_its_place == "a file":
            folder.write_text("in the way")

    in_mid_bake(monkeypatch, go)
    with pytest.raises(RuntimeError, match=r"cannot be (written|used)") as error:
        bake(folder, 1, 4)
    one_sentence(error)
    monkeypatch.undo()
    if in_its_place == "a file":
        folder.unlink()
    assert bake(folder, 1, 4) == {"FINISHED"}
    assert contents(folder) == contents(tmp_path / "whole")
    render_frame(tmp_path, 5)
    assert not is_magenta(material)


def test_a_lock_that_a_dead_bake_left_keeps_nobody_waiting(tmp_path: Path) -> None:
    age_stage()
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    mark = patina("engine.files.processes").mark().partition("-")[0]
    (tmp_path / ".Steel_bake.json.lock").write_text(f"{mark}-{dead}")
    lock = patina("scene.baking.lock")
    lock._STALE, kept = 1e9, lock._STALE  # not by waiting
    try:
        assert bake(tmp_path, 1, 1) == {"FINISHED"}
    finally:
        lock._STALE = kept
    assert not list(tmp_path.glob(".*"))


def test_a_lock_of_whom_nothing_is_known_opens_when_it_has_lasted_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age_stage()
    (tmp_path / ".Steel_bake.json.lock").write_text("")
    monkeypatch.setattr(patina("scene.baking.lock"), "_STALE", 0.2)
    assert bake(tmp_path, 1, 1) == {"FINISHED"}


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if content:  # an earlier damage may have emptied it
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, _: random.Random) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path, _: random.Random) -> None:
    os.truncate(path, 0)


def _become_folder(path: Path, _: random.Random) -> None:
    path.unlink()
    with suppress(FileExistsError):  # the engine has just kept it again
        path.mkdir()


DAMAGES_OF_RECORDS = {"flip": _flip, "cut": _cut, "folder": _become_folder, "emptied": _empty}


def damage(lives: Path, chance: random.Random) -> None:
    """Something that happens to a folder of kept lives."""
    records = sorted(path for path in lives.glob("life-*/[os]*") if path.is_file())
    some = chance.sample(records, min(len(records), 6))
    match chance.choice(("all", "life", "flip", "cut", "folder", "file", "emptied")):
        case "all":
            shutil.rmtree(lives, ignore_errors=True)  # the engine may be writing
        case "life":
            for life in lives.glob("life-*"):
                shutil.rmtree(life, ignore_errors=True)
        case "file":
            for life in lives.glob("life-*"):
                shutil.rmtree(life, ignore_errors=True)
                with suppress(IsADirectoryError, PermissionError):  # the engine has just kept it again
                    life.write_text("in the way")
        case kind:
            for path in records if kind == "emptied" else some:
                with suppress(FileNotFoundError):  # the engine, at work ahead, has just dropped a damaged life
                    DAMAGES_OF_RECORDS[kind](path, chance)


def test_kept_lives_that_are_damaged_or_deleted_while_in_use_change_no_texture(tmp_path: Path) -> None:
    material = age_stage()
    truth, chance = Truth(tmp_path / "true lives"), random.Random(6)
    process = patina("scene.engine.process")
    process.close()
    for _ in range(30):
        bpy.context.scene.frame_set(chance.randint(1, 10))
        settle()
        assert truth.wrong(material, wanted(material)) == ""
        damage(process.default_lives(), chance)
        if chance.random() < 0.3:
            process.close()  # the next engine finds only what is left
    truth.close()
    process.close()  # it writes no more
    for life in process.default_lives().glob("life-*"):
        life.unlink() if life.is_file() else shutil.rmtree(life)
    assert not patina("scene.playback").failures
