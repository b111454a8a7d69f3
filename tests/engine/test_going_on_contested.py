"""A training beside a critic that begins with another's model: what that one's critic knew is not lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import is_one_sentence
from footage import RULES, SMALL, rgb_objective
from patina.engine.models.model_file import load_model
from patina.engine.training.checkpoint import continue_contest
from patina.engine.training.config import TrainingError
from patina.engine.training.record import Description
from patina.engine.training.rgb import RgbObjective
from patina.engine.training.run import Job, train
from patina.engine.training.training import Training
from textures import spotted

LEARNING = replace(SMALL, state_size=64, late_share=0.0, iterations=6)


def contested(seed: int = 0) -> RgbObjective:
    objective = rgb_objective(spotted(count=3, extent=72, seed=seed), rules=RULES, flatten=False)
    objective.add_critic(1.0)
    return objective


def train_in(folder: Path, objective: RgbObjective, before: Path | None = None, **changes: object) -> list[str]:
    """Train there; what was reported. before: the model to begin with."""
    contest = before.with_suffix(".checkpoint") if before else None
    job = Job(folder / "model.safetensors", folder / "model.checkpoint", Description("It"), contest=contest)
    lines: list[str] = []
    train(objective, replace(LEARNING, **changes), job, lines.append, before and load_model(before))
    return lines


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A model that was trained for six steps beside a critic; its checkpoint is there."""
    train_in(tmp_path / "before", contested())
    return tmp_path / "before" / "model.safetensors"


def beginning_with(model: Path, objective: RgbObjective | None = None) -> Training:
    return Training(objective or contested(seed=1), LEARNING, beginning=load_model(model))


def test_it_knows_all_that_the_other_knew(before: Path) -> None:
    training = beginning_with(before)
    assert continue_contest(training, before.with_suffix(".checkpoint"))
    expected = torch.load(before.with_suffix(".checkpoint"), weights_only=True)["training"]["objective"]
    theirs, ours = expected["loss._extra_state"], training.objective.loss.get_extra_state()
    assert all(torch.equal(value, ours["critic"][name]) for name, value in theirs["critic"].items())
    assert (ours["steps"], len(ours["kept"])) == (6, len(theirs["kept"])) and theirs["kept"]


def test_the_job_says_so_once_and_goes_on(before: Path, tmp_path: Path) -> None:
    objective = contested(seed=1)
    told = f"the critic goes on from {before.with_suffix('.checkpoint')}"
    assert told in train_in(tmp_path / "after", objective, before, iterations=2)
    assert objective.loss.get_extra_state()["steps"] == 6 + 2
    resumed = contested(seed=1)
    assert told not in train_in(tmp_path / "after", resumed, before, iterations=3)  # its own checkpoint knows more
    assert resumed.loss.get_extra_state()["steps"] == 6 + 3


def test_a_critic_begins_anew_where_no_checkpoint_serves(before: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    train_in(plain, rgb_objective(spotted(count=3, extent=72), rules=RULES, flatten=False))
    checkpoint = before.with_suffix(".checkpoint")
    for model, path, objective in (
        (before, tmp_path / "nowhere.checkpoint", None),
        (plain / "model.safetensors", plain / "model.checkpoint", None),  # had no critic
        (plain / "model.safetensors", checkpoint, None),  # of another model
        (before, checkpoint, rgb_objective()),  # has no critic
    ):
        training = beginning_with(model, objective)
        assert not continue_contest(training, path)
        assert not training.objective.state_dict().get("loss._extra_state", {"kept": []})["kept"]


@pytest.mark.parametrize("content", ["noise", "a list", "another contest"])
def test_a_checkpoint_that_cannot_be_read_is_named(content: str, before: Path) -> None:
    path = before.with_suffix(".checkpoint")
    if content == "noise":
        path.write_bytes(b"not a checkpoint")
    elif content == "a list":
        torch.save([1, 2], path)
    else:
        saved = torch.load(path, weights_only=True)
        saved["training"]["objective"]["loss._extra_state"] = {"kept": [3]}
        torch.save(saved, path)
    with pytest.raises(TrainingError, match="cannot be read") as caught:
        continue_contest(beginning_with(before), path)
    assert is_one_sentence(str(caught.value))
