"""Fewer steps for a smooth life: what training solved in many short steps of Euler may need only a few of midpoint.

Where a surface dries or fades, velocities change slowly, and an evaluation in the middle of a long step says as much as
several short ones: *Clay drying* takes 14 evaluations in place of 48 and lies nearer to the exact solution. Where
spots break out, the steps of training are part of what was learned, and stay (docs/training.md has the figures).
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

FARTHEST = 0.01  # of a map's range, root mean square at the worst age: what an atlas may be off by, too (40 dB)
_AGES = [(k + 0.37) / 23 for k in range(23)]  # between kept ones, where blending is worst
_WARM_UP, _AGEING = 2, 1  # steps of midpoint a unit of time; denser ones are hardly ever taken where these are not
_STORE_BYTES = 1 << 30


def fewest_steps(field: VectorField, header: ModelHeader, extent: int) -> dict[str, object]:
    """The grid, as a header states it: few steps of midpoint where the life is as good as on the header's own.

    As good: no farther from it than FARTHEST, for one seed at `extent` texels. field: on the CPU.
    """
    trained = Grid(header.duration, header.warm_up, **header.grid)
    steps = math.ceil(_WARM_UP * trained.warm_up), math.ceil(_AGEING * trained.duration)
    few = Grid(trained.duration, trained.warm_up, *steps, "midpoint")
    if 2 * sum(steps) >= trained.warm_up_steps + trained.steps:  # midpoint evaluates the field twice a step
        return header.grid
    model = Model(header, field, trained, appearance_from_header(header))
    if not _distance(_seen(model, extent), _seen(replace(model, grid=few), extent)) <= FARTHEST:
        return header.grid
    return {name: asdict(few)[name] for name in header.grid}


def _distance(one: list[Tensor], other: list[Tensor]) -> float:
    """Root mean square at the worst age."""
    return math.sqrt(max((a - b).square().mean().item() for a, b in zip(one, other, strict=True)))


def _seen(model: Model, extent: int) -> list[Tensor]:
    """Observed channels [C, H, W] as maps in [0, 1] at _AGES."""
    with TemporaryDirectory() as folder, torch.inference_mode():
        life = Life(model, 0, extent, LifeStore(Path(folder), _STORE_BYTES), LifeSettings(), "cpu")
        return [(0.5 * life.observed(age) + 0.5).clamp(0, 1) for age in _AGES]
