"""A critic learns what tells a synthesis from its exemplar, and pulls as strongly as it was told to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from footage import RULES, SMALL, rgb_objective
from patina.engine.errors import InvalidRequestError
from patina.engine.training import critic_loss
from patina.engine.training.critic import Scale
from patina.engine.training.critic_loss import CriticLoss
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.flash import FlashObjective
from patina.engine.training.maps import MapsObjective
from patina.engine.training.patch_loss import PatchLoss
from patina.engine.training.rgb import RgbObjective
from patina.engine.training.training import Training
from textures import blurred, six_maps, spots, spotted
from torch import Tensor

PATCHES = PatchLoss(projections=16, scales=3)
LEARNING = replace(SMALL, state_size=64, late_share=0.0, iterations=12)


def picture(seed: int, extent: int = 64) -> Tensor:
    return torch.from_numpy(spots(seed, extent)).permute(2, 0, 1)[None]


def pull(loss: CriticLoss | PatchLoss, synthesis: Tensor, target: Tensor, seed: int = 0) -> Tensor:
    """The gradient of a distance at a synthesis, [1, C, H, W]."""
    synthesis = synthesis.detach().requires_grad_()
    distance = loss(synthesis, [(target, 1.0)], torch.Generator().manual_seed(seed))
    return torch.autograd.grad(distance, synthesis)[0]


def test_what_does_not_learn_is_measured_without_the_critic() -> None:
    loss, synthesis, target = CriticLoss(PATCHES, 1.0), picture(0), [(picture(1), 1.0)]
    for _ in range(3):
        pull(loss, synthesis, picture(1))
    critic, patches = (float(of(synthesis, target, torch.Generator().manual_seed(2))) for of in (loss, PATCHES))
    assert critic == patches
    assert not list(loss.parameters())


def test_the_critic_pulls_so_many_times_as_strongly_as_the_patches_once_it_has_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(critic_loss, "_RISING", 20)
    loss, exemplar, synthesis = CriticLoss(PATCHES, 0.5), picture(0, 96), picture(1) + 0.1
    shares = []
    for step in range(24):
        whole = pull(loss, synthesis, exemplar, step)
        if step in (4, 9, 23):
            patches = pull(PATCHES, synthesis, exemplar, step)
            shares.append(float((whole - patches).norm() / patches.norm()))
    assert shares == pytest.approx([0.5 * 5 / 20, 0.5 * 10 / 20, 0.5], rel=1e-3)


def crystals(seed: int, extent: int = 96) -> Tensor:
    """Dark squares on pale ground, [1, 3, H, W]."""
    generator = np.random.Generator(np.random.PCG64(seed))
    image = np.full((extent, extent), 0.8, np.float32)
    for top, left in generator.integers(extent, size=(extent * extent // 250, 2)):
        image[top : top + 9, left : left + 9] = 0.2
    return torch.from_numpy(image).expand(1, 3, -1, -1)


def blots(seed: int, extent: int = 96) -> Tensor:
    """As dark and as pale in the same proportion and about as large, but round, [1, 3, H, W]."""
    noise = blurred(np.random.Generator(np.random.PCG64(seed)).normal(size=(extent, extent)), 3)
    share = float((crystals(seed, extent)[0, 0] < 0.5).float().mean())
    return torch.from_numpy(np.where(noise < np.quantile(noise, share), 0.2, 0.8)).float().expand(1, 3, -1, -1)


def test_the_critic_learns_to_tell_a_crystal_from_a_blot() -> None:
    """It knows them in pieces that it never saw."""
    loss = CriticLoss(PATCHES, 1.0)
    for step in range(120):
        pull(loss, blots(step % 6), crystals(step % 6), step)
    target, pieces = [(crystals(10), 1.0)], (20, 21, 22)
    scale = Scale.of(target, loss.least)

    def doubt(kind: Callable[[int], Tensor]) -> float:
        return float(np.mean([loss.doubt(kind(seed), scale).item() for seed in pieces]))

    def distance(kind: Callable[[int], Tensor]) -> float:
        generator = torch.Generator()
        return float(np.mean([PATCHES(kind(seed), target, generator.manual_seed(0)).item() for seed in pieces]))

    assert doubt(blots) > 2.5 * doubt(crystals)
    assert distance(blots) < 1.5 * distance(crystals)


def test_its_scale_is_that_of_the_exemplar_at_the_age_and_never_less_than_shows() -> None:
    flat, rough = torch.full((1, 3, 64, 64), 0.25), 0.75 + 0.1 * torch.randn(1, 3, 64, 64)
    fresh = Scale.of([(flat, 1.0)], (0.01, 0.02, 0.03))
    torch.testing.assert_close(fresh.spread.flatten(), torch.tensor([0.01, 0.02, 0.03]))
    half = Scale.of([(flat, 0.5), (rough, 0.5)], (0.01,))
    torch.testing.assert_close(half.mean.flatten(), torch.full((3,), 0.5), atol=0.01, rtol=0)
    torch.testing.assert_close(half.spread.flatten(), torch.full((3,), (0.25**2 + 0.005) ** 0.5), atol=0.01, rtol=0)


def test_a_contest_goes_on_bit_for_bit_from_its_state() -> None:
    """A training is stopped in the middle of a life and loaded by a new one, whose critic has seen nothing."""

    def training() -> Training:
        objective = RgbObjective(spotted(extent=72), RULES, flatten=False)
        objective.add_critic(1.0)
        return Training(objective, LEARNING)

    undisturbed = training()
    for _ in range(10):
        undisturbed.step()
    stopped = training()
    for _ in range(4):
        stopped.step()
    resumed = training()
    with tempfile.TemporaryFile() as file:
        torch.save(stopped.state_dict(), file)
        file.seek(0)
        resumed.load_state_dict(torch.load(file, weights_only=True))
    while resumed.iteration < 10:
        resumed.step()
    expected, found = undisturbed.field.state_dict(), resumed.field.state_dict()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())


def test_with_a_critic_the_last_state_is_kept_and_the_rate_is_not_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of a check leaves the critic out, so that it does not say which state is the best."""
    for share, kept in ((0.0, 1.0), (1.0, 12.0)):
        objective = rgb_objective()
        if share:
            objective.add_critic(share)
        training = Training(objective, replace(SMALL, iterations=1000))
        monkeypatch.setattr(training, "_inference_loss", lambda training=training: 1.0 + 0.1 * training.iteration)
        for training.iteration in range(1, 13):
            with torch.no_grad():
                training.averaged.parameters().__next__().fill_(training.iteration)
            training.check()
        assert next(iter(training.best_field().parameters())).mean().item() == kept
        assert (training.plateau_rate < SMALL.learning_rate) == (share == 0)


def test_texture_sets_are_seen_by_it_with_what_hardly_shows_in_each_map() -> None:
    ages = np.array([0.0, 1.0])
    objective = MapsObjective(Exemplar("spotted", np.stack([six_maps(0, 64, age) for age in ages]), ages))
    objective.add_critic(2.0)
    assert objective.loss.least == pytest.approx((0.006 / objective.spread).flatten().tolist())
    assert objective.settings()["loss"].endswith("; a critic of windows of 64, pulling 2 times as strongly")


def test_photographs_are_judged_at_all_places_of_a_step() -> None:
    """Three crops: the critic learns from each before the model learns from them together."""
    objective = FlashObjective(spotted(extent=72), crops=3, loss=PATCHES)
    objective.add_critic(1.0)
    random = torch.Generator().manual_seed(0)
    state = (0.1 * torch.randn((1, objective.observed, 64, 64), generator=random)).requires_grad_()
    objective.distance(state, 0.5, random).backward()
    assert objective.loss.get_extra_state()["steps"] == 3
    assert torch.isfinite(state.grad).all() and (state.grad[0].abs().amax((1, 2)) > 0).all()


def test_windows_that_do_not_fit_are_refused_in_one_sentence() -> None:
    for synthesis, exemplar in ((picture(0, 48), picture(1)), (picture(0), picture(1, 60))):
        with pytest.raises(InvalidRequestError) as refusal:
            pull(CriticLoss(PATCHES, 1.0), synthesis, exemplar)
        assert is_one_sentence(str(refusal.value))


@pytest.mark.parametrize("share", [-1.0, float("nan"), 1000.0])
def test_a_share_that_means_nothing_is_refused(share: float) -> None:
    with pytest.raises(InvalidRequestError):
        rgb_objective().add_critic(share)
