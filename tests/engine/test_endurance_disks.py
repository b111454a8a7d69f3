"""Disks that are really full, in mid-training and while a life is kept: nothing half-written, and on it goes later."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import PATIENCE, is_one_sentence
from footage import darkening_frames, write_frames
from patina.engine.channel.client import Engine, EngineSettings
from patina.engine.channel.jobs import MapsRequest
from patina.engine.errors import PatinaError
from patina.engine.files import progress
from patina.engine.lives.life import Life
from patina.engine.lives.life_store import LifeStore
from patina.engine.models.model_file import Model
from patina.engine.training import run
from patina.engine.training.checkpoint import Checkpoint
from test_life import open_life, same
from test_training import same_weights, trained, weights

from tests.endurance.disks import empty, fill, small_disk
from tests.endurance.writers import broken_training

DISK = 8 << 20  # bytes; a checkpoint takes a third of one of its MiB, or so
# What is written, and the time at which the disk fills just before: the first model of all is a rehearsal.
WRITES = {
    "checkpoint": (Checkpoint, "save", 3),
    "picture": (run, "write_picture", 2),
    "progress": (progress, "write", 4),
    "model": (run, "save_model", 2),
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", f"{DISK}") as mounted:
        if not mounted:
            pytest.skip("only the superuser of a Linux may mount a small disk")
        yield tmp_path / "disk"


def at_call(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, number: int, act: Callable[[], None]) -> None:
    """Act just before something is called for the `number`th time."""
    calls, original = [], getattr(owner, name)

    def call(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == number:
            act()
        return original(*arguments)

    monkeypatch.setattr(owner, name, call)


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.name != ".rust.lock"]


def said(disk: Path) -> dict[str, bytes]:
    """What the training keeps but for how it stands."""
    names = ("rust.checkpoint", "rust.png", "rust.safetensors")
    return {name: (disk / name).read_bytes() for name in names if (disk / name).exists()}


@pytest.mark.parametrize("written", WRITES)
def test_a_disk_that_fills_in_mid_training_keeps_what_is_whole_and_it_goes_on_later(
    written: str, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(trained(tmp_path / "undisturbed"))
    owner, name, number = WRITES[written]
    before: dict[str, bytes] = {}

    def fill_up() -> None:
        before.update(said(disk))
        fill(disk, leave=100_000 if written == "checkpoint" else 0)

    at_call(monkeypatch, owner, name, number, fill_up)
    with pytest.raises(PatinaError, match="No space left on device") as caught:
        trained(disk)
    monkeypatch.undo()
    assert is_one_sentence(str(caught.value))
    assert hidden(disk) == [] and broken_training(disk) == []
    assert before["rust.checkpoint"] and said(disk) == before
    progress.read(disk / "rust.safetensors")
    empty(disk)
    lines: list[str] = []
    assert same_weights(weights(trained(disk, lines=lines)), undisturbed)
    assert "from step 0 " not in lines[0]
    assert progress.read(disk / "rust.safetensors").state == "done"
    assert hidden(disk) == []


def test_the_failure_is_told_in_the_progress_where_there_is_room_for_it(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_call(monkeypatch, Checkpoint, "save", 2, lambda: fill(disk, leave=100_000))
    with pytest.raises(PatinaError) as caught:
        trained(disk)
    standing = progress.read(disk / "rust.safetensors")
    assert standing.state == "failed" and standing.message == str(caught.value)


def test_a_log_on_the_full_disk_ends_the_command_without_a_traceback(disk: Path, tmp_path: Path) -> None:
    footage = write_frames(tmp_path / "footage", darkening_frames())
    log = disk / "rust.log"
    log.write_bytes(b"\n" * 4096)  # the next line needs another page
    fill(disk)
    program = "import sys; from patina.engine.cli import main; sys.exit(main())"
    options = ["--kind=rgb", "--size=16", "--width=8", "--iterations=4", "--duration=1", "--texels=24"]
    command = [sys.executable, "-u", "-c", program, "train", str(footage), str(disk / "rust.safetensors"), *options]
    with log.open("ab") as words:
        status = subprocess.run(command, stdout=words, stderr=words, timeout=PATIENCE).returncode
    assert status == 2
    assert log.read_bytes().strip() == b"" and hidden(disk) == []
    empty(disk)
    subprocess.run(command, check=True, timeout=PATIENCE, capture_output=True)
    assert (disk / "rust.safetensors").exists()


@pytest.mark.parametrize("trouble", ["No space left on device", "No such file or directory"])
def test_a_folder_of_temporary_files_that_takes_none_is_one_sentence(
    trouble: str, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(disk if "space" in trouble else disk / "gone"))
    fill(disk)
    with pytest.raises(PatinaError, match=trouble) as caught:
        trained(tmp_path / "models")
    assert is_one_sentence(str(caught.value)) and not (tmp_path / "models").exists()


def test_a_life_whose_disk_fills_is_seen_all_the_same_and_kept_when_there_is_room(
    disk: Path, tmp_path: Path, tiny: Model
) -> None:
    whole_store, small_store = LifeStore(tmp_path / "lives", 1 << 30), LifeStore(disk / "lives", 1 << 30)
    right = seen(open_life(tiny, whole_store))
    whole = kept(whole_store)
    for leave in (0, 4096, 20_000):
        fill(disk, leave)
        assert all(same(maps, right[age]) for age, maps in seen(open_life(tiny, small_store)).items())
        left = kept(small_store)
        assert len(left) < len(whole) and not any(name.startswith(".") for name in left)
        assert all(whole.get(name) == content for name, content in left.items() if name.startswith("observed"))
        empty(disk)
    assert all(same(maps, right[age]) for age, maps in seen(open_life(tiny, small_store)).items())
    assert kept(small_store) == whole


def seen(life: Life) -> dict[float, dict[str, np.ndarray]]:
    return {age: life.maps(age) for age in (0.0, 0.4, 1.0)}


def kept(store: LifeStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.folder.glob("life-*/*")}


def test_an_engine_whose_kept_lives_do_not_fit_serves_on(disk: Path, tmp_path: Path, tiny_path: Path) -> None:
    fill(disk)
    engine = Engine(EngineSettings(Path(sys.executable), disk / "lives"))
    roomy = Engine(EngineSettings(Path(sys.executable), tmp_path / "lives"))
    maps = []
    for one in (engine, roomy):
        job = one.submit(MapsRequest(tiny_path, "", 3, 32, 0.7))
        one.wait(job, PATIENCE)
        maps.append({name: values.copy() for name, values in job.maps.items()})
        assert job.attempts == 1
        one.close()
    assert same(*maps)
