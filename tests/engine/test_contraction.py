"""A training starts with a field that takes noise out of what is seen."""

from __future__ import annotations

import pytest
import torch
from footage import SMALL, rgb_objective
from patina.engine.network import NetworkConfig, VectorField
from patina.engine.solver import integrate
from patina.engine.training.contraction import start_contracting
from patina.engine.training.training import Training


def contracting(channels: int, width: int, observed: int) -> VectorField:
    torch.manual_seed(0)
    field = VectorField(NetworkConfig(channels, width, (1, 2), attention=True))
    field.start_at_rest()
    start_contracting(field, observed)
    return field


def noise(channels: int) -> torch.Tensor:
    return torch.randn((1, channels, 48, 48), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("observed", [3, 6, 8])
@torch.no_grad()
def test_noise_decays_where_it_is_seen_within_the_warm_up(observed: int) -> None:
    channels = observed + 9
    start = noise(channels)
    end = integrate(contracting(channels, 32, observed), start, -1.0, 0.0, 8, "euler")
    assert start[:, :observed].abs().max() > 3
    assert end[:, :observed].std((2, 3)).max() < 0.02 and end[:, :observed].abs().max() < 0.1
    assert torch.equal(end[:, observed:], start[:, observed:])


@torch.no_grad()
def test_it_decays_at_the_same_rate_however_little_is_left() -> None:
    field = contracting(12, 32, 3)
    for amplitude in (1.0, 0.1, 0.01):
        state = noise(12)
        state[:, :3] *= amplitude
        seen = state[:, :3]
        rate = -(field(state, 0.0)[:, :3] * seen).sum() / seen.square().sum()
        assert 2.5 < rate < 6.5  # alone, a GroupNorm would make it 100 times as large at a hundredth


@torch.no_grad()
def test_a_narrow_field_calms_what_it_can() -> None:
    velocity = contracting(12, 8, 3)(noise(12), 0.0)
    assert velocity[:, :2].std() > 1 and velocity[:, 2:].abs().max() == 0


@torch.no_grad()
def test_a_field_without_hidden_channels_stays_at_rest() -> None:
    assert contracting(3, 16, 3)(noise(3), 0.0).abs().max() == 0


def test_a_training_starts_so() -> None:
    training = Training(rgb_objective(), SMALL)
    with torch.no_grad():
        velocity = training.field(noise(SMALL.network.channels), 0.0)
    assert velocity[:, : SMALL.network.width // 4].std() > 1
