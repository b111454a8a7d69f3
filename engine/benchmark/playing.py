"""What an artist waits for once a life is kept: a jump to another age, and the first picture."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..channel.client import Engine, EngineSettings
from ..channel.jobs import DraftRequest, MapsRequest
from ..lives.life import Life, LifeSettings
from ..lives.life_store import LifeStore
from ..models.model_file import Model
from .rows import Row, Size, seconds


def jump_rows(model: Model, path: Path, size: Size) -> Iterator[Row]:
    """Jumps beside the solve of the whole life; then the same through the channel to another process."""
    ages = [(k * 0.618034) % 1 for k in range(1, size.ages + 1)]  # far apart, none on the grid
    note = f"{size.jumps} x {size.jumps}"
    with TemporaryDirectory() as folder:
        store = LifeStore(Path(folder), 8 << 30)

        def life() -> Life:
            return Life(model, 0, size.jumps, store, LifeSettings(), "cpu")

        solve = seconds(lambda: life().observed(1.0))
        yield Row("a solve", "float32, kept on disk", solve, note=note)
        again = life()
        for form, work in (
            ("state at an age, from disk", again.observed),
            ("state at an age, from memory", again.observed),
            ("its five maps, from memory", again.maps),
        ):
            jump = statistics.median(seconds(lambda age=age, work=work: work(age)) for age in ages)  # type: ignore[misc]
            yield Row("a jump, life kept", form, jump, ratio=solve / jump, note=note)
        engine = Engine(EngineSettings(Path(sys.executable), Path(folder), 8 << 30))
        try:
            yield from _channel_rows(engine, path, size, ages, note)
            yield from _first_look_rows(engine, path, size)
        finally:
            engine.close()


def _channel_rows(engine: Engine, path: Path, size: Size, ages: list[float], note: str) -> Iterator[Row]:
    def ask(extent: int, age: float) -> None:
        engine.wait(engine.submit(MapsRequest(path, "", 0, extent, age)))

    ask(size.jumps, 0.5)
    taken = [seconds(lambda age=age: ask(size.jumps, age)) for age in ages]  # type: ignore[misc]
    yield Row("engine to Blender's process", "five maps, as arrays", statistics.median(taken), note=note)


def _first_look_rows(engine: Engine, path: Path, size: Size) -> Iterator[Row]:
    """From a wish to maps of lives that nobody has solved: the small piece that Blender shows first."""

    def look(seed: int) -> None:
        engine.wait(engine.submit(DraftRequest(path, "", seed, size.draft, 0.5)))

    note = f"{size.draft} x {size.draft}, at age 0.5"
    warm = statistics.median(seconds(lambda seed=seed: look(seed)) for seed in range(1, 4))  # type: ignore[misc]
    yield Row("first picture", "engine running", warm, note=note)
    engine.close()
    yield Row("first picture", "engine started for it", seconds(lambda: look(9)), note=note)
