"""What a training does when: its segments, how a life starts, the sides of its states, its learning rate."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from footage import SMALL, darkening, rgb_objective
from patina.engine.training.flash import FlashObjective
from patina.engine.training.patch_loss import PatchLoss
from patina.engine.training.training import Training


def test_segments_meet_the_fresh_texture_first_and_then_rising_times() -> None:
    training = Training(rgb_objective(), SMALL)
    times = []
    for _ in range(2 * (SMALL.segments + 1)):
        training.step()
        times.append(training.time)
    lives = [times[k : k + SMALL.segments] for k in (1, SMALL.segments + 2)]
    assert times[0] == times[SMALL.segments + 1] == 0.0  # between them, one that ends fresh
    for life in lives:
        assert life[0] == 0.0 and life == sorted(life) and life[-1] <= SMALL.duration
        for k, time in enumerate(life[1:]):
            assert k <= time * (SMALL.segments - 1) / SMALL.duration <= k + 1  # one from each fifth


@pytest.mark.parametrize(("of_objective", "stated", "power"), [(1.5, None, 1.5), (1.5, 0.6, 0.6)])
def test_early_or_late_ages_are_met_more_often_where_that_is_asked(
    of_objective: float, stated: float | None, power: float
) -> None:
    """One age from each fifth still, of a life whose even ages are raised to the power."""
    objective = rgb_objective()
    objective.early = of_objective
    training, drawn = Training(objective, replace(SMALL, early=stated)), []
    for _ in range(200):
        training._refresh(16, SMALL.segments)
        drawn += [training.targets[1:]] if len(training.targets) > 1 else []
    even = (np.array(drawn) / SMALL.duration) ** (1 / power)
    assert (np.floor(even * (SMALL.segments - 1)) == np.arange(SMALL.segments - 1)).all()
    early = np.mean(np.array(drawn) < 0.5 * SMALL.duration)
    assert early == pytest.approx(0.5 ** (1 / power), abs=0.03)  # 0.63 and 0.31


def test_in_the_end_a_life_starts_from_the_fresh_colour_and_from_noise_where_nothing_is_seen() -> None:
    objective = rgb_objective()
    objective.plain_share = 0.5
    training = Training(objective, SMALL)
    training._refresh(16, SMALL.segments)
    assert abs(training.state.std() - 1) < 0.1 and training.start == ()
    while training.iteration < SMALL.iterations // 2:
        training.step()
    training._refresh(16, SMALL.segments)
    assert training.start == ()  # the best weights so far expect noise
    training.check()
    assert training.start == rgb_objective().start
    fresh = 2 * np.median(darkening().frames[0].reshape(-1, 3), axis=0) / 255 - 1
    assert training.state[0, :3].flatten(1).std(dim=1).max() == 0
    assert np.allclose(training.state[0, :3, 0, 0], fresh, atol=1e-3)
    assert abs(training.state[0, 3:].std() - 1) < 0.1


def test_the_last_steps_are_trained_on_a_larger_state() -> None:
    training = Training(rgb_objective(), replace(SMALL, late_state_size=32, late_share=0.5))
    sizes = []
    while training.iteration < SMALL.iterations:
        training.step()
        sizes.append(training.state.shape[-1])
    assert sizes == [16] * 7 + [32] * 7


def test_without_last_steps_on_a_larger_state_all_checks_compare() -> None:
    training = Training(rgb_objective(), replace(SMALL, late_state_size=32, late_share=0.0))
    stages = {training.stage}
    while training.iteration < SMALL.iterations:
        training.step()
        stages.add(training.stage)
    assert {size for _, size, _ in stages} == {16}


@pytest.mark.parametrize(("iterations", "checks"), [(12_000, 60), (1_500, 60), (400, 16), (60, 5), (10, 5), (3, 3)])
def test_checks_are_sixty_or_as_many_as_leave_most_of_the_time_to_the_steps(iterations: int, checks: int) -> None:
    training = Training(rgb_objective(), replace(SMALL, iterations=iterations, checks=60))
    due = []
    for training.iteration in range(1, iterations + 1):
        due.append(training.is_check_due())
    assert sum(due) == checks and due[-1]


def test_a_plateau_halves_the_learning_rate_down_to_its_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(rgb_objective(), replace(SMALL, patience=1, learning_rate=4e-4, least_learning_rate=1.5e-4))
    losses = iter([1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95])
    monkeypatch.setattr(training, "_inference_loss", lambda: next(losses))
    for _ in range(8):
        training.check()
    assert [rate for _, _, rate in training.history] == [4e-4] * 4 + [2e-4] * 2 + [1.5e-4] * 2
    assert training.best == 0.9


def test_in_the_end_the_learning_rate_settles_to_nothing() -> None:
    training = Training(rgb_objective(), replace(SMALL, iterations=10, settling=0.4))
    rates = []
    for _ in range(10):
        training.step()
        rates.append(training.optimizer.param_groups[0]["lr"])
    full = SMALL.learning_rate
    assert rates == pytest.approx([full] * 7 + [full * 0.5 * (1 - math.cos(math.pi * k / 4)) for k in (3, 2, 1)])
    assert training.learning_rate == 0.0


def test_a_plateau_of_the_initialisation_does_not_slow_what_follows() -> None:
    objective = FlashObjective(darkening(), initialisation=2, loss=PatchLoss(projections=8, scales=1))
    channels = objective.observed + 2
    training = Training(objective, replace(SMALL, network=replace(SMALL.network, channels=channels)))
    training.plateau_rate = SMALL.least_learning_rate
    rates = []
    for _ in range(3):
        training.step()
        rates.append(training.optimizer.param_groups[0]["lr"])
    assert rates == [SMALL.least_learning_rate] * 2 + [SMALL.learning_rate]
