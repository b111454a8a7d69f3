"""A training's files: whole, checked when they are read, and never mistaken for a training that runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PATIENCE, is_one_sentence
from patina.engine.files import progress
from patina.engine.files.progress import Progress, ProgressError

STANDING = Progress(
    state="running",
    title="Rost und Grünspan",
    kind="flash",
    exemplar="/footage/rust",
    command=("train", "/footage/rust", "rust.safetensors", "--kind", "flash"),
    iteration=40,
    iterations=12_000,
    history=((20, 0.5, 5e-4), (40, 0.25, 5e-4)),
    seconds=12.5,
    seconds_left=3600.0,
    pid=os.getpid(),
    updated=1.75e9,
    memory=1 << 30,
)
TRAIN_UNTIL_KILLED = (
    "import sys, time; from pathlib import Path; from patina.engine.files import progress\n"
    "with progress.claimed(Path(sys.argv[1])): print('claimed', flush=True); time.sleep(600)"
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tmp_path / "rust.v2.safetensors"


def start_training(model: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", TRAIN_UNTIL_KILLED, model], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "claimed\n"
    return process


@pytest.mark.parametrize("left", [None, 3600.0])
def test_what_is_written_is_read(model: Path, left: float | None) -> None:
    standing = replace(STANDING, seconds_left=left)
    progress.write(model, standing)
    assert progress.read(model) == standing
    assert [path.name for path in model.parent.iterdir()] == ["rust.v2.progress.json"]
    assert progress.model_of(progress.progress_path(model)) == model


def test_there_is_no_progress_of_nothing(model: Path) -> None:
    with pytest.raises(ProgressError, match="cannot be read") as caught:
        progress.read(model)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("title"),
        lambda content: content.update(extra=1),
        lambda content: content.update(state="dancing"),
        lambda content: content.update(kind="video"),
        lambda content: content.update(iteration=-1),
        lambda content: content.update(iteration=True),
        lambda content: content.update(seconds=float("nan")),
        lambda content: content.update(updated=10**400),
        lambda content: content.update(history=[[1, 2.0]]),
        lambda content: content.update(history=[[1, float("inf"), 0.1]]),
        lambda content: content.update(history={"1": 2}),
        lambda content: content.update(command=["synth", "a", "b"]),
        lambda content: content.update(command="train a b"),
        lambda content: content.update(command=["train", "a", 3]),
    ],
)
def test_garbage_is_refused_in_one_sentence(model: Path, spoil: Callable[[dict[str, object]], object]) -> None:
    progress.write(model, STANDING)
    content = json.loads(progress.progress_path(model).read_text())
    spoil(content)
    progress.progress_path(model).write_text(json.dumps(content))
    with pytest.raises(ProgressError, match="does not say how a training stands") as caught:
        progress.read(model)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_progress_is_refused(model: Path, text: bytes) -> None:
    progress.progress_path(model).write_bytes(text)
    with pytest.raises(ProgressError, match="does not say how a training stands"):
        progress.read(model)


def test_a_write_that_fails_leaves_what_was_there(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress.write(model, STANDING)

    def full(self: Path, *_: object, **__: object) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ProgressError, match="No space left on device") as caught:
        progress.write(model, replace(STANDING, iteration=60))
    assert is_one_sentence(str(caught.value))
    assert progress.read(model).iteration == 40
    assert len(list(model.parent.iterdir())) == 1


def test_a_reader_that_is_in_the_way_is_waited_for(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, which replaces no file that is open."""
    in_the_way = [PermissionError(13, "Permission denied")] * 2
    replacing = Path.replace

    def replace_when_free(self: Path, target: Path) -> Path:
        if in_the_way:
            raise in_the_way.pop()
        return replacing(self, target)

    monkeypatch.setattr(Path, "replace", replace_when_free)
    progress.write(model, STANDING)
    assert progress.read(model) == STANDING


def test_a_training_is_alive_in_every_process_until_it_is_killed(model: Path) -> None:
    assert not progress.is_alive(model)
    process = start_training(model)
    try:
        assert progress.is_alive(model)
        assert progress.is_alive(model)  # looking does not take the lock away
        assert not progress.is_alive(model.with_name("other.safetensors"))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    progress.write(model, STANDING)  # a process of that number runs: this one
    assert not progress.is_alive(model)


def test_a_model_is_trained_by_one_process_at_a_time(model: Path) -> None:
    process = start_training(model)
    try:
        with (
            pytest.raises(ProgressError, match=r"rust\.v2\.safetensors is being trained already"),
            progress.claimed(model),
        ):
            pass
    finally:
        process.kill()
        process.wait(PATIENCE)
    with progress.claimed(model):
        assert progress.is_alive(model)
    assert not progress.is_alive(model)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "rust.safetensors"
    assert not progress.is_alive(missing)
    with pytest.raises(ProgressError, match="missing"), progress.claimed(missing):
        pass
    with pytest.raises(ProgressError, match="cannot be written"):
        progress.write(missing, STANDING)
    with pytest.raises(ProgressError, match="cannot be written"):
        progress.request_stop(missing)


def test_what_goes_wrong_while_a_model_is_claimed_keeps_its_own_words(model: Path) -> None:
    with pytest.raises(OSError, match="the disk of the training"), progress.claimed(model):
        raise OSError("the disk of the training")


def test_a_wish_to_stop_is_heard_until_it_is_forgotten(model: Path) -> None:
    assert not progress.is_stop_requested(model)
    progress.clear_stop(model)
    progress.request_stop(model)
    assert progress.is_stop_requested(model)
    progress.clear_stop(model)
    assert not progress.is_stop_requested(model)


def test_what_the_training_made_is_left_when_its_progress_is_removed(model: Path) -> None:
    model.write_bytes(b"weights")
    with progress.claimed(model):
        progress.write(model, STANDING)
    progress.request_stop(model)
    progress.remove(model)
    assert list(model.parent.iterdir()) == [model]
    progress.remove(model)
