"""Random jumps of the playhead with edits of seed, resolution and model, and undo: what rests is what was set."""

from __future__ import annotations

import faulthandler
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from stage import TINY, age_stage, patina, use_cycles

from .truth import PATIENCE, Truth, settle, wanted

_EDITS = ("frame",) * 14 + ("seed", "extent", "model", "undo", "redo", "render")
_SEEDS, _EXTENTS = (0, 1, 2), (64, 96)
_MODELS = (TINY, "clay_drying")


@dataclass
class Report:
    """done: what was done, by kind. looked: at how many rests pixels were compared. memory: (jump, MiB of Blender's
    process, of the engine's). problems: what went wrong."""

    done: Counter[str] = field(default_factory=Counter)
    looked: int = 0
    memory: list[tuple[int, float, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def growth(self) -> tuple[float, float]:
        """Last memory over that after the warm-up, of Blender's process and of the engine's."""
        first, last = self.memory[0], self.memory[-1]
        return last[1] / first[1], last[2] / first[2]


def resident(pid: int | None) -> float:
    """MiB that a process holds in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def run(
    folder: Path,
    count: int,
    seed: int,
    seconds: float = float("inf"),
    warm_up: int = 0,
    models: Sequence[str] = _MODELS,
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """Jump so often, or for so long. warm_up: jumps after which every life has been open, and memory is first taken."""
    report, chance = Report(), random.Random(seed)
    age_stage(extent=_EXTENTS[0])
    use_cycles()
    render = bpy.context.scene.render
    bpy.context.scene.cycles.samples, render.resolution_x, render.resolution_y = 1, 8, 8
    truth = Truth(folder / "true lives")
    bpy.ops.ed.undo_push(message="begin")
    started = time.monotonic()
    for jump in range(count):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        kind = chance.choice(_EDITS)
        _do(kind, chance, models)
        report.done[kind] += 1
        bpy.context.view_layer.update()
        if kind != "render" and chance.random() < 0.4:  # jump on before the answer has come
            patina("scene.playback").tick()
            continue
        _compare(truth, report, jump, kind)
        is_last = time.monotonic() - started > seconds or jump == count - 1
        if jump >= warm_up and (not report.memory or is_last or jump - report.memory[-1][0] > count / 20):
            engine = patina("scene.engine.process").engine()
            report.memory.append((jump, resident(os.getpid()), resident(engine.pid)))
            tell(f"{jump} jumps, {report.looked} looked at, memory {report.memory[-1]}, {report.problems[:3]}")
        if is_last:
            break
    truth.close()
    faulthandler.cancel_dump_traceback_later()
    return report


def _do(kind: str, chance: random.Random, models: Sequence[str]) -> None:
    settings = bpy.data.materials["Steel"].patina
    match kind:
        case "frame":
            bpy.context.scene.frame_set(chance.randint(1, 10))
        case "seed":
            settings.seed = chance.choice(_SEEDS)
        case "extent":
            settings.resolution = chance.choice(_EXTENTS)
        case "model":
            settings.model = chance.choice(models)
        case "undo" if bpy.ops.ed.undo.poll():
            _quietly(bpy.ops.ed.undo)
        case "redo" if bpy.ops.ed.redo.poll():
            _quietly(bpy.ops.ed.redo)
        case "render":
            bpy.ops.render.render()
    if kind in ("seed", "extent", "model"):
        bpy.ops.ed.undo_push(message=kind)


def _quietly(operator: Callable[[], object]) -> None:
    try:
        operator()
    except RuntimeError:  # there is nothing to undo
        return


def _compare(truth: Truth, report: Report, jump: int, kind: str) -> None:
    settle()
    material = bpy.data.materials["Steel"]  # looked up again: undo makes every data-block anew
    request = wanted(material)
    wrong = truth.wrong(material, request)
    failures = patina("scene.playback").failures
    report.looked += 1
    if wrong or failures:
        report.problems.append(f"jump {jump} ({kind}) to {request}: {wrong} {[one.sentence for one in failures]}")
        failures.clear()


def main(options: Any, folder: Path) -> list[str]:
    """The long run."""
    started = time.monotonic()
    warm_up, seconds = min(2000, options.count // 4), 60 * options.minutes
    report = run(folder, options.count, options.seed, seconds, warm_up, lambda text: print(text, flush=True))
    blender, engine = report.growth()
    print(f"{dict(report.done)}, looked at {report.looked}, in {time.monotonic() - started:.0f} s")
    print(f"memory at the end over that after {report.memory[0][0]} jumps: {blender:.3f}, the engine's {engine:.3f}")
    problems = report.problems
    for name, growth in (("Blender's", blender), ("the engine's", engine)):
        if growth > 1.05:
            problems.append(f"{name} memory grew {growth:.2f} times")
    return problems
