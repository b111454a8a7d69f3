"""What a jump to another age costs beside a solve of the whole life, in one run.

.venv/bin/python -m benchmarks.scrub MODEL [--size 256]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import find_model

AGES = [(k * 0.618034) % 1 for k in range(1, 31)]  # jumps far apart, none on the grid


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--size", type=int, default=256)
    arguments = parser.parse_args()
    model = load_model(find_model(arguments.model))
    with TemporaryDirectory() as folder:
        store = LifeStore(Path(folder), 8 << 30)

        def life() -> Life:
            return Life(model, 0, arguments.size, store, LifeSettings(), "cpu")

        solve = seconds(lambda: life().maps(1.0))
        restarted = life()
        jumps_from_disk = [seconds(lambda age=age: restarted.maps(age)) for age in AGES]  # type: ignore[misc]
        jumps = [seconds(lambda age=age: restarted.maps(age)) for age in AGES]  # type: ignore[misc]
    print(f"{'solve of the whole life':<40}{solve * 1e3:>10.1f} ms{1:>12.5f}")
    for name, values in (("a jump, life kept on disk", jumps_from_disk), ("a jump, life in memory", jumps)):
        median = statistics.median(values)
        print(f"{name:<40}{median * 1e3:>10.1f} ms{median / solve:>12.5f}")


if __name__ == "__main__":
    main()
