"""A training learns, stops, and goes on as if it had never stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import SMALL, darkening, darkening_frames, write_animation, write_frames
from patina.engine.errors import InvalidExemplarError, InvalidModelError
from patina.engine.model_file import load_model
from patina.engine.training.rgb import RgbTraining, TrainingConfig
from patina.engine.training.run import Checkpoint, Description, TrainingError, default_rules, train_rgb
from PIL import Image

RUST = Description("Rust", "Zoë, CC BY 4.0", "CC-BY-4.0", default_rules((1.0, 0.0), (0.3, 0.9), 1.0))


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return write_animation(tmp_path / "footage" / "rust.webp", darkening_frames())


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "footage").mkdir()
    yield


def train(
    footage: Path,
    folder: Path,
    config: TrainingConfig = SMALL,
    description: Description = RUST,
    lines: list | None = None,
) -> Path:
    """Train into `folder`; returns the model's path."""
    said = lines if lines is not None else []
    train_rgb(footage, folder / "rust.safetensors", config, description, folder / "rust.checkpoint", said.append)
    return folder / "rust.safetensors"


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path).field.state_dict()


def same_weights(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_loss_falls() -> None:
    training = RgbTraining(darkening(), replace(SMALL, iterations=150, learning_rate=3e-3, averaging=0.9))
    before = training.check()
    while training.iteration < training.config.iterations:
        training.step()
    after = training.check()
    assert after < 0.8 * before
    assert training.best == after and [entry[1] for entry in training.history] == [before, after]


def test_a_training_continues_bit_for_bit_from_its_state() -> None:
    """Stopped in the middle of a segment, between two checks."""
    undisturbed = RgbTraining(darkening(), SMALL)
    stopped = RgbTraining(darkening(), SMALL)
    for training, count in ((undisturbed, 14), (stopped, 8)):
        for _ in range(count):
            training.step()
    continued = RgbTraining(darkening(), SMALL)
    continued.load_state_dict(stopped.state_dict())
    losses = [continued.step() for _ in range(6)]
    assert all(np.isfinite(losses)) and continued.iteration == 14
    assert same_weights(undisturbed.field.state_dict(), continued.field.state_dict())
    assert same_weights(undisturbed.averaged.state_dict(), continued.averaged.state_dict())
    assert not same_weights(stopped.field.state_dict(), continued.field.state_dict())


def test_another_seed_is_another_training() -> None:
    one, other = RgbTraining(darkening(), SMALL), RgbTraining(darkening(), replace(SMALL, seed=1))
    assert one.step() != other.step()


def test_a_plateau_halves_the_learning_rate_down_to_its_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    training = RgbTraining(darkening(), replace(SMALL, patience=1, learning_rate=4e-4, least_learning_rate=1.5e-4))
    losses = iter([1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95])
    monkeypatch.setattr(training, "_inference_loss", lambda: next(losses))
    for _ in range(8):
        training.check()
    assert [rate for _, _, rate in training.history] == [4e-4] * 4 + [2e-4] * 2 + [1.5e-4] * 2
    assert training.best == 0.9


def test_the_weights_of_the_best_check_are_the_ones_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    training = RgbTraining(darkening(), SMALL)
    losses = iter([2.0, 1.0, 3.0])
    monkeypatch.setattr(training, "_inference_loss", lambda: next(losses))
    kept = []
    for _ in range(3):
        training.step()
        training.check()
        kept.append({name: value.clone() for name, value in training.averaged.state_dict().items()})
    assert same_weights(training.best_field().state_dict(), kept[1])
    assert not same_weights(kept[1], kept[2])


def test_a_trained_model_says_what_it_is_and_shows_a_picture(footage: Path, tmp_path: Path) -> None:
    path = train(footage, tmp_path / "models")
    header = load_model(path).header
    assert (header.title, header.credit, header.licence) == ("Rust", "Zoë, CC BY 4.0", "CC-BY-4.0")
    assert header.duration == pytest.approx(1.0) and header.warm_up == pytest.approx(0.2)
    assert header.training["exemplar"] == "rust" and header.training["iterations"] == 14
    assert header.appearance["metallic"] == [1.0, 0.0]
    assert header.appearance["fresh_color"] == pytest.approx([200 / 255, 200 / 255, 205 / 255], abs=0.02)
    assert Image.open(path.with_suffix(".png")).size == (8 * 128, 2 * 128)


def test_a_training_that_was_stopped_by_ctrl_c_ends_with_the_weights_of_an_undisturbed_one(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(train(footage, tmp_path / "undisturbed"))
    before = signal.getsignal(signal.SIGINT)
    take_step = RgbTraining.step

    def step(training: RgbTraining) -> float:
        if training.iteration == 10:
            os.kill(os.getpid(), signal.SIGINT)  # in the middle of the eleventh step
        return take_step(training)

    monkeypatch.setattr(RgbTraining, "step", step)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(footage, tmp_path / "stopped", lines=lines)
    assert "stopped at step 11" in lines[-1]
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    lines.clear()
    resumed = weights(train(footage, tmp_path / "stopped", lines=lines))
    assert "from step 11 of 14" in lines[0]
    assert same_weights(undisturbed, resumed)


def test_a_finished_training_does_nothing_more_but_give_its_model(footage: Path, tmp_path: Path) -> None:
    path = train(footage, tmp_path / "models")
    before = weights(path)
    path.unlink()
    train(footage, tmp_path / "models")
    assert same_weights(weights(path), before)


def test_more_iterations_continue_a_finished_training(footage: Path, tmp_path: Path) -> None:
    path = train(footage, tmp_path / "models")
    train(footage, tmp_path / "models", replace(SMALL, iterations=16))
    assert load_model(path).header.training["iterations"] == 16


@pytest.mark.parametrize("other", ["footage", "settings"])
def test_a_checkpoint_of_another_training_is_refused_and_left_alone(other: str, footage: Path, tmp_path: Path) -> None:
    train(footage, tmp_path / "models", replace(SMALL, iterations=2))
    before = {path: path.read_bytes() for path in (tmp_path / "models").iterdir()}
    config = SMALL
    if other == "footage":
        footage = write_animation(tmp_path / "footage" / "rust.webp", darkening_frames(seed=1))
    else:
        config = replace(SMALL, seed=1)
    with pytest.raises(TrainingError, match="belongs to another exemplar or other settings") as caught:
        train(footage, tmp_path / "models", config)
    assert is_one_sentence(str(caught.value))
    assert {path: path.read_bytes() for path in (tmp_path / "models").iterdir()} == before


@pytest.mark.parametrize("content", ["", "no checkpoint", "cut", "other"])
def test_a_checkpoint_that_cannot_be_read_is_refused_and_left_alone(
    content: str, footage: Path, tmp_path: Path
) -> None:
    path = tmp_path / "models" / "rust.checkpoint"
    train(footage, path.parent, replace(SMALL, iterations=1))
    if content == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif content == "other":
        torch.save([1, 2, 3], path)
    else:
        path.write_text(content)
    before = path.read_bytes()
    with pytest.raises(TrainingError, match="cannot be read"):
        train(footage, path.parent)
    assert path.read_bytes() == before


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "rust.checkpoint"
    torch.save({"identity": Trap()}, path)
    with pytest.raises(TrainingError):
        Checkpoint(path, darkening(), SMALL).load(RgbTraining(darkening(), SMALL))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "config",
    [
        replace(SMALL, iterations=0),
        replace(SMALL, state_size=15),
        replace(SMALL, state_size=8),
    ],
    ids=["no iterations", "odd size", "small size"],
)
def test_settings_that_cannot_be_trained_are_refused_and_leave_nothing(
    config: TrainingConfig, footage: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="cannot be trained"):
        train(footage, tmp_path / "models", config)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    "description",
    [
        replace(RUST, title="x" * 101),
        replace(RUST, rules=RUST.rules | {"relief": [float("nan"), 0.0]}),
        replace(RUST, rules=RUST.rules | {"relief": [1000.0, 0.0]}),
    ],
    ids=["title", "no number", "relief"],
)
def test_a_description_that_no_model_can_carry_is_refused_before_the_work(
    description: Description, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RgbTraining, "step", lambda training: pytest.fail("hours of work"))
    with pytest.raises(InvalidModelError):
        train(footage, tmp_path / "models", description=description)
    assert not (tmp_path / "models").exists()


def test_a_model_that_was_there_stays_when_the_footage_is_bad(footage: Path, tmp_path: Path) -> None:
    path = train(footage, tmp_path / "models", replace(SMALL, iterations=1))
    before = path.read_bytes()
    still = write_frames(tmp_path / "footage" / "still", darkening_frames(count=2)[:1])
    with pytest.raises(InvalidExemplarError):
        train(still, tmp_path / "models")
    assert path.read_bytes() == before


def test_a_training_that_diverges_says_so_and_keeps_the_last_model(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = train(footage, tmp_path / "models", replace(SMALL, iterations=2))
    before = path.read_bytes()
    monkeypatch.setattr(RgbTraining, "step", lambda training: float("nan"))
    with pytest.raises(TrainingError, match="diverged"):
        train(footage, tmp_path / "models")
    assert path.read_bytes() == before
