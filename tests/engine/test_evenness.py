"""A map that does not vary at an age is asked to stay even; one that varies is left to the patches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from footage import SMALL
from patina.engine.training.evenness import Evenness
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.maps import MapsObjective
from patina.engine.training.training import Training
from test_going_on import learned
from torch import Tensor

STEP = 1 / 255
EVEN, UNEVEN, AGED = 0, 1, 2  # frames


def frames() -> Tensor:
    """[3, 2, 8, 8]: the first map is 0 in two frames, then chipped; the second is 0.5, grained throughout."""
    maps = torch.zeros(3, 2, 8, 8)
    maps[:, 1] = 0.5 + 0.1 * torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    maps[AGED, 0, :2, :2] = 1.0
    return maps


def test_what_is_even_costs_nothing_within_half_a_step() -> None:
    maps = frames()[:1]
    maps[:, 0] += 0.49 * STEP
    maps[:, 1] += 0.2
    assert Evenness(frames()).distance(maps, [(EVEN, 1.0)]) == 0


def test_a_ghost_of_a_chip_costs_what_it_adds_to_the_mean() -> None:
    maps = frames()[:1]
    maps[0, 0, 3, 3] = 10 * STEP
    assert float(Evenness(frames()).distance(maps, [(EVEN, 1.0)])) == pytest.approx(1000 * 9.5 * STEP / 64, rel=1e-4)


def test_each_texel_is_asked_back_alike_however_few_they_are() -> None:
    maps = frames()[:1]
    maps[0, 0, 3, 3], maps[0, 0, 5, 5] = 2 * STEP, 200 * STEP
    maps.requires_grad_()
    Evenness(frames()).distance(maps, [(EVEN, 1.0)]).backward()
    pull = maps.grad[0]
    assert torch.count_nonzero(pull) == 2
    assert float(pull[0, 3, 3]) == pytest.approx(1000 / 64) == pytest.approx(float(pull[0, 5, 5]))


def test_what_lies_beyond_black_is_seen_as_black() -> None:
    """Overflow is another's business."""
    maps = frames()[:1]
    maps[:, 0] = -0.3
    assert Evenness(frames()).distance(maps, [(EVEN, 1.0)]) == 0


@pytest.mark.parametrize(
    ("neighbours", "is_asked"),
    [
        ([(EVEN, 0.6), (UNEVEN, 0.4)], True),
        ([(UNEVEN, 0.9), (AGED, 0.1)], False),
        ([(UNEVEN, 1.0), (AGED, 0.0)], True),
        ([(AGED, 1.0)], False),
    ],
)
def test_between_frames_only_what_is_even_in_both_is_asked(neighbours: list, is_asked: bool) -> None:
    maps = frames()[:1]
    maps[0, 0, 3, 3] = 1.0
    assert bool(Evenness(frames()).distance(maps, neighbours) > 0) is is_asked


def test_levels_that_differ_are_drawn_in_proportion_and_not_asked() -> None:
    two = torch.stack((torch.full((1, 8, 8), 0.2), torch.full((1, 8, 8), 0.8)))
    evenness = Evenness(two)
    assert evenness.distance(two[1:], [(0, 0.5), (1, 0.5)]) == 0
    assert evenness.distance(two[1:], [(0, 1.0)]) > 100


def paint() -> MapsObjective:
    """Two texture sets: fresh paint of metallic 0, then chips."""
    grain = np.random.Generator(np.random.PCG64(0)).normal(0.5, 0.05, (2, 64, 64, 6)).astype(np.float32)
    grain[0, ..., 3] = 0.0
    grain[1, ..., 3] = grain[1, ..., 3] > 0.55
    return MapsObjective(Exemplar("paint", grain, np.array([0.0, 1.0])))


def cost_of_a_ghost(objective: MapsObjective) -> float:
    """What a corner of metallic at 5 of 255 adds to the distance of fresh paint."""
    state = 2 * objective.frames[:1] * objective.spread - 1
    ghost = state.clone()
    ghost[0, 3, :3, :3] += 2 * 5 * STEP
    clean, chipped = (float(objective.distance(some, 0.0, torch.Generator().manual_seed(0))) for some in (state, ghost))
    return chipped - clean


def test_a_training_that_goes_on_asks_for_it_and_one_from_nothing_does_not(tmp_path: Path) -> None:
    """Patches alone hardly feel the ghost; from nothing, where all is wrong, it would drown them."""
    fresh, refined = paint(), paint()
    config = replace(SMALL, network=replace(SMALL.network, channels=fresh.observed + 3))
    before = learned(tmp_path, Training(fresh, config))
    after = learned(tmp_path, Training(refined, config, beginning=before))
    patches = cost_of_a_ghost(fresh)
    assert cost_of_a_ghost(refined) == pytest.approx(1000 * 4.5 * STEP * 9 / 64**2 + patches, rel=0.01)
    assert cost_of_a_ghost(refined) > 2 * patches
    assert after.header.training.items() >= {"evenness": Evenness.describe(), "early": 1.5}.items()
    assert refined.early > fresh.early == 1 and set(fresh.settings()) == {"loss"}
