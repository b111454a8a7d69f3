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
from ..maps.color import linear_to_srgb
from ..maps.map_names import DEPARTURE, MAPS
from ..maps.pictures import write_texture
from .kept_life import SHADED, KeptLife, keep_life
from .layout import FEWEST_AGES, GOOD, HALVES, MOST_AGES, PICTURES, SCALARS, margin_texels, tile_file, tile_number
from .measure import bounds_of, decibels_of, kept_departure, packed_normals, stored_of

_SAMPLES = 161  # ages at which the life is looked at, evenly spaced; every second one may be kept
_TEXELS = 1 << 14  # looked at for the choice of ages
OWN_DEPARTURE = "own departure"  # of the life at a kept age, which decides where there is no Change
_BYTES_AT_ONCE = 512 << 20  # of tiles that are summed in one pass over the life
_BYTES_PER_TEXEL = 52  # of the parts of a tile, as float32

Steps = Generator[tuple[int, int], None, dict[str, Any]]


def make_atlas(life: Life, count: int, bits: int, folder: Path, stem: str) -> Steps:
    """Write the tiles of `count` kept ages into `folder`, yielding (steps done, steps to do).

    Returns what is needed to play them: ages [n], in [0, 1]; bounds: {metallic, roughness, height, normal: [low, high,
    least, most]}, the values of black and white in the picture (of the normal, in its x and y), and what a blend of
    numbers is clamped to; shares: {map: {map: share}},
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

    sampled, change = yield from look_at(life, total)
    done += _SAMPLES
    kept, decibels, enough = _choose(sampled, count)
    bounds = bounds_of(sampled, kept)

    folder.mkdir(parents=True, exist_ok=True)
    for indices in passes:
        sums: dict[int, dict[str, np.ndarray]] = {index: {} for index in indices}
        for place, age in enumerate(ages):
            _add(sums, kept, place, blendable(life.maps(age), change))
            done += 1
            if done < total:
                yield done, total
        for index, parts in sums.items():
            for picture, values in tile_pictures(parts, bounds, margin_texels(life.extent)).items():
                write_texture(tile_file(folder, stem, picture, tile_number(index)), values, bits)
    yield done, total
    chosen = [ages[knot] for knot in kept.knots]
    return {"ages": chosen, "bounds": bounds, "shares": kept.shares, "decibels": decibels, "enough": enough}


def look_at(life: Life, total: int) -> Generator[tuple[int, int], None, tuple[dict[str, np.ndarray], Change]]:
    """What is to be kept of a solved life, {map: [S, texels]} in the form in which it is blended, and its Change.

    Yields (steps done, total), the life's own steps among them.
    """
    done = life.steps
    reach = yield from _uncounted(solve_reach(life), done, total)
    change = Change(life, reach)
    seen: dict[str, list[np.ndarray]] = {name: [] for name in (*MAPS, DEPARTURE)}
    texels = _some_texels(life.extent)
    for age in np.linspace(0, 1, _SAMPLES):
        for name, values in blendable(life.maps(float(age)), change).items():
            seen[name].append(values.reshape(life.extent**2, -1)[texels].ravel())
        done += 1
        yield done, total
    return {name: np.stack(values) for name, values in seen.items()}, change


def _uncounted(steps: Generator[Any, None, float], done: int, total: int) -> Generator[tuple[int, int], None, float]:
    """What `steps` returns; its own steps are not told, only that there is still work."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float(end.value)
        yield done, total


def tile_pictures(maps: dict[str, np.ndarray], bounds: dict[str, list[float]], margin: int) -> dict[str, np.ndarray]:
    """The pictures [side, side, 4] in [0, 1] of what is kept at an age, with so many texels of margin; base colour
    display-encoded (sRGB)."""
    channels = dict(maps)
    channels[DEPARTURE] = kept_departure(maps[DEPARTURE], maps[OWN_DEPARTURE])
    channels["base_color"] = linear_to_srgb(torch.from_numpy(np.clip(maps["base_color"], 0, 1) ** 2)).numpy()
    for name in SCALARS:
        low, high, *_ = bounds[name]
        for part in {name, HALVES.get(name, name)}:
            channels[part] = (maps[part] - low) / (high - low)
    channels["normal"] = packed_normals(maps["normal"], bounds)
    return {
        picture: np.pad(
            np.dstack([channels[name] for name in names]), ((margin, margin), (margin, margin), (0, 0)), "wrap"
        )
        for picture, names in PICTURES.items()
    }


def blendable(maps: dict[str, np.ndarray], change: Change) -> dict[str, np.ndarray]:
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
    with_more = decibels = decibels_of(sampled, kept, stored_of(sampled, kept))
    enough = count
    while min(with_more[name] for name in SHADED) < GOOD:
        if enough == MOST_AGES:
            return kept, decibels, None
        enough = min(enough + 2, MOST_AGES)
        kept_more = keep_life(sampled, enough)
        with_more = decibels_of(sampled, kept_more, stored_of(sampled, kept_more))
    return kept, decibels, enough


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
            parts[OWN_DEPARTURE] = maps[DEPARTURE]
