"""A life and an evaluation of its field: the plain form beside ours."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from torchdiffeq import odeint  # type: ignore[import-untyped]

from ..lives.arithmetic import DRAFT, EXACT, multiplies_bfloat16, velocity_of
from ..lives.banded_field import BandedField
from ..lives.draft import draft_arithmetic, draft_grid
from ..lives.life import Life, LifeSettings
from ..lives.life_store import LifeStore
from ..lives.noise import initial_state
from ..lives.solver import Grid, step
from ..lives.solving_field import SolvingField
from ..models.model_file import Model
from ..models.network import NetworkConfig, VectorField
from .rows import Row, Size, median_ratio, race, seconds

FRAMES = 100
BASELINE = "plain: float32, adaptive Heun at 1e-2"
_EVALUATIONS = {"euler": 1, "midpoint": 2, "rk4": 4}  # of the field, a step
PAPER = NetworkConfig(channels=18, width=64, multipliers=(1, 2), attention=False)


def arithmetics() -> tuple[str, ...]:
    return (EXACT, DRAFT) if multiplies_bfloat16() else (EXACT,)


class Counted:
    """A field that knows how often it was evaluated."""

    def __init__(self, field: Callable[[Tensor, Tensor], Tensor]):
        self._field = field
        self.count = 0

    def __call__(self, time: Tensor, x: Tensor) -> Tensor:
        self.count += 1
        return self._field(x, time.to(x.dtype))


def adaptive(model: Model, extent: int) -> tuple[Tensor, int]:
    """(observed channels [FRAMES, C, H, W], evaluations) of the baseline: all frames in one call."""
    field = Counted(model.field)
    return _frames(model, field, extent, method="adaptive_heun", rtol=1e-2, atol=1e-2), field.count


def tight(model: Model, extent: int) -> Tensor:
    """Observed channels [FRAMES, C, H, W] of a solution to 1e-6, all in float64."""
    field = VectorField(model.field.config).double()
    field.load_state_dict(model.field.state_dict())
    return _frames(model, Counted(field), extent, torch.float64, method="dopri5", rtol=1e-6, atol=1e-6)


def _frames(model: Model, field: Counted, extent: int, precision: torch.dtype = torch.float32, **how: object) -> Tensor:
    header = model.header
    noise = initial_state(header.network["channels"], extent, extent, 0, header.start)
    times = torch.tensor([-model.grid.warm_up, *np.linspace(0, model.grid.duration, FRAMES)], dtype=torch.float64)
    with torch.inference_mode():
        states = odeint(field, torch.from_numpy(noise)[None].to(precision), times, **how)[1:, 0]
    return states[:, : model.appearance.observed]


def kept(model: Model, extent: int, settings: LifeSettings) -> Tensor:
    """Observed channels [FRAMES, C, H, W] of a life of ours, solved from its noise and kept on disk."""
    with TemporaryDirectory() as folder:
        life = Life(model, 0, extent, LifeStore(Path(folder), 8 << 30), settings, "cpu")
        life.observed(1.0)
        return torch.stack([life.observed(float(age)) for age in np.linspace(0, 1, FRAMES)])


def decibels(ours: Tensor, exact: Tensor) -> float:
    """PSNR of observed channels as maps in [0, 1]."""
    one, other = ((0.5 * values.double() + 0.5).clamp(0, 1) for values in (ours, exact))
    return -10 * math.log10(max(float((one - other).square().mean()), 1e-30))


def life_rows(model: Model, size: Size) -> Iterator[Row]:
    """A life of FRAMES frames: seconds, ratio, error against a tight solution (of `size.tight` texels a side)."""
    exact = tight(model, size.tight)
    seen, evaluations = adaptive(model, size.tight)
    note = f"{FRAMES} frames, {size.life} x {size.life}; error against 1e-6 in float64, {size.tight} x {size.tight}"
    forms = {f"{name}, {_evaluations(model.grid)} evaluations": LifeSettings(arithmetic=name) for name in arithmetics()}
    draft = LifeSettings(arithmetic=draft_arithmetic("cpu"), is_draft=True)
    forms[f"a draft: {draft.arithmetic}, {_evaluations(draft_grid(model.grid))} evaluations"] = draft
    plain = f"{BASELINE}, {evaluations} evaluations"
    errors = {plain: decibels(seen, exact)}
    errors |= {form: decibels(kept(model, size.tight, settings), exact) for form, settings in forms.items()}
    taken: dict[str, list[float]] = {form: [] for form in errors}
    for _ in range(size.turns):
        taken[plain].append(seconds(lambda: adaptive(model, size.life)))
        for form, settings in forms.items():
            taken[form].append(seconds(lambda settings=settings: kept(model, size.life, settings)))  # type: ignore[misc]
    for form, own in taken.items():
        ratio = median_ratio(taken[plain], own)
        yield Row("a life", form, statistics.median(own), ratio=ratio, error=errors[form], note=note)


def _evaluations(grid: Grid) -> int:
    return (grid.warm_up_steps + grid.steps) * _EVALUATIONS[grid.method]


def evaluation_rows(model: Model, size: Size) -> Iterator[Row]:
    """One evaluation of the model's field, and of the paper's svBRDF form (weights at random)."""
    torch.manual_seed(0)
    fields = {model.header.name: model.field, "svBRDF, width 64": VectorField(PAPER).eval().requires_grad_(False)}
    for title, field in fields.items():
        x = torch.randn((1, field.config.channels, size.life, size.life), generator=torch.Generator().manual_seed(0))
        forms = {"plain": field} | {name: velocity_of(field, name, "cpu", size.life) for name in arithmetics()}
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            field(x, torch.tensor(0.3))
        operations = counter.get_total_flops()
        with torch.inference_mode():
            exact = field(x, torch.tensor(0.3))
            works = {name: (lambda form=form, x=x: form(x, torch.tensor(0.3))) for name, form in forms.items()}
            found = race(works, size.evaluations)
            errors = {name: _signal(form(x, torch.tensor(0.3)), exact) for name, form in forms.items()}
        for name, (value, ratio) in found.items():
            note = f"{title}, {size.life} x {size.life}; {operations / value / 1e9:.1f} GFLOP/s"
            error = errors[name] if name != "plain" else None
            yield Row("an evaluation", name, value, ratio=ratio, error=error, note=note)


def _signal(ours: Tensor, exact: Tensor) -> float:
    return 20 * math.log10(float(exact.norm() / (ours - exact).norm().clamp(min=1e-30)))


def band_rows(model: Model, size: Size) -> Iterator[Row]:
    """Solved in bands beside solved whole: two steps from the noise, as maps in [0, 1]."""
    header, extent = model.header, size.whole
    noise = initial_state(header.network["channels"], extent, extent, 0, header.start)
    x = torch.from_numpy(noise)[None]
    grid = replace(model.grid, warm_up=model.grid.warm_up * 2 / model.grid.warm_up_steps, warm_up_steps=2, steps=1)

    def solved(form: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        state, times = x, grid.times()
        with torch.inference_mode():
            for start, end in pairwise(times[:3]):
                state = step(form, state, start, end, grid.method)
        return (0.5 * state[0, : model.appearance.observed] + 0.5).clamp(0, 1)

    whole, bands = SolvingField(model.field), BandedField(model.field)
    found = race({"whole": lambda: solved(whole), "in bands": lambda: solved(bands)}, 1, warm_up=False)
    difference = float((solved(whole) - solved(bands)).abs().max())
    for name, (value, ratio) in found.items():
        note = f"two steps, {extent} x {extent}" + (f", {difference:.1e} apart at most" if name == "in bands" else "")
        yield Row("large extents", name, value, ratio=ratio, note=note)
