"""How near an atlas comes to the life that it was baked from, by the number of its ages.

.venv/bin/python -m benchmarks.atlas MODEL [--size 128] [--seed 0] [--ages 9 17 25]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from patina.engine.atlas.layout import atlas_bytes
from patina.engine.atlas.make import Steps, make_atlas
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.map_names import MAPS
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import find_model


def finish(steps: Steps) -> dict[str, Any]:
    """Work all steps off."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return dict(end.value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ages", type=int, nargs="+", default=[9, 17, 21, 25, 33])
    arguments = parser.parse_args()
    model = load_model(find_model(arguments.model))
    with TemporaryDirectory() as folder:
        life = Life(model, arguments.seed, arguments.size, LifeStore(Path(folder), 8 << 30), LifeSettings(), "cpu")
        while life.index < life.steps:
            life.advance()
        print("ages | " + " | ".join(MAPS) + " | dB; in memory, in files | seconds without the solve", flush=True)
        for count in arguments.ages:
            tiles = Path(folder) / f"tiles {count}"
            started = time.perf_counter()
            result = finish(make_atlas(life, count, 8, tiles, "tile"))
            taken = time.perf_counter() - started
            files = sum(path.stat().st_size for path in tiles.iterdir())
            memory = atlas_bytes(arguments.size, count, 8)
            decibels = " | ".join(f"{result['decibels'][name]:.1f}" for name in MAPS)
            print(f"{count} | {decibels} | {memory / 2**20:.1f} MB, {files / 2**20:.1f} MB | {taken:.1f}", flush=True)


if __name__ == "__main__":
    main()
