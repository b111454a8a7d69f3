"""The field arranged for training is the field: same velocity, same gradients."""

from __future__ import annotations

import pytest
import torch
from patina.engine.models.network import NetworkConfig, VectorField
from patina.engine.training.config import TrainingError
from patina.engine.training.fast_field import FastField
from patina.engine.training.precision import precision_of
from torch import Tensor

CONFIGS = {
    "three levels, attention": NetworkConfig(7, 8, (1, 2, 4), True),
    "two levels": NetworkConfig(5, 16, (1, 2), False),
    "one level": NetworkConfig(4, 8, (1,), True),
}


def field_of(config: NetworkConfig) -> VectorField:
    torch.manual_seed(0)
    return VectorField(config)


def learned(field: VectorField, form: FastField | VectorField, batch: int = 1) -> list[Tensor]:
    """A state after two steps, and gradients of the first state and of every parameter."""
    shape = (batch, field.config.channels, 16, 24)
    start = torch.randn(shape, generator=torch.Generator().manual_seed(1)).requires_grad_()
    end = start
    for time in (-0.3, 0.4):
        end = end + 0.5 * form(end, time)
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    return [end, *torch.autograd.grad((end * weights).sum(), [start, *field.parameters()])]


def relative_error(value: Tensor, expected: Tensor) -> float:
    return float(((value - expected).norm() / expected.norm()).detach())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("batch", [1, 2])
def test_in_float32_it_is_the_plain_form(config: NetworkConfig, batch: int) -> None:
    field = field_of(config)
    results = zip(learned(field, FastField(field), batch), learned(field, field, batch), strict=True)
    assert max(relative_error(value, expected) for value, expected in results) < 2e-5


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_in_bfloat16_gradients_point_the_same_way(config: NetworkConfig) -> None:
    field = field_of(config)
    low = learned(field, FastField(field, torch.bfloat16))
    assert all(value.dtype == torch.float32 for value in low)
    exact = learned(field, field)
    assert relative_error(low[0], exact[0]) < 3e-3
    errors = [relative_error(value, expected) for value, expected in zip(low, exact, strict=True)]
    assert max(errors) < 0.05 and errors[0] > 1e-5


def test_the_same_call_gives_the_same_bits() -> None:
    field = field_of(CONFIGS["three levels, attention"])
    one, other = (learned(field, FastField(field, torch.bfloat16)) for _ in range(2))
    assert all(torch.equal(value, again) for value, again in zip(one, other, strict=True))


def test_a_field_that_repeats_its_border_is_refused() -> None:
    with pytest.raises(ValueError, match="periodic"):
        FastField(VectorField(NetworkConfig(4, 8, (1, 2), False, periodic=False)))


def test_precisions_are_chosen_by_name_or_by_the_machine() -> None:
    assert precision_of("plain", "cpu") is None and precision_of("auto", "cuda") is None
    assert precision_of("bfloat16", "cuda") == torch.bfloat16 and precision_of("float32", "cpu") == torch.float32
    assert precision_of("auto", "cpu") in (torch.float32, torch.bfloat16)
    with pytest.raises(TrainingError, match="float8"):
        precision_of("float8", "cpu")
