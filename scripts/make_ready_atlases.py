"""Bakes the atlas that comes with each shipped model, beside its weights, in at most 3 MB.

.venv/bin/python scripts/make_ready_atlases.py [MODEL ...]

Says how near each map and Change come at the worst of 161 ages, from what the archive holds. Where one of them stays
below 40 dB with 17 ages, more are tried; where none will do, the best is written, and the exit status is 1.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from patina.engine.atlas.archive import read_record, write_archive
from patina.engine.atlas.kept_life import KeptLife, keep_life
from patina.engine.atlas.layout import GOOD, PICTURES
from patina.engine.atlas.make import OWN_DEPARTURE, look_at, tile_pictures
from patina.engine.atlas.measure import bounds_of, decibels_of, stored_of, unpacked
from patina.engine.files.whole_files import written_whole
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.map_names import DEPARTURE, map_shape
from patina.engine.maps.pictures import to_bytes
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import shipped_models

EXTENT, SEED, BITS = 128, 0, 8
USUAL_AGES = 17  # as a bake has them; the tiles take 4 MB in a .blend, where they are PNGs with margins
MOST_AGES = 32  # tried beyond that where a map is not good enough; crystals take 31
MOST_BYTES = 3_000_000


def make(name: str, path: Path) -> float:
    """Write NAME.atlas beside the model. Returns the dB of its worst map, Change included."""
    model = load_model(path)
    with TemporaryDirectory() as folder:
        life = Life(model, SEED, EXTENT, LifeStore(Path(folder) / "lives", 4 << 30), LifeSettings(), "cpu")
        while life.index < life.steps:
            life.advance()
        sampled = _looked_at(life)
        assert sampled["metallic"].shape[1] == EXTENT**2, "every texel has to be looked at"
        ages = np.linspace(0, 1, len(sampled["metallic"]))
        best = -np.inf
        for count in range(USUAL_AGES, MOST_AGES + 1):
            kept = keep_life(sampled, count)
            bounds = bounds_of(sampled, kept)
            pictures = _pictures(sampled, kept, bounds)
            decibels = decibels_of(sampled, kept, unpacked(pictures, bounds))
            about: dict[str, Any] = {"sha256": model.header.sha256, "seed": SEED, "extent": EXTENT, "bits": BITS}
            about |= {"stem": name, "ages": [float(ages[knot]) for knot in kept.knots], "bounds": bounds}
            about |= {
                "shares": kept.shares,
                "decibels": decibels,
                "enough": count if min(decibels.values()) >= GOOD else None,
            }
            tried = Path(folder) / f"{count}.atlas"
            write_archive(tried, about, pictures)
            if tried.stat().st_size <= MOST_BYTES and min(decibels.values()) > best:
                best, chosen = min(decibels.values()), tried
                if best >= GOOD:
                    break
        if best == -np.inf:
            raise SystemExit(f"{name}: {count} ages do not fit into {MOST_BYTES / 1e6:.0f} MB")
        written = read_record(chosen)  # as strictly as Blender will
        with written_whole(path.with_suffix(".atlas")) as beside:
            beside.write_bytes(chosen.read_bytes())
        size = chosen.stat().st_size
    said = ", ".join(f"{key} {value:.1f}" for key, value in written["decibels"].items())
    print(f"{name}: {len(written['ages'])} ages, {size / 1e6:.2f} MB, in dB: {said}", flush=True)
    for key, value in written["decibels"].items():
        if value < GOOD:
            print(f"WARNING: {key} of {name} stays at {value:.1f} dB, below {GOOD:.0f}", file=sys.stderr, flush=True)
    return best


def _looked_at(life: Life) -> dict[str, np.ndarray]:
    steps: Generator[Any, None, Any] = look_at(life, 0)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return dict(end.value[0])


def _pictures(
    sampled: Mapping[str, np.ndarray], kept: KeptLife, bounds: dict[str, list[float]]
) -> dict[str, np.ndarray]:
    """The texels of all kept ages, without margins: {picture: uint8 [n, E, E, 4]}."""
    stored = stored_of(sampled, kept)
    tiles = []
    for index, knot in enumerate(kept.knots):
        parts = {part: values[index].reshape(map_shape(part, EXTENT)) for part, values in stored.items()}
        parts[OWN_DEPARTURE] = sampled[DEPARTURE][knot].reshape(EXTENT, EXTENT)
        tiles.append(tile_pictures(parts, bounds, 0))
    return {picture: np.stack([to_bytes(tile[picture]) for tile in tiles]) for picture in PICTURES}


if __name__ == "__main__":
    wanted = sys.argv[1:]
    worst = [make(name, path) for name, path in shipped_models().items() if not wanted or name in wanted]
    sys.exit(0 if worst and min(worst) >= GOOD else 1)
