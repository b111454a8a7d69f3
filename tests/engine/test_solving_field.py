"""The field arranged for solving is the published field: the same velocity, the same life."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import pytest
import torch
from patina.engine.lives import arithmetic
from patina.engine.lives.arithmetic import DRAFT, EXACT, velocity_of
from patina.engine.lives.banded_field import BandedField
from patina.engine.lives.draft import draft_arithmetic
from patina.engine.lives.solver import Grid, solve
from patina.engine.lives.solving_field import SolvingField
from patina.engine.models.network import NetworkConfig, VectorField
from torch import Tensor

CONFIGS = {
    "three levels, attention": NetworkConfig(7, 16, (1, 2, 4), True),
    "two levels": NetworkConfig(5, 16, (1, 2), False),
    "one level": NetworkConfig(4, 8, (1,), True),
}
each_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


def field_of(config: NetworkConfig) -> VectorField:
    torch.manual_seed(0)
    return VectorField(config).eval().requires_grad_(False)


def noise(config: NetworkConfig, batch: int = 1, scale: float = 1.0) -> Tensor:
    shape = (batch, config.channels, 16, 24)
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(1))


def decibels(value: Tensor, exact: Tensor) -> float:
    return 20 * math.log10(float(exact.double().norm() / (value.double() - exact.double()).norm()))


@each_config
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("time", [-0.7, 3.2])
def test_in_float32_it_errs_no_more_than_the_plain_form(config: NetworkConfig, batch: int, time: float) -> None:
    field, x = field_of(config), noise(config, batch)
    exact = copy.deepcopy(field).double()(x.double(), time)
    with torch.inference_mode():
        ours = SolvingField(field)(x, time)
    assert ours.shape == x.shape and ours.dtype == torch.float32
    assert decibels(ours, exact) > max(100.0, decibels(field(x, time), exact) - 6)


@each_config
def test_in_bfloat16_it_is_near(config: NetworkConfig) -> None:
    field, x = field_of(config), noise(config)
    with torch.inference_mode():
        low = SolvingField(field, torch.bfloat16)(x, 0.4)
    assert low.dtype == torch.float32
    assert 35 < decibels(low, field(x, 0.4)) < 80


def test_large_keys_of_attention_stay_numbers() -> None:
    """The softmax is shifted by the largest keys of some texels only: others may be larger."""
    field = field_of(CONFIGS["three levels, attention"])
    for name, parameter in field.named_parameters():
        if "to_qkv.weight" in name:
            parameter.mul_(10)
        if "to_qkv.bias" in name:
            parameter.add_(100)  # e^100 is no number in float32
    x = noise(field.config)
    exact = copy.deepcopy(field).double()(x.double(), 0.4)
    with torch.inference_mode():
        assert decibels(SolvingField(field)(x, 0.4), exact) > 80


@each_config
def test_a_life_ends_where_a_tight_solution_of_the_plain_field_ends(config: NetworkConfig) -> None:
    field, grid = field_of(config), Grid(2.0, 0.5, 16, 64, "rk4")
    exact = [state for _, state in solve(copy.deepcopy(field).double(), noise(config).double(), grid)][-1]
    ours = [state for _, state in solve(SolvingField(field), noise(config), grid)][-1]
    assert decibels(ours, exact) > 90


@each_config
@pytest.mark.parametrize("rows", [1, 3, 5, 16])
def test_in_bands_it_is_the_whole(config: NetworkConfig, rows: int) -> None:
    """Heights of 16, 8 and 4 texels: most bands are cut short at the end, and the smallest pictures are one band."""
    field, x = field_of(config), noise(config)
    exact = copy.deepcopy(field).double()(x.double(), 0.4)
    with torch.inference_mode():
        assert decibels(BandedField(field, band_texels=rows * x.shape[-1])(x, 0.4), exact) > 100


def test_the_same_call_gives_the_same_bits() -> None:
    field = field_of(CONFIGS["three levels, attention"])
    with torch.inference_mode():
        for precision in (torch.float32, torch.bfloat16):
            one, other = (SolvingField(field, precision)(noise(field.config), 0.1) for _ in range(2))
            assert torch.equal(one, other)


def test_a_field_that_repeats_its_border_is_solved_as_it_is_written() -> None:
    field = VectorField(NetworkConfig(5, 16, (1, 2), False, periodic=False))
    assert velocity_of(field, EXACT, "cpu", 64) is field and velocity_of(field, DRAFT, "cpu", 4096) is field
    for form in (SolvingField, BandedField):
        with pytest.raises(ValueError, match="periodic"):
            form(field)


def test_only_a_cpu_has_a_form_of_its_own() -> None:
    field = field_of(CONFIGS["two levels"])
    assert isinstance(velocity_of(field, EXACT, "cpu", 1024), SolvingField)
    assert isinstance(velocity_of(field, EXACT, "cpu", 1280), BandedField)
    assert velocity_of(field, DRAFT, "cuda", 4096) is field


@pytest.mark.parametrize(
    ("probe", "device", "chosen"),
    [
        (lambda: True, "cpu", DRAFT),
        (lambda: False, "cpu", EXACT),
        (None, "cpu", EXACT),  # a torch that cannot tell
        (lambda: True, "cuda", EXACT),
    ],
)
def test_bfloat16_is_for_a_cpu_that_multiplies_it(
    probe: Callable[[], bool] | None, device: str, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if probe is None:
        monkeypatch.delattr(arithmetic.torch.cpu, "_is_avx512_bf16_supported", raising=False)
    else:
        monkeypatch.setattr(arithmetic.torch.cpu, "_is_avx512_bf16_supported", probe, raising=False)
    assert draft_arithmetic(device) == chosen
