"""Fewer steps for a smooth life: what training solved in many short steps of Euler may need only a few of midpoint.

Where a surface dries or fades, velocities change slowly: the steps of training come near the exact solution, and a few
longer ones of midpoint come nearer. Where spots break out, the steps of training are part of what was learned, and stay
(docs/training.md has the figures).
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from ..appearance import appearance_from_header
from ..lives.life import Life, LifeSettings
from ..lives.life_store import LifeStore
from ..lives.solver import Grid
from ..models.model_file import Model
from ..models.model_header import ModelHeader
from ..models.network import VectorField

SMOOTH = 0.0125  # of a map's range, root mean square at the worst age: so near the exact solution training's steps are
INVISIBLE = 1 / 512  # half a step of 8 bits
AGES = [(k + 0.37) / 23 for k in range(23)]  # between kept ones, where blending is worst
_DENSITIES = ((2, 1), (3, 1.6), (4, 2))  # steps of midpoint a unit of warm-up and of ageing, the cheapest first
_EXACT = (8, 8)  # the same of what stands for the exact solution
_STORE_BYTES = 1 << 30


def fewest_steps(field: VectorField, header: ModelHeader, extent: int) -> dict[str, object]:
    """The grid, as a header states it: of a smooth life the cheapest as exact as the header's own, or exact to the eye.

    A life is smooth where its steps end within SMOOTH of the exact solution, for one seed at `extent` texels. field: on
    the CPU.
    """
    trained = Grid(header.duration, header.warm_up, **header.grid)
    model = Model(header, field, trained, appearance_from_header(header))
    exact = _seen(replace(model, grid=_midpoint(trained, *_EXACT)), extent)
    error = _distance(_seen(model, extent), exact)
    if not error <= SMOOTH:
        return header.grid
    for density in _DENSITIES:
        few = _midpoint(trained, *density)
        saves = 2 * (few.warm_up_steps + few.steps) < trained.warm_up_steps + trained.steps  # two evaluations a step
        if saves and _distance(_seen(replace(model, grid=few), extent), exact) <= max(error, INVISIBLE):
            return {name: asdict(few)[name] for name in header.grid}
    return header.grid


def _midpoint(trained: Grid, warm_up: float, ageing: float) -> Grid:
    """A grid of so many steps of midpoint a unit of time."""
    steps = math.ceil(warm_up * trained.warm_up), math.ceil(ageing * trained.duration)
    return Grid(trained.duration, trained.warm_up, *steps, "midpoint")


def _distance(one: list[Tensor], other: list[Tensor]) -> float:
    """Root mean square at the worst age."""
    return math.sqrt(max((a - b).square().mean().item() for a, b in zip(one, other, strict=True)))


def _seen(model: Model, extent: int) -> list[Tensor]:
    """Observed channels [C, H, W] as maps in [0, 1] at AGES."""
    with TemporaryDirectory() as folder, torch.inference_mode():
        life = Life(model, 0, extent, LifeStore(Path(folder), _STORE_BYTES), LifeSettings(), "cpu")
        return [(0.5 * life.observed(age) + 0.5).clamp(0, 1) for age in AGES]
