"""How far a life, as it is kept and blended, lies from a tight solution of the same ODE, and what its steps cost.

    .venv/bin/python -m benchmarks.solver_error MODEL [--size 64]

The reference is classical Runge-Kutta in float64 with 32 steps a unit of ODE time. Errors are of the observed channels
as maps in [0, 1]: root mean square over a life, and the worst age. Ages lie between kept ones, where blending is worst.
"""

from __future__ import annotations

import argparse
import copy
import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.lives.noise import initial_state
from patina.engine.lives.solver import Grid, integrate
from patina.engine.models.model_file import Model, load_model
from patina.engine.models.shipped import find_model
from patina.engine.training.grid import AGES
from torch import Tensor


def reference(model: Model, size: int, seed: int) -> list[Tensor]:
    """Observed channels at AGES of the tight solution."""
    field = copy.deepcopy(model.field).double()
    noise = initial_state(model.header.network["channels"], size, size, seed, model.header.start)
    state, time, seen = torch.from_numpy(noise)[None].double(), -model.grid.warm_up, []
    with torch.inference_mode():
        for age in AGES:
            end = age * model.grid.duration
            state = integrate(field, state, time, end, math.ceil((end - time) * 32), "rk4")
            seen.append(state[0, : model.appearance.observed])
            time = end
    return seen


def errors(model: Model, grid: Grid, truth: list[Tensor], size: int, seed: int) -> tuple[float, float]:
    """(root mean square, that of the worst age) of a kept life on `grid`."""
    with TemporaryDirectory() as folder:
        life = Life(replace(model, grid=grid), seed, size, LifeStore(Path(folder), 1 << 30), LifeSettings(), "cpu")
        squares = []
        for age, exact in zip(AGES, truth, strict=True):
            ours = (0.5 * life.observed(age).double() + 0.5).clamp(0, 1)
            squares.append((ours - (0.5 * exact + 0.5).clamp(0, 1)).square().mean().item())
    return math.sqrt(sum(squares) / len(squares)), math.sqrt(max(squares))


def decibels(error: float) -> str:
    return f"{error:.5f} ({-20 * math.log10(error):.1f} dB)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = load_model(find_model(arguments.model))
    truth = reference(model, arguments.size, arguments.seed)
    print(f"{'steps a unit: warm-up, ageing':<32}{'evaluations':>12}  {'RMSE':<22}worst age")
    for method, evaluations in (("euler", 1), ("midpoint", 2)):
        for warm_up, ageing in ((8, 8), (16, 8), (16, 16), (32, 32)):
            steps = (math.ceil(warm_up * model.grid.warm_up), math.ceil(ageing * model.grid.duration))
            grid = Grid(model.grid.duration, model.grid.warm_up, *steps, method)
            mean, worst = errors(model, grid, truth, arguments.size, arguments.seed)
            count = evaluations * sum(steps)
            print(f"{method:<10}{warm_up:>8}{ageing:>8}{count:>18}  {decibels(mean):<22}{decibels(worst)}", flush=True)


if __name__ == "__main__":
    main()
