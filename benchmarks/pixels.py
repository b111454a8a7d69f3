"""What a frame of Live costs from the engine to the pixels of all images of a material, life kept.

.venv/bin/python -m benchmarks.pixels [MODEL] [--size 512]

Runs in Blender as a Python module. Copying is what moves or reorders pixels and computes nothing: writing and reading
the buffer, filling the images.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy  # noqa: F401 - before Patina's scene, which needs it
from patina.engine.benchmark.rows import seconds
from patina.engine.channel.client import Engine, EngineSettings
from patina.engine.channel.jobs import MapsRequest
from patina.engine.channel.map_buffer import buffer_bytes, read_buffer, write_buffer
from patina.engine.models.shipped import find_model
from patina.scene.images import make_images, write_maps

AGES = [(k * 0.618034) % 1 for k in range(1, 31)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="rusting_steel")
    parser.add_argument("--size", type=int, default=512)
    arguments = parser.parse_args()
    path, size = find_model(arguments.model), arguments.size
    images = make_images("Benchmark", size)
    with TemporaryDirectory() as folder:
        engine = Engine(EngineSettings(Path(sys.executable), Path(folder), 8 << 30))
        try:
            taken: dict[str, list[float]] = {"all": [], "write the buffer": [], "read it": [], "fill the images": []}
            buffer = Path(folder) / "buffer"
            buffer.write_bytes(bytes(buffer_bytes(size)))
            for age in [1.0, *AGES]:
                started = time.perf_counter()
                job = engine.submit(MapsRequest(path, "", 0, size, age))
                engine.wait(job)
                asked, maps = time.perf_counter() - started, job.maps
                assert maps is not None
                filled = seconds(lambda maps=maps: write_maps(images, maps))  # type: ignore[misc]
                if age == 1.0:  # the solve
                    continue
                taken["all"].append(asked + filled)
                taken["write the buffer"].append(seconds(lambda maps=maps: write_buffer(buffer, maps)))  # type: ignore[misc]
                taken["read it"].append(seconds(lambda: read_buffer(buffer, size)))
                taken["fill the images"].append(filled)
        finally:
            engine.close()
    for name, values in taken.items():
        print(f"{name:<20}{statistics.median(values) * 1e3:>10.1f} ms{min(values) * 1e3:>10.1f} ms at least")


if __name__ == "__main__":
    main()
