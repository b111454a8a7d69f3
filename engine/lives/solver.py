"""Solves an appearance ODE on a fixed grid of steps, so that the same request always gives the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torchdiffeq import odeint  # type: ignore[import-untyped]

Velocity = Callable[[Tensor, Tensor], Tensor]
"""f(x, t): a `VectorField`, or another arrangement of one."""


@dataclass(frozen=True)
class Grid:
    """The times at which a life is solved, part of what decides its numbers.

    duration: length of the ageing T. warm_up: length of the time before it, in which noise becomes the fresh texture.
    warm_up_steps, steps: how many equal steps each has. method: a fixed-step method of torchdiffeq.
    """

    duration: float
    warm_up: float
    warm_up_steps: int
    steps: int
    method: str = "euler"

    def times(self) -> list[float]:
        """All grid times, from -warm_up to duration; entry `warm_up_steps` is 0."""
        before = [self.warm_up * (k / self.warm_up_steps - 1) for k in range(self.warm_up_steps)]
        return before + [self.duration * (k / self.steps) for k in range(self.steps + 1)]


def default_grid(duration: float, warm_up: float) -> dict[str, object]:
    """Steps for a model of which nothing else is known: 14 a unit of warm-up time, 7 a unit of ageing."""
    return {"warm_up_steps": math.ceil(14 * warm_up), "steps": math.ceil(7 * duration), "method": "euler"}


def step(field: Velocity, x: Tensor, start: float, end: float, method: str) -> Tensor:
    """The state [B, C, H, W] at the time `end`, one step of `method` from x at `start` (either direction)."""
    return integrate(field, x, start, end, 1, method)


def integrate(field: Velocity, x: Tensor, start: float, end: float, steps: int, method: str) -> Tensor:
    """The state at `end` after equal steps from x at `start`; differentiable."""
    # Apple's GPUs have no float64; elsewhere times travel in it, so that the grid is exact.
    precision = torch.float32 if x.device.type == "mps" else torch.float64
    times = torch.linspace(start, end, steps + 1, dtype=precision, device=x.device)
    return odeint(_velocity(field), x, times, method=method)[-1]


def solve(field: Velocity, x: Tensor, grid: Grid, after: int = 0) -> Iterator[tuple[int, Tensor]]:
    """Yield (index, state) for each grid time behind the index `after`, where the state is x."""
    times = grid.times()
    with torch.inference_mode():
        for index in range(after + 1, len(times)):
            x = step(field, x, times[index - 1], times[index], grid.method)
            yield index, x


def _velocity(field: Velocity) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda time, x: field(x, time.to(x.dtype))
