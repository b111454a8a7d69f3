"""The vector field: a U-Net that is periodic in space, of any width and number of levels."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from patina.engine.errors import InvalidModelError
from patina.engine.models.network import NetworkConfig, VectorField

SHAPES = [
    NetworkConfig(12, 8, (1, 2, 4), True),
    NetworkConfig(5, 12, (1, 3), False),
    NetworkConfig(3, 4, (1,), True),
]


def random_field(config: NetworkConfig) -> VectorField:
    torch.manual_seed(1)
    return VectorField(config).eval().requires_grad_(False)


def noise(config: NetworkConfig, height: int, width: int) -> torch.Tensor:
    return torch.randn((1, config.channels, height, width), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("config", SHAPES, ids=str)
def test_a_velocity_has_the_shape_of_the_state(config: NetworkConfig) -> None:
    x = noise(config, 16, 32)
    assert random_field(config)(x, 0.5).shape == x.shape


def _seam(config: NetworkConfig, shift: int) -> float:
    """How much the velocity of a rolled state differs from the rolled velocity, at most."""
    field, x = random_field(config), noise(config, 16, 16)
    difference = field(x.roll((shift, 2 * shift), (2, 3)), 0.5) - field(x, 0.5).roll((shift, 2 * shift), (2, 3))
    return float(difference.abs().max())


@pytest.mark.parametrize("config", SHAPES, ids=str)
def test_the_field_does_not_know_where_the_borders_are(config: NetworkConfig) -> None:
    assert _seam(config, shift=2 ** (len(config.multipliers) - 1)) < 1e-5


def test_public_weights_are_evaluated_with_the_border_repeated_as_they_were_made() -> None:
    assert _seam(replace(SHAPES[0], periodic=False), shift=4) > 1e-3


def test_the_velocity_depends_on_time() -> None:
    field, x = random_field(SHAPES[0]), noise(SHAPES[0], 16, 16)
    assert (field(x, 0.0) - field(x, 2.0)).abs().max() > 1e-3


def test_the_velocity_is_bounded_however_large_the_state() -> None:
    field = random_field(SHAPES[0])
    bound = field.velocity.weight.abs().sum((1, 2, 3)) + field.velocity.bias.abs()
    velocity = field(1e4 * noise(SHAPES[0], 16, 16), 0.0)
    assert (velocity.abs().amax((0, 2, 3)) <= bound).all()


def test_a_field_at_rest_does_not_move_and_can_learn_to() -> None:
    field = random_field(SHAPES[0]).requires_grad_(True)
    field.start_at_rest()
    velocity = field(noise(SHAPES[0], 16, 16), 1.0)
    assert velocity.abs().max() == 0
    velocity.sum().backward()
    assert field.velocity.weight.grad is not None and field.velocity.weight.grad.abs().max() > 0


def test_starting_at_rest_does_not_ask_for_random_numbers() -> None:
    field = random_field(SHAPES[0])
    before = field.first.convolution.weight.clone()
    state = torch.get_rng_state()
    field.start_at_rest()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(field.first.convolution.weight, before)


@pytest.mark.parametrize(
    ("sizes", "culprit"),
    [
        ((0, 8, (1,)), "0"),
        ((3, 6, (1,)), "width 6"),
        ((3, 8, ()), "(3, 8)"),
        ((3, 8, (1,) * 9), "(1, 1, 1, 1, 1, 1, 1, 1, 1)"),
        ((3, 8, (2, 4)), "(2, 4)"),
        ((3, 4, (1, 33)), "132 channels"),
        ((3, 132, (1,)), "132 channels"),
    ],
    ids=str,
)
def test_sizes_that_no_network_has_are_refused(sizes: tuple[int, int, tuple[int, ...]], culprit: str) -> None:
    with pytest.raises(InvalidModelError, match=re.escape(culprit)):
        NetworkConfig(*sizes, attention=False)
