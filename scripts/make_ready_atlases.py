"""Bakes the atlas that comes with each shipped model, beside its weights: as many ages as fit into 3 MB, 21 at most.

.venv/bin/python scripts/make_ready_atlases.py [MODEL ...]
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from patina.engine.atlas.make import make_atlas
from patina.engine.files.whole_files import written_whole
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import shipped_models
from PIL import Image

EXTENT, SEED, BITS = 128, 0, 8
MOST_AGES, MOST_BYTES = 21, 3_000_000


def make(name: str, path: Path) -> None:
    """Write NAME.atlas beside the model."""
    model = load_model(path)
    with TemporaryDirectory() as folder:
        life = Life(model, SEED, EXTENT, LifeStore(Path(folder) / "lives", 4 << 30), LifeSettings(), "cpu")
        for count in range(MOST_AGES, 1, -1):
            tiles = Path(folder) / str(count)
            steps = make_atlas(life, count, BITS, tiles, name)
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    result = end.value
                    break
            files = sorted(tiles.iterdir())
            for file in files:
                _squeeze(file)
            if sum(file.stat().st_size for file in files) < MOST_BYTES:
                break
        record = {"sha256": model.header.sha256, "seed": SEED, "extent": EXTENT, "bits": BITS, "stem": name, **result}
        target = path.with_suffix(".atlas")
        with written_whole(target) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for entry, content in (
                ("atlas.json", json.dumps(record).encode()),
                *((file.name, file.read_bytes()) for file in files),
            ):
                archive.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), content)
    decibels = ", ".join(f"{key} {value:.1f}" for key, value in result["decibels"].items())
    print(f"{target.name}: {count} ages, {target.stat().st_size / 1e6:.1f} MB, in dB: {decibels}", flush=True)


def _squeeze(file: Path) -> None:
    """Write a tile again as small as it gets, the departure in its alpha with 64 levels: Change is not shaded."""
    with Image.open(file) as image:
        pixels = np.asarray(image).copy()
    if pixels.shape[2] == 4:
        pixels[..., 3] = pixels[..., 3] // 4 * 4
    Image.fromarray(pixels).save(file, optimize=True)


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for model_name, model_path in shipped_models().items():
        if not wanted or model_name in wanted:
            make(model_name, model_path)
