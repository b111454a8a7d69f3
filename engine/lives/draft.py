"""A draft: a life of its own, shown until the exact one is there, in the fastest arithmetic and in the fewest steps."""

from __future__ import annotations

import math
from dataclasses import replace

from .arithmetic import DRAFT, EXACT, multiplies_bfloat16
from .solver import Grid

_STEPS = 5  # Euler steps a unit of ageing: training draws their number from 5 to 8, so a model knows them


def draft_arithmetic(device: str) -> str:
    """bfloat16 where the CPU multiplies it, else as exactly as everything else."""
    return DRAFT if device == "cpu" and multiplies_bfloat16() else EXACT


def draft_grid(grid: Grid) -> Grid:
    """The fewest steps of ageing that Euler's method was trained with; another method's are few already.

    The warm-up keeps its steps: what it leaves of the noise stays for the whole life.
    """
    if grid.method != "euler":
        return grid
    return replace(grid, steps=min(grid.steps, math.ceil(_STEPS * grid.duration)))
