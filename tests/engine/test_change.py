"""Change: nothing has left its fresh state at age 0, and what has turned has left it wholly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from patina.engine.atlas.layout import margin_texels, tile_file, tile_number
from patina.engine.atlas.make import make_atlas
from patina.engine.channel.worker import Worker
from patina.engine.lives.change import Change, solve_reach
from patina.engine.lives.life import Life
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.change import change as change_of
from patina.engine.models.shipped import find_model, shipped_models
from PIL import Image

EXTENT = 32


def reach_of(life: Life) -> float:
    steps = solve_reach(life)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float(end.value)


def life_of(model: Path, folder: Path) -> Life:
    life = Worker(LifeStore(folder, 1 << 30)).life(model, "", 3, EXTENT)
    life.maps(1.0)
    return life


# Of the steps of a texel, those that go back: 1 %, or more where the footage itself goes back at far more of them,
# averaged over 2 x 2 texels. Clay does at 19 %, copper at 5 %, where blue comes and goes in the grey, crystals at 2 %.
BACKWARDS = {"clay_drying": 0.025, "copper_patina": 0.025, "crystallising_copper": 0.02}


@pytest.mark.parametrize("model", sorted(shipped_models()))
def test_a_shipped_model_leaves_its_fresh_state_point_by_point_and_does_not_come_back(
    model: str, tmp_path: Path
) -> None:
    life = life_of(find_model(model), tmp_path)
    change = Change(life, reach_of(life))
    seen = np.stack([change.of(life.maps(age)) for age in np.linspace(0, 1, 21)])
    assert seen[0].max() == 0
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert seen[1].mean() < 0.02
    assert np.median(seen[-1]) > 0.95
    backwards = np.diff(seen, axis=0).clip(max=0)
    assert (backwards < -0.05).mean() < BACKWARDS.get(model, 0.01)


def test_another_seed_is_measured_by_the_same_reach(tiny_path: Path, tmp_path: Path) -> None:
    worker = Worker(LifeStore(tmp_path, 1 << 30))
    reaches = {reach_of(worker.life(tiny_path, "", seed, extent)) for seed, extent in ((0, 32), (5, 64))}
    assert len(reaches) == 1


def test_measuring_the_reach_is_not_told_as_steps_of_the_life(tiny_path: Path, tmp_path: Path) -> None:
    """Else an engine that dies after it would seem to have died without a step more."""
    worker = Worker(LifeStore(tmp_path, 1 << 30))
    life = worker.life(tiny_path, "", 3, EXTENT)
    solved = list(worker.solve(life, 0.1))
    told = list(worker.solve_change(life))
    assert told and set(told) == {(solved[-1][0], solved[-1][0])}


def test_an_atlas_carries_it_at_the_kept_ages(tiny_path: Path, tmp_path: Path) -> None:
    life = life_of(tiny_path, tmp_path / "lives")
    steps = make_atlas(life, 4, 8, tmp_path / "tiles", "Steel")
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result = end.value
            break
    change = Change(life, reach_of(life))
    margin = margin_texels(EXTENT)
    for index, age in enumerate(result["ages"]):
        with Image.open(tile_file(tmp_path / "tiles", "Steel", "surface", tile_number(index))) as image:
            departed = np.asarray(image)[margin:-margin, margin:-margin, 3] / 255
        assert np.abs(change_of(departed) - change.of(life.maps(age))).mean() < 0.03
        if age == 0:
            assert change_of(departed).max() == 0
    assert change.of(life.maps(1.0)).mean() > 0.3
    assert result["decibels"]["change"] > 20
