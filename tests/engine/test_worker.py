"""How far the engine works ahead of what it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_tiny_model import tiny_field, tiny_header
from patina.engine.channel.worker import AHEAD, Worker
from patina.engine.lives.life import Life
from patina.engine.lives.life_store import LifeStore
from patina.engine.models.model_file import save_model

_SHORT, _LONG = 0.25, 0.5  # ages


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(tiny_field(), tiny_header(grid={"warm_up_steps": 4, "steps": 40, "method": "euler"}), path)
    return path


@pytest.fixture
def worker(store: LifeStore) -> Worker:
    return Worker(store)


def ask(worker: Worker, model: Path, age: float) -> Life:
    life = worker.life(model, "", 0, 16)
    for _ in worker.solve(life, age):
        pass
    return life


def rest(worker: Worker) -> int:
    """How many steps are solved before the engine rests."""
    steps = 0
    while worker.ahead():
        steps += 1
    return steps


def test_it_runs_a_little_before_the_playhead_and_rests_when_that_stands_still(worker: Worker, model: Path) -> None:
    life = ask(worker, model, _SHORT)
    assert rest(worker) == AHEAD
    assert life.index == life.index_for(_SHORT) + AHEAD < life.steps
    ask(worker, model, _LONG)
    assert life.index == life.index_for(_LONG)
    assert rest(worker) == AHEAD


def test_it_rests_where_the_playhead_goes_back(worker: Worker, model: Path) -> None:
    ask(worker, model, _LONG)
    ask(worker, model, _SHORT)
    assert rest(worker) == 0


def test_it_ends_with_the_life(worker: Worker, model: Path) -> None:
    life = ask(worker, model, 1.0)
    assert rest(worker) == 0 and life.index == life.steps
