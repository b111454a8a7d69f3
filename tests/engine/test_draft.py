"""A draft is another life than the exact one, which it leaves alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from patina.engine.channel import worker as worker_module
from patina.engine.channel.client import Engine, EngineSettings
from patina.engine.channel.jobs import DraftRequest, MapsRequest
from patina.engine.channel.worker import Worker
from patina.engine.lives.arithmetic import DRAFT, EXACT
from patina.engine.lives.draft import draft_grid
from patina.engine.lives.life_store import LifeStore
from patina.engine.lives.solver import Grid
from patina.engine.maps.map_names import DEPARTURE, MAPS


@pytest.mark.parametrize("fastest", [EXACT, DRAFT])
def test_a_draft_is_solved_in_the_fastest_arithmetic_and_kept_under_a_name_of_its_own(
    fastest: str, tiny_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "draft_arithmetic", lambda device: fastest)
    worker = Worker(LifeStore(tmp_path, 1 << 30))
    exact, draft = (worker.life(tiny_path, "", 0, 32, draft) for draft in (False, True))
    assert draft.settings.arithmetic == fastest and exact.settings.arithmetic == EXACT
    assert draft.name != exact.name and draft.steps < exact.steps
    assert worker.life(tiny_path, "", 0, 32) is exact and worker.life(tiny_path, "", 0, 32, draft=True) is draft
    difference = np.abs(draft.maps(0.7)["base_color"] - exact.maps(0.7)["base_color"])
    assert difference.max() > 0 and difference.mean() < 0.02


def test_a_draft_takes_the_fewest_steps_of_ageing_that_training_takes_and_never_more_than_the_model_asks_for() -> None:
    assert draft_grid(Grid(5.0, 1.0, 8, 40)) == Grid(5.0, 1.0, 8, 25)
    assert draft_grid(Grid(4.9, 1.0, 8, 40)).steps == 25
    for few in (Grid(5.0, 1.0, 4, 12), Grid(5.0, 1.0, 2, 14, "midpoint"), Grid(5.0, 1.0, 8, 40, "rk4")):
        assert draft_grid(few) == few


def test_what_was_a_draft_before_changes_no_bit_of_the_exact_maps(tiny_path: Path, tmp_path: Path) -> None:
    answers = []
    for folder, first in (("draft first", DraftRequest), ("exact alone", MapsRequest)):
        engine = Engine(EngineSettings(Path(sys.executable), tmp_path / folder))
        try:
            for request in (first, MapsRequest):
                job = engine.submit(request(tiny_path, "", 0, 32, 0.7))
                engine.wait(job)
        finally:
            engine.close()
        assert job.maps is not None
        answers.append(job.maps)
    for name in (*MAPS, DEPARTURE):
        assert np.array_equal(answers[0][name], answers[1][name])
