"""A training that begins with another model: nothing that it knew is lost, and what it becomes says where it began."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import is_one_sentence
from footage import RULES, SMALL, darkening, rgb_objective
from patina.engine.files import progress
from patina.engine.models.model_file import Model, load_model, save_model
from patina.engine.training.config import TrainingError
from patina.engine.training.flash import FlashObjective
from patina.engine.training.patch_loss import PatchLoss
from patina.engine.training.record import Description, header_of
from patina.engine.training.run import Job, train
from patina.engine.training.training import Training

LEARNING = replace(SMALL, iterations=60, learning_rate=3e-3, averaging=0.9, rising=1)


def learned(folder: Path, training: Training) -> Model:
    """The model that `training` has now, saved and read again."""
    path = folder / "before.safetensors"
    save_model(training.best_field(), header_of(training, path, Description("Before"), 0.0), path)
    return load_model(path)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model that has learned the darkening surface for 60 steps, from a plain start."""
    objective = rgb_objective()
    objective.plain_share = 1.0
    training = Training(objective, LEARNING)
    while training.iteration < LEARNING.iterations:
        training.step()
    training.check()
    return learned(tmp_path_factory.mktemp("before"), training)


def job_in(folder: Path) -> Job:
    return Job(folder / "after.safetensors", folder / "after.checkpoint", Description("After"))


def go_on(folder: Path, before: Model, **changes: object) -> Model:
    job = job_in(folder)
    train(rgb_objective(), replace(LEARNING, **changes), job, lambda _: None, before)
    return load_model(job.model)


def test_it_begins_where_the_model_is(before: Model) -> None:
    training = Training(rgb_objective(), LEARNING, beginning=before)
    assert training.check() == pytest.approx(before.header.training["inference_loss"], abs=1e-4)
    assert training.start == rgb_objective().start  # the model expects the plain colour from the first step on
    assert Training(rgb_objective(), LEARNING).check() > 1.5 * training.best


def test_a_model_of_noise_goes_on_from_noise(before: Model) -> None:
    noisy = replace(before, header=replace(before.header, start=()))
    assert Training(rgb_objective(), LEARNING, beginning=noisy).start == ()


def test_what_comes_out_is_no_worse_and_says_where_it_began(before: Model, tmp_path: Path) -> None:
    """A learning rate that spoils everything: the best state there was is the one that it began with."""
    after = go_on(tmp_path, before, iterations=4, learning_rate=0.09)
    assert all(torch.equal(value, before.field.state_dict()[name]) for name, value in after.field.state_dict().items())
    record = after.header.training
    assert record["went_on_from"] == {"title": "Before", "sha256": before.header.sha256, "iterations": 60}
    assert (record["iterations"], record["learning_rate"]) == (4, 0.09)


def test_the_steps_of_all_models_before_are_counted(before: Model, tmp_path: Path) -> None:
    second = go_on(tmp_path / "second", before, iterations=3)
    third = go_on(tmp_path / "third", second, iterations=2)
    assert third.header.training["went_on_from"]["iterations"] == 63


def test_it_is_resumed_to_the_same_weights(before: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at the 15th of 40 steps; the model that it began with is there once more."""
    whole = go_on(tmp_path / "whole", before, iterations=40, learning_rate=1e-3)
    take_step = Training.step

    def step(training: Training) -> float:
        if training.iteration == 14:
            progress.request_stop(job_in(tmp_path / "parts").model)
        return take_step(training)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Training, "step", step)
        go_on(tmp_path / "parts", before, iterations=40, learning_rate=1e-3)
    resumed = go_on(tmp_path / "parts", before, iterations=40, learning_rate=1e-3)
    ours, theirs, old = (model.field.state_dict() for model in (resumed, whole, before))
    assert all(torch.equal(value, ours[name]) for name, value in theirs.items())
    assert not all(torch.equal(value, ours[name]) for name, value in old.items())


def test_the_learning_rate_rises_only_where_there_is_something_to_lose(before: Model) -> None:
    config = replace(LEARNING, rising=4)
    rates = []
    for beginning in (before, None):
        training = Training(rgb_objective(), config, beginning=beginning)
        for _ in range(6):
            training.step()
            rates.append(training.optimizer.param_groups[0]["lr"] / config.learning_rate)
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1] + [1] * 6)


def test_a_checkpoint_that_began_elsewhere_is_refused(before: Model, tmp_path: Path) -> None:
    go_on(tmp_path, before, iterations=2)
    with pytest.raises(TrainingError, match="belongs to another exemplar or other settings"):
        train(rgb_objective(), replace(LEARNING, iterations=4), job_in(tmp_path), lambda _: None)


def test_a_light_is_taken_over_and_nothing_is_settled_anew(tmp_path: Path) -> None:
    objective = FlashObjective(darkening(), initialisation=3, loss=PatchLoss(projections=8, scales=1))
    with torch.no_grad():
        objective.log_intensity.fill_(0.7)
        objective.place.copy_(torch.tensor([0.1, -0.2]))
    config = replace(SMALL, network=replace(SMALL.network, channels=objective.observed + 3))
    before = learned(tmp_path, Training(objective, config))
    after = FlashObjective(darkening(), initialisation=3)
    Training(after, config, beginning=before)
    assert after.light() == pytest.approx(before.header.light, abs=1e-4) and after.light()["x"] == 0.1
    assert after.initialisation == 0 and after.plain_share == 1.0


def test_a_model_of_another_form_is_refused_before_anything_is_written(before: Model, tmp_path: Path) -> None:
    job = job_in(tmp_path / "models")
    with pytest.raises(TrainingError, match="has the form rgb") as caught:
        train(FlashObjective(darkening()), replace(SMALL, network=before.field.config), job, beginning=before)
    assert is_one_sentence(str(caught.value))
    assert not job.model.parent.exists()


@pytest.mark.parametrize(
    "setting",
    [
        {"learning_rate": 0.0},
        {"learning_rate": 0.2},
        {"late_share": -0.1},
        {"settling": 1.1},
        {"early": 0.0},
        {"early": float("nan")},
    ],
)
def test_a_number_of_the_recipe_out_of_range_is_refused(setting: dict, before: Model, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be trained") as caught:
        go_on(tmp_path / "models", before, **setting)
    assert is_one_sentence(str(caught.value))
    assert not (tmp_path / "models").exists()


def test_other_footage_of_a_like_surface_is_learned_faster(before: Model) -> None:
    """Another piece of it, lit alike: after as many steps as it has had, one from rest is behind."""
    objective = rgb_objective(darkening(seed=3), rules=RULES)
    from_model = Training(objective, LEARNING, beginning=before)
    from_rest = Training(rgb_objective(darkening(seed=3)), LEARNING)
    for training in (from_model, from_rest):
        for _ in range(20):
            training.step()
        training.check()
    assert from_model.best < 0.7 * from_rest.best
