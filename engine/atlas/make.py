"""A whole life as pictures: at a few kept ages, such that blending the two nearest shows every age between."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import InvalidRequestError
from ..lives.change import Change, solve_reach
from ..lives.life import Life
from ..maps.change import FRESH_UP_TO, FURTHEST
from ..maps.change import change as change_of
from ..maps.color import linear_to_srgb
from ..maps.map_names import CHANGE, DEPARTURE, MAPS
from ..maps.pictures import write_texture
from .kept_ages import KeptAges, choose_ages, gram
from .layout import FEWEST_AGES, GOOD, MOST_AGES, PICTURES, SCALARS, margin_texels, tile_file, tile_number

_MOST_SAMPLES = 161  # ages at which the life is looked at, evenly spaced
_TEXELS = 1 << 14  # looked at for the choice of ages
_LEAST_WEIGHT = 1e-4
_SHADED = ("base_color", "metallic", "roughness", "normal")
_ERROR_FREE = 99.0  # dB

Steps = Generator[tuple[int, int], None, dict[str, Any]]


def make_atlas(life: Life, count: int, bits: int, folder: Path, stem: str) -> Steps:
    """Write the tiles of `count` kept ages into `folder`, yielding (steps done, steps to do).

    Returns what is needed to play them: ages [n], in [0, 1]; bounds: {metallic, roughness, height: [low, high, least,
    most]}, the values of black and white in the picture, and what a blend is clamped to; decibels: {map: PSNR at the
    worst moment}, base colour as it is blended (its square root), height as a share of its range over the life, and of
    Change; enough: how many ages would reach GOOD, or null. Raises InvalidRequestError and PictureError.
    """
    samples = min(2 * life.model.grid.steps + 1, _MOST_SAMPLES)
    most = min(MOST_AGES, samples)
    if not FEWEST_AGES <= count <= most:
        remedy = f"choose {min(max(count, FEWEST_AGES), most)}"
        raise InvalidRequestError(f"An atlas of this model has {FEWEST_AGES} to {most} ages, not {count}", remedy)
    if bits not in (8, 16):
        raise InvalidRequestError(f"An atlas has 8 or 16 bits, not {bits}", "choose 8")
    total = (
        life.steps + samples + count
    )  # kept steps too: how far it has come is told alike by every process that goes on
    ages = [float(age) for age in np.linspace(0, 1, samples)]
    while life.index < life.steps:
        life.advance()
        yield life.index, total
    done = life.steps

    reach = yield from _uncounted(solve_reach(life), done, total)
    change = Change(life, reach)
    seen: dict[str, list[np.ndarray]] = {name: [] for name in (*MAPS, DEPARTURE)}
    texels = _some_texels(life.extent)
    for age in ages:
        maps = life.maps(age)
        for name, values in _blendable(maps, change).items():
            seen[name].append(values.reshape(life.extent**2, -1)[texels].ravel())
        done += 1
        yield done, total
    departed = np.stack(seen.pop(DEPARTURE))
    sampled = {name: np.stack(values) for name, values in seen.items()}
    kept, decibels, enough = _choose(sampled, count)
    shown = kept.basis() @ _kept_departure(kept.weights @ departed, departed[kept.knots])
    decibels[CHANGE] = _decibels(change_of(shown), change_of(departed))
    bounds = {name: _bounds(sampled[name], kept) for name in SCALARS}

    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        maps = _mixture(life, ages, kept.weights[index], change)
        maps[DEPARTURE] = _kept_departure(maps[DEPARTURE], change.departure(life.maps(ages[kept.knots[index]])))
        for picture, values in tile_pictures(maps, bounds, life.extent).items():
            write_texture(tile_file(folder, stem, picture, tile_number(index)), values, bits)
        done += 1
        yield done, total
    return {"ages": [ages[k] for k in kept.knots], "bounds": bounds, "decibels": decibels, "enough": enough}


def _uncounted(steps: Generator[Any, None, float], done: int, total: int) -> Generator[tuple[int, int], None, float]:
    """What `steps` returns; its own steps are not told, only that there is still work."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float(end.value)
        yield done, total


def tile_pictures(maps: dict[str, np.ndarray], bounds: dict[str, list[float]], extent: int) -> dict[str, np.ndarray]:
    """The pictures [side, side, 3 or 4] in [0, 1] of blendable maps; base colour display-encoded (sRGB)."""
    linear = torch.from_numpy(np.clip(maps["base_color"], 0, 1) ** 2)
    scalars = [(maps[name] - bounds[name][0]) / (bounds[name][1] - bounds[name][0]) for name in SCALARS]
    pictures = {
        "base_color": linear_to_srgb(linear).numpy(),
        "surface": np.stack([*scalars, maps[DEPARTURE]], axis=-1),
        "normal": maps["normal"],
    }
    assert pictures.keys() == PICTURES.keys()
    margin = margin_texels(extent)
    return {
        name: np.pad(values, ((margin, margin), (margin, margin), (0, 0)), "wrap") for name, values in pictures.items()
    }


def _blendable(maps: dict[str, np.ndarray], change: Change) -> dict[str, np.ndarray]:
    """Maps in which blending is nearest to what the eye takes for even: base colour by its square root, the departure
    that Change is a function of."""
    return maps | {"base_color": np.sqrt(np.clip(maps["base_color"], 0, 1)), DEPARTURE: change.departure(maps)}


def _some_texels(extent: int) -> np.ndarray:
    """Where to look: every texel, or as many as suffice, spread without a pattern."""
    number = extent * extent
    if number <= _TEXELS:
        return np.arange(number)
    return np.sort(np.random.Generator(np.random.PCG64(0)).choice(number, _TEXELS, replace=False))


def _choose(sampled: dict[str, np.ndarray], count: int) -> tuple[KeptAges, dict[str, float], int | None]:
    """The ages to keep, how near that comes, and how many would be near enough."""
    grams = {name: gram(sampled[name]) for name in _SHADED}
    kept = _pruned(choose_ages(grams, count))
    reached = decibels = _reached(sampled, kept)
    enough, most = count, min(MOST_AGES, len(sampled["height"]))
    while min(reached[name] for name in _SHADED) < GOOD:
        if enough == most:
            return kept, decibels, None
        enough = min(enough + 2, most)
        reached = _reached(sampled, _pruned(choose_ages(grams, enough)))
    return kept, decibels, enough


def _reached(sampled: dict[str, np.ndarray], kept: KeptAges) -> dict[str, float]:
    """PSNR in dB of each map at the worst of its ages, with all that a picture cannot hold cut off."""
    decibels = {}
    for name, values in sampled.items():
        least, most = (float(values.min()), float(values.max())) if name in SCALARS else (0.0, 1.0)
        stored = kept.weights @ values
        shown = np.clip(kept.basis() @ (stored if name in SCALARS else np.clip(stored, 0, 1)), least, most)
        peak = (most - least or 1.0) if name == "height" else 1.0
        decibels[name] = _decibels(shown / peak, values / peak)
    return decibels


def _decibels(shown: np.ndarray, values: np.ndarray) -> float:
    """PSNR in dB, peak 1, at the worst of the ages: [S, texels]."""
    error = float(((shown - values) ** 2).mean(1).max())
    return min(_ERROR_FREE, float(-10 * np.log10(max(error, 1e-12))))


def _pruned(kept: KeptAges) -> KeptAges:
    """Without the weights that make no difference, so that a tile is mixed from a few ages; each sum stays 1."""
    weights = np.where(np.abs(kept.weights) < _LEAST_WEIGHT, 0.0, kept.weights)
    return KeptAges(kept.knots, weights / weights.sum(1, keepdims=True))


def _bounds(values: np.ndarray, kept: KeptAges) -> list[float]:
    """[low, high, least, most] of a scalar map [S, texels]: of what is kept, and of the life."""
    stored = kept.weights @ values
    low, high = float(stored.min()), float(stored.max())
    return [low, high if high > low else low + 1.0, float(values.min()), float(values.max())]


def _kept_departure(fitted: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The fitted departures in [0, 1]; where there is no Change at that age, none is made of them."""
    fresh = FRESH_UP_TO / FURTHEST - 1 / 255  # rounding to 8 bits may add half a step
    return np.where(own <= fresh, np.clip(fitted, 0, fresh), np.clip(fitted, 0, 1))


def _mixture(life: Life, ages: list[float], weights: np.ndarray, change: Change) -> dict[str, np.ndarray]:
    """What is kept at one age: the life's blendable maps, weighted."""
    mixed: dict[str, np.ndarray] = {}
    for index in np.flatnonzero(weights):
        for name, values in _blendable(life.maps(ages[index]), change).items():
            part = np.float32(weights[index]) * values
            mixed[name] = mixed[name] + part if name in mixed else part
    return mixed
