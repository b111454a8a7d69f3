"""A training learns, stops, and goes on as if it had never stopped."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import RULES, SMALL, darkening, rgb_objective
from patina.engine.errors import InvalidModelError
from patina.engine.files import progress
from patina.engine.files.progress import ProgressError
from patina.engine.models.model_file import load_model
from patina.engine.training.checkpoint import Checkpoint
from patina.engine.training.config import TrainingConfig, TrainingError
from patina.engine.training.record import Description
from patina.engine.training.run import Job, train
from patina.engine.training.training import Training
from PIL import Image

RUST = Description("Rust", "Zoë, CC BY 4.0", "CC-BY-4.0")


def job_in(folder: Path, description: Description = RUST) -> Job:
    return Job(folder / "rust.safetensors", folder / "rust.checkpoint", description, "rust.webp")


def trained(
    folder: Path,
    config: TrainingConfig = SMALL,
    description: Description = RUST,
    lines: list | None = None,
    seed: int = 0,
    **changes: object,
) -> Path:
    """Train into `folder`; returns the model's path."""
    job = job_in(folder, description)
    objective = rgb_objective(darkening(seed=seed), **changes)
    train(objective, config, job, (lines if lines is not None else []).append)
    return job.model


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path).field.state_dict()


def same_weights(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith((".json", ".lock"))}


def test_the_loss_falls() -> None:
    training = Training(rgb_objective(), replace(SMALL, iterations=150, learning_rate=3e-3, averaging=0.9))
    before = training.check()
    while training.iteration < training.config.iterations:
        training.step()
    after = training.check()
    assert after < 0.8 * before
    assert training.best == after and [entry[1] for entry in training.history] == [before, after]


def test_a_training_continues_bit_for_bit_from_its_state() -> None:
    """Stopped in the middle of a segment, between two checks."""
    undisturbed = Training(rgb_objective(), SMALL)
    stopped = Training(rgb_objective(), SMALL)
    for training, count in ((undisturbed, 14), (stopped, 8)):
        for _ in range(count):
            training.step()
    continued = Training(rgb_objective(), SMALL)
    continued.load_state_dict(stopped.state_dict())
    losses = [continued.step() for _ in range(6)]
    assert all(np.isfinite(losses)) and continued.iteration == 14
    assert same_weights(undisturbed.field.state_dict(), continued.field.state_dict())
    assert same_weights(undisturbed.averaged.state_dict(), continued.averaged.state_dict())
    assert not same_weights(stopped.field.state_dict(), continued.field.state_dict())


def test_another_seed_is_another_training() -> None:
    one, other = Training(rgb_objective(), SMALL), Training(rgb_objective(), replace(SMALL, seed=1))
    assert one.step() != other.step()


def test_the_weights_of_the_best_check_are_the_ones_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(rgb_objective(), SMALL)
    losses = iter([2.0, 1.0, 3.0])
    monkeypatch.setattr(training, "_inference_loss", lambda: next(losses))
    kept = []
    for _ in range(3):
        training.step()
        training.check()
        kept.append({name: value.clone() for name, value in training.averaged.state_dict().items()})
    assert same_weights(training.best_field().state_dict(), kept[1])
    assert not same_weights(kept[1], kept[2])


def test_a_trained_model_says_what_it_is_and_shows_a_picture(tmp_path: Path) -> None:
    path = trained(tmp_path / "models")
    header = load_model(path).header
    assert (header.title, header.credit, header.licence) == ("Rust", "Zoë, CC BY 4.0", "CC-BY-4.0")
    assert header.duration == pytest.approx(1.0) and header.warm_up == pytest.approx(0.2)
    assert header.training["exemplar"] == "darkening" and header.training["iterations"] == 14
    assert header.training["kind"] == "rgb" and header.training["texels"] == [24, 24]
    assert header.appearance["metallic"] == RULES["metallic"] == [1.0, 0.0]
    assert header.appearance["fresh_color"] == pytest.approx([200 / 255, 200 / 255, 205 / 255], abs=0.02)
    assert Image.open(path.with_suffix(".png")).size == (8 * 128, 2 * 128)


def test_its_progress_can_be_read_by_anyone(tmp_path: Path) -> None:
    path = trained(tmp_path / "models")
    said = progress.read(path)
    assert (said.state, said.title, said.kind, said.exemplar) == ("done", "Rust", "rgb", "rust.webp")
    assert said.iteration == said.iterations == 14 and said.pid == os.getpid()
    assert [iteration for iteration, _, _ in said.history] == [3, 6, 9, 12, 14]
    assert all(loss > 0 for _, loss, _ in said.history)
    rates = [rate for _, _, rate in said.history]
    assert rates[:3] == [SMALL.learning_rate] * 3 and SMALL.learning_rate > rates[3] > rates[4] == 0.0
    assert said.memory > 1 << 20


def test_a_model_is_trained_by_one_process_at_a_time(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    with progress.claimed(job.model), pytest.raises(ProgressError, match="being trained already"):
        trained(tmp_path)
    assert files(tmp_path) == {}


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict]:
    """What to do when a step of this number begins."""
    actions: dict = {}
    take_step = Training.step

    def step(training: Training) -> float:
        if training.iteration in actions:
            actions.pop(training.iteration)()
        return take_step(training)

    monkeypatch.setattr(Training, "step", step)
    yield actions


@pytest.mark.parametrize("way", ["Ctrl-C", "file"])
def test_a_training_that_was_stopped_ends_with_the_weights_of_an_undisturbed_one(
    way: str, tmp_path: Path, at_step: dict
) -> None:
    undisturbed = weights(trained(tmp_path / "undisturbed"))
    before = signal.getsignal(signal.SIGINT)
    model = tmp_path / "stopped" / "rust.safetensors"
    at_step[10] = lambda: os.kill(os.getpid(), signal.SIGINT) if way == "Ctrl-C" else progress.request_stop(model)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        trained(model.parent, lines=lines)
    assert "stopped at step 11" in lines[-1]
    assert signal.getsignal(signal.SIGINT) is before
    assert progress.read(model).state == "stopped" and not progress.is_stop_requested(model)
    assert load_model(model).header.training["iterations"] == 11  # what there is can be used
    lines.clear()
    resumed = weights(trained(model.parent, lines=lines))
    assert "from step 11 of 14" in lines[0]
    assert same_weights(undisturbed, resumed)


def test_a_finished_training_does_nothing_more_but_give_its_model(tmp_path: Path) -> None:
    path = trained(tmp_path / "models")
    before = weights(path)
    path.unlink()
    trained(tmp_path / "models")
    assert same_weights(weights(path), before)


def test_more_iterations_continue_a_finished_training(tmp_path: Path) -> None:
    path = trained(tmp_path / "models")
    trained(tmp_path / "models", replace(SMALL, iterations=16))
    assert load_model(path).header.training["iterations"] == 16


@pytest.mark.parametrize("other", ["footage", "settings", "flattening"])
def test_a_checkpoint_of_another_training_is_refused_and_left_alone(other: str, tmp_path: Path) -> None:
    trained(tmp_path, replace(SMALL, iterations=2))
    before = files(tmp_path)
    with pytest.raises(TrainingError, match="belongs to another exemplar or other settings") as caught:
        trained(
            tmp_path,
            replace(SMALL, seed=1) if other == "settings" else SMALL,
            seed=int(other == "footage"),
            flatten=other != "flattening",
        )
    assert is_one_sentence(str(caught.value))
    assert files(tmp_path) == before


@pytest.mark.parametrize("content", ["", "no checkpoint", "cut", "other"])
def test_a_checkpoint_that_cannot_be_read_is_refused_and_left_alone(content: str, tmp_path: Path) -> None:
    path = tmp_path / "rust.checkpoint"
    trained(tmp_path, replace(SMALL, iterations=1))
    if content == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif content == "other":
        torch.save([1, 2, 3], path)
    else:
        path.write_text(content)
    before = files(tmp_path)
    with pytest.raises(TrainingError, match="cannot be read"):
        trained(tmp_path)
    assert files(tmp_path) == before


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "rust.checkpoint"
    torch.save({"identity": Trap()}, path)
    with pytest.raises(TrainingError):
        Checkpoint(path, Training(rgb_objective(), SMALL)).load()
    assert not (tmp_path / "sprung").exists()


def test_a_model_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    path = trained(tmp_path, replace(SMALL, iterations=1))
    (tmp_path / "rust.checkpoint").unlink()
    before = files(tmp_path)
    with pytest.raises(TrainingError, match="is there already"):
        trained(tmp_path)
    assert files(tmp_path) == before and path.exists()


@pytest.mark.parametrize(
    "config",
    [
        replace(SMALL, iterations=0),
        replace(SMALL, state_size=15),
        replace(SMALL, state_size=8),
        replace(SMALL, duration=0.0),
        replace(SMALL, seed=-1),
    ],
    ids=["no iterations", "odd size", "small size", "no time", "seed"],
)
def test_settings_that_cannot_be_trained_are_refused_and_leave_nothing(config: TrainingConfig, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        trained(tmp_path / "models", config)
    assert is_one_sentence(str(caught.value))
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("description", "rules"),
    [
        (replace(RUST, title="x" * 101), RULES),
        (RUST, RULES | {"relief": [float("nan"), 0.0]}),
        (RUST, RULES | {"relief": [1000.0, 0.0]}),
    ],
    ids=["title", "no number", "relief"],
)
def test_a_description_that_no_model_can_carry_is_refused_before_the_work(
    description: Description, rules: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Training, "step", lambda training: pytest.fail("hours of work"))
    with pytest.raises(InvalidModelError):
        trained(tmp_path / "models", description=description, rules=rules)
    assert not (tmp_path / "models").exists()


def test_a_training_that_diverges_once_goes_back_and_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_step = Training.step
    broken = iter([False] * 7 + [True] + [False] * 100)

    def step(training: Training) -> float:
        loss = take_step(training)
        if next(broken):
            with torch.no_grad():
                next(training.field.parameters()).fill_(math.nan)
            return math.nan
        return loss

    monkeypatch.setattr(Training, "step", step)
    lines: list[str] = []
    path = trained(tmp_path, replace(SMALL, settling=0.0), lines=lines)
    assert "diverged at step 8: going on from step 6 with a lower learning rate" in lines
    assert [rate for _, _, rate in progress.read(path).history] == [5e-4, 5e-4, 2.5e-4, 2.5e-4, 0.0]
    assert load_model(path).header.training["iterations"] == 14  # load_model refuses what is no number


def test_a_check_far_above_the_best_is_a_divergence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(rgb_objective(), SMALL)
    losses = iter([1.0, 20.0, 0.9])
    monkeypatch.setattr(training, "_inference_loss", lambda: next(losses))
    training.check()
    training.step()
    training.check()
    assert not training.is_sound and len(training.history) == 1
    training.go_back()
    assert training.iteration == 0
    training.check()
    assert training.is_sound and training.best == 0.9


def test_a_training_that_diverges_again_and_again_says_so_and_keeps_what_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trained(tmp_path, replace(SMALL, iterations=2))
    before = files(tmp_path)
    monkeypatch.setattr(Training, "step", lambda training: float("nan"))
    with pytest.raises(TrainingError, match="diverged") as caught:
        trained(tmp_path)
    assert is_one_sentence(str(caught.value))
    assert files(tmp_path) == before
    assert progress.read(path).state == "failed" and "diverged" in progress.read(path).message


def test_a_full_disk_stops_a_training_with_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = trained(tmp_path, replace(SMALL, iterations=2))
    before = files(tmp_path)
    monkeypatch.setattr("patina.engine.training.checkpoint.torch.save", full)
    with pytest.raises(TrainingError, match="No space left") as caught:
        trained(tmp_path)
    assert is_one_sentence(str(caught.value))
    assert files(tmp_path) == before and path.exists()


def test_torchs_words_for_full_memory_are_one_sentence_and_others_are_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "DefaultCPUAllocator: not enough memory: you tried to allocate 274877906944 bytes."

    def fails(*_: object) -> float:
        raise RuntimeError(words)

    monkeypatch.setattr(Training, "step", fails)
    with pytest.raises(TrainingError, match="The memory is full") as caught:
        trained(tmp_path)
    assert is_one_sentence(str(caught.value))
    assert progress.read(job_in(tmp_path).model).message == str(caught.value)
    words = "The size of tensor a must match"
    with pytest.raises(RuntimeError, match="must match"):
        trained(tmp_path)
