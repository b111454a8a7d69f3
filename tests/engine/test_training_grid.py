"""A smooth life gets fewer steps, another keeps those that it was trained with."""

from __future__ import annotations

from pathlib import Path

import torch
from footage import SMALL, darkening, rgb_objective
from make_tiny_model import tiny_field, tiny_header
from patina.engine.models.model_file import load_model
from patina.engine.models.network import VectorField
from patina.engine.training.grid import fewest_steps
from patina.engine.training.record import Description
from patina.engine.training.run import Job, train

TRAINED = {"warm_up_steps": 8, "steps": 40, "method": "euler"}
HEADER = tiny_header(grid=TRAINED, duration=5.0, warm_up=1.0)


def drifting(speed: float, turning: float = 0.0) -> VectorField:
    """dx/dt = speed plus `turning` times what the tiny network says."""
    field = tiny_field()
    with torch.no_grad():
        field.velocity.weight.mul_(turning)
        field.velocity.bias.fill_(speed)
    return field


def test_a_life_that_drifts_evenly_takes_the_fewest_steps() -> None:
    assert fewest_steps(drifting(0.1), HEADER, 16) == {"warm_up_steps": 2, "steps": 5, "method": "midpoint"}


def test_a_life_that_longer_steps_would_change_keeps_those_of_its_training() -> None:
    assert fewest_steps(drifting(0.0, turning=20.0), HEADER, 16) == TRAINED


def test_so_few_steps_that_nothing_can_be_saved_stay() -> None:
    few = tiny_header(grid={"warm_up_steps": 1, "steps": 4, "method": "euler"}, duration=5.0, warm_up=1.0)
    assert fewest_steps(drifting(0.1), few, 16)["method"] == "euler"


def test_a_trained_model_states_the_steps_that_it_needs(tmp_path: Path) -> None:
    job = Job(tmp_path / "m.safetensors", tmp_path / "m.checkpoint", Description("Rust", "Zoë", "CC0-1.0"), "x")
    train(rgb_objective(darkening()), SMALL, job, lambda line: None)
    model = load_model(job.model)
    assert model.header.grid == fewest_steps(model.field, model.header, SMALL.state_size)
    assert model.header.grid["method"] == "midpoint"  # fourteen steps have not made it lively
