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
from .kept_life import SHADED, KeptLife, keep_life
from .layout import FEWEST_AGES, GOOD, HALVES, MOST_AGES, PICTURES, SCALARS, margin_texels, tile_file, tile_number

_SAMPLES = 161  # ages at which the life is looked at, evenly spaced; every second one may be kept
_TEXELS = 1 << 14  # looked at for the choice of ages
_ERROR_FREE = 99.0  # dB
_OWN_DEPARTURE = "own departure"  # of the life at a kept age, which decides where there is no Change
_BYTES_AT_ONCE = 512 << 20  # of tiles that are summed in one pass over the life
_BYTES_PER_TEXEL = 52  # of the parts of a tile, as float32

Steps = Generator[tuple[int, int], None, dict[str, Any]]


def make_atlas(life: Life, count: int, bits: int, folder: Path, stem: str) -> Steps:
    """Write the tiles of `count` kept ages into `folder`, yielding (steps done, steps to do).

    Returns what is needed to play them: ages [n], in [0, 1]; bounds: {metallic, roughness, height: [low, high, least,
    most]}, the values of black and white in the picture, and what a blend is clamped to; shares: {map: {map: share}},
    the bends that each takes (see `kept_life`); decibels: {map: PSNR at the worst moment}, base colour as it is blended
    (its square root), height as a share of its range over the life, and of Change; enough: how many ages would reach
    GOOD, or null. Raises InvalidRequestError and PictureError.
    """
    if not FEWEST_AGES <= count <= MOST_AGES:
        remedy = f"choose {min(max(count, FEWEST_AGES), MOST_AGES)}"
        raise InvalidRequestError(f"An atlas has {FEWEST_AGES} to {MOST_AGES} ages, not {count}", remedy)
    if bits not in (8, 16):
        raise InvalidRequestError(f"An atlas has 8 or 16 bits, not {bits}", "choose 8")
    at_once = max(1, _BYTES_AT_ONCE // (_BYTES_PER_TEXEL * life.extent**2))
    passes = [range(first, min(first + at_once, count)) for first in range(0, count, at_once)]
    # Kept steps too: how far it has come is told alike by every process that goes on.
    total = life.steps + (1 + len(passes)) * _SAMPLES
    ages = [float(age) for age in np.linspace(0, 1, _SAMPLES)]
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
    sampled = {name: np.stack(values) for name, values in seen.items()}
    kept, decibels, enough = _choose(sampled, count)
    bounds = {name: _bounds(sampled, kept, name) for name in SCALARS}

    folder.mkdir(parents=True, exist_ok=True)
    for indices in passes:
        sums: dict[int, dict[str, np.ndarray]] = {index: {} for index in indices}
        for place, age in enumerate(ages):
            _add(sums, kept, place, _blendable(life.maps(age), change))
            done += 1
            if done < total:
                yield done, total
        for index, parts in sums.items():
            for picture, values in tile_pictures(parts, bounds, life.extent).items():
                write_texture(tile_file(folder, stem, picture, tile_number(index)), values, bits)
    yield done, total
    chosen = [ages[knot] for knot in kept.knots]
    return {"ages": chosen, "bounds": bounds, "shares": kept.shares, "decibels": decibels, "enough": enough}


def _uncounted(steps: Generator[Any, None, float], done: int, total: int) -> Generator[tuple[int, int], None, float]:
    """What `steps` returns; its own steps are not told, only that there is still work."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float(end.value)
        yield done, total


def tile_pictures(maps: dict[str, np.ndarray], bounds: dict[str, list[float]], extent: int) -> dict[str, np.ndarray]:
    """The pictures [side, side, 4] in [0, 1] of what is kept at an age; base colour display-encoded (sRGB)."""
    channels = dict(maps)
    channels[DEPARTURE] = _kept_departure(maps[DEPARTURE], maps[_OWN_DEPARTURE])
    channels["base_color"] = linear_to_srgb(torch.from_numpy(np.clip(maps["base_color"], 0, 1) ** 2)).numpy()
    for name in SCALARS:
        low, high, *_ = bounds[name]
        for part in {name, HALVES.get(name, name)}:
            channels[part] = (maps[part] - low) / (high - low)
    margin = margin_texels(extent)
    return {
        picture: np.pad(
            np.dstack([channels[name] for name in names]), ((margin, margin), (margin, margin), (0, 0)), "wrap"
        )
        for picture, names in PICTURES.items()
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


def _choose(sampled: dict[str, np.ndarray], count: int) -> tuple[KeptLife, dict[str, float], int | None]:
    """What to keep, how near that comes, and how many ages would be near enough."""
    kept = keep_life(sampled, count)
    reached = decibels = _reached(sampled, kept)
    enough = count
    while min(reached[name] for name in SHADED) < GOOD:
        if enough == MOST_AGES:
            return kept, decibels, None
        enough = min(enough + 2, MOST_AGES)
        reached = _reached(sampled, keep_life(sampled, enough))
    return kept, decibels, enough


def _reached(sampled: dict[str, np.ndarray], kept: KeptLife) -> dict[str, float]:
    """PSNR in dB of each map and of Change at the worst of its ages, with all that a picture cannot hold cut off."""
    stored = {part: kept.stored(part, sampled) for part in kept.weights}
    for name in ("base_color", "normal"):
        stored[name] = np.clip(stored[name], 0, 1)
    stored[DEPARTURE] = _kept_departure(stored[DEPARTURE], sampled[DEPARTURE][kept.knots])
    decibels = {}
    for name, values in sampled.items():
        shown = kept.shown(name, stored)
        if name == DEPARTURE:
            decibels[CHANGE] = _decibels(change_of(shown), change_of(values))
            continue
        least, most = (float(values.min()), float(values.max())) if name in SCALARS else (0.0, 1.0)
        peak = (most - least or 1.0) if name == "height" else 1.0
        decibels[name] = _decibels(np.clip(shown, least, most) / peak, values / peak)
    return decibels


def _decibels(shown: np.ndarray, values: np.ndarray) -> float:
    """PSNR in dB, peak 1, at the worst of the ages: [S, texels]."""
    error = float(((shown - values) ** 2).mean(1).max())
    return min(_ERROR_FREE, float(-10 * np.log10(max(error, 1e-12))))


def _bounds(sampled: dict[str, np.ndarray], kept: KeptLife, name: str) -> list[float]:
    """[low, high, least, most] of a scalar map: of what is kept of it, and of the life."""
    parts = [kept.stored(part, sampled) for part in (name, HALVES.get(name, name))]
    low, high = float(np.min(parts)), float(np.max(parts))
    return [low, high if high > low else low + 1.0, float(sampled[name].min()), float(sampled[name].max())]


def _kept_departure(fitted: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The fitted departures in [0, 1]; where there is no Change at that age, none is made of them."""
    fresh = FRESH_UP_TO / FURTHEST - 1 / 255  # rounding to 8 bits may add half a step
    return np.where(own <= fresh, np.clip(fitted, 0, fresh), np.clip(fitted, 0, 1))


def _add(sums: dict[int, dict[str, np.ndarray]], kept: KeptLife, place: int, maps: dict[str, np.ndarray]) -> None:
    """Add the blendable maps at one age to the parts of what is kept at some ages, by the index of these."""
    for part, weights in kept.weights.items():
        for name, own in weights.items():
            for index, parts in sums.items():
                if own[index, place]:
                    weighted = np.float32(own[index, place]) * maps[name]
                    parts[part] = parts[part] + weighted if part in parts else weighted
    for index, parts in sums.items():
        if kept.knots[index] == place:
            parts[_OWN_DEPARTURE] = maps[DEPARTURE]
