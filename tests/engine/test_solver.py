"""The solver on ODEs whose solutions are known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
import torch
from patina.engine.lives.solver import Grid, default_grid, integrate, solve, step
from torch import Tensor

METHODS = {"euler": 1, "midpoint": 2, "rk4": 4}


def decay(x: Tensor, time: Tensor) -> Tensor:
    """x(t) = x(0) exp(-t)."""
    return -x


def swing(x: Tensor, time: Tensor) -> Tensor:
    """x(t) = x(0) + sin t: the slope depends on time alone."""
    return time.cos() * torch.ones_like(x)


def ones() -> Tensor:
    return torch.ones((1, 1, 2, 2), dtype=torch.float64)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("field", "truth"), [(decay, math.exp(-2)), (swing, 1 + math.sin(2))])
def test_twice_the_steps_divide_the_error_by_two_to_the_order(
    method: str, field: Callable[[Tensor, Tensor], Tensor], truth: float
) -> None:
    errors = [abs(float(integrate(field, ones(), 0.0, 2.0, steps, method)[0, 0, 0, 0]) - truth) for steps in (32, 64)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(METHODS[method], abs=0.1)


def test_an_euler_step_is_the_closed_form() -> None:
    assert step(decay, ones(), 0.0, 0.25, "euler").flatten().tolist() == [0.75] * 4


def test_a_step_can_go_backwards() -> None:
    there = step(decay, ones(), 1.0, 1.125, "rk4")
    back = step(decay, there, 1.125, 1.0, "rk4")
    assert (back - 1).abs().max() < 1e-6
    assert (there - math.exp(-0.125)).abs().max() < 1e-6


def test_integration_starts_at_its_start() -> None:
    ended = integrate(swing, ones(), -1.0, 0.5, 200, "midpoint")
    assert float(ended[0, 0, 0, 0]) == pytest.approx(1 + math.sin(0.5) - math.sin(-1.0), abs=1e-5)


def test_integration_can_be_differentiated() -> None:
    x = ones().requires_grad_()
    integrate(decay, x, 0.0, 1.0, 4, "euler").sum().backward()
    assert x.grad is not None and x.grad.flatten().tolist() == pytest.approx([0.75**4] * 4)


@pytest.mark.parametrize("duration", [0.1, 1.0, 4.95, 5.0, 7.3, 10.0])
def test_the_grid_meets_minus_warm_up_zero_and_duration_exactly(duration: float) -> None:
    for steps in (1, 3, 7, 35, 49, 71):
        times = Grid(duration, 0.2 * duration, 9, steps).times()
        assert (times[0], times[9], times[-1]) == (-0.2 * duration, 0.0, duration)
        assert len(times) == 9 + steps + 1
        assert times == sorted(set(times))


def test_the_steps_of_a_part_are_equally_long() -> None:
    times = Grid(2.0, 0.5, 2, 4).times()
    assert times == [-0.5, -0.25, 0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_solve_yields_every_grid_state_after_where_it_starts() -> None:
    grid = Grid(1.0, 0.5, 1, 2)
    whole = dict(solve(decay, ones(), grid))
    assert list(whole) == [1, 2, 3]
    assert float(whole[3][0, 0, 0, 0]) == 0.125
    rest = dict(solve(decay, whole[1], grid, after=1))
    assert list(rest) == [2, 3] and torch.equal(rest[3], whole[3])


def test_default_steps_are_shorter_than_where_euler_gets_unstable() -> None:
    for duration in (0.05, 5.0, 10.0):
        times = Grid(duration, 0.2 * duration, **default_grid(duration, 0.2 * duration)).times()
        assert max(after - before for before, after in itertools.pairwise(times)) < 0.15
