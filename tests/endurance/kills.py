"""The engine killed at random moments while a material plays, is rendered and is baked."""

from __future__ import annotations

import faulthandler
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from stage import age_stage, patina, render_frame, use_cycles

from .truth import PATIENCE, Truth, settle, wanted

PHASES = ("playback", "render", "bake")
_FRAMES = (1, 2, 3)  # of ten: the first third of a life


@dataclass
class Report:
    """kills: by phase. checked: how often it was looked whether all is right, by phase. again: {steps that a kill
    made the engine solve once more: how often}. problems: what went wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    again: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        again = ", ".join(f"{steps}: {times}" for steps, times in sorted(self.again.items()))
        return (
            f"kills {dict(self.kills)}, looked at {dict(self.checked)}, steps solved again {{{again}}}, "
            f"{len(self.problems)} problems {self.problems[:5]}"
        )


@dataclass(frozen=True)
class Shot:
    """The scene, what is right in it, and where its lives are."""

    folder: Path
    material: str
    truth: Truth
    pictures: dict[int, Any]
    baked: dict[str, bytes]
    lives: Path

    def forget(self) -> None:
        """As on another day: no engine, no kept life."""
        patina("scene.engine.process").close()
        patina("scene.playback").forget()
        shutil.rmtree(self.lives, ignore_errors=True)


def make_shot(folder: Path, model: str, extent: int) -> Shot:
    """Render and bake undisturbed first."""
    material = age_stage(model, extent)
    use_cycles()
    bpy.context.scene.cycles.samples = 1
    truth = Truth(folder / "true lives")
    pictures = {frame: render_frame(folder, frame) for frame in _FRAMES}
    for frame in _FRAMES:
        bpy.context.scene.frame_set(frame)
        settle()
        truth.maps(wanted(material))
    truth.close()  # what it knows it keeps
    return Shot(
        folder, material.name, truth, pictures, _bake(folder / "baked"), patina("scene.engine.process").default_lives()
    )


def run(
    shot: Shot,
    counts: dict[str, int],
    seed: int,
    longest: float,
    seconds: float = float("inf"),
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """Kill so often in each phase, or for a share of `seconds`. longest: seconds that an engine may live."""
    report, chance = Report(), random.Random(seed)
    works = {"playback": _play, "render": _render, "bake": _bake_and_compare}
    now = time.monotonic()
    until = {phase: now + seconds * (number + 1) / len(counts) for number, phase in enumerate(counts)}
    with _steps_again(report):
        for phase, count in counts.items():
            shot.forget()
            with _killing(shot.lives, chance.random(), longest) as killed:
                while len(killed()) < count and time.monotonic() < until[phase]:
                    faulthandler.dump_traceback_later(2 * PATIENCE, exit=True)
                    works[phase](shot, report, chance)
                    report.kills[phase] = len(killed())
                    tell(str(report))
                    if all(path.exists() for path in _last_records(shot)):
                        shot.forget()
    faulthandler.cancel_dump_traceback_later()
    return report


def _last_records(shot: Shot) -> Iterator[Path]:
    """What is there once the frames' part of the life is solved."""
    lives = list(shot.lives.glob("life-*"))
    yield from (life / "observed-00001" for life in lives) if lives else (shot.lives / "none",)


def _play(shot: Shot, report: Report, chance: random.Random) -> None:
    material = bpy.data.materials[shot.material]
    for frame in chance.sample(_FRAMES, len(_FRAMES)):
        bpy.context.scene.frame_set(frame)
        settle()
        _look(shot, report, "playback", frame, shot.truth.wrong(material, wanted(material)))


def _render(shot: Shot, report: Report, chance: random.Random) -> None:
    for frame in chance.sample(_FRAMES, len(_FRAMES)):
        picture = render_frame(shot.folder, frame)
        off = abs(picture - shot.pictures[frame]).max()
        _look(shot, report, "render", frame, f"rendered pixels off by {off:.3g}" if off else "")


def _bake_and_compare(shot: Shot, report: Report, chance: random.Random) -> None:
    folder = shot.folder / "again"
    shutil.rmtree(folder, ignore_errors=True)
    baked = _bake(folder)
    wrong = [name for name in {*baked, *shot.baked} if baked.get(name) != shot.baked.get(name)]
    _look(shot, report, "bake", 0, f"files differ: {wrong}" if wrong else "")


def _bake(folder: Path) -> dict[str, bytes]:
    bpy.ops.patina.bake_sequence(directory=str(folder), frame_start=_FRAMES[0], frame_end=_FRAMES[-1])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _look(shot: Shot, report: Report, phase: str, frame: int, wrong: str) -> None:
    report.checked[phase] += 1
    failures = patina("scene.playback").failures
    if wrong or failures:
        report.problems.append(f"{phase}, frame {frame}: {wrong} {[one.sentence for one in failures]}")
        failures.clear()


@contextmanager
def _killing(lives: Path, seed: float, longest: float) -> Iterator[Callable[[], list[str]]]:
    """A killer at work. Gives what says whom it has killed so far."""
    log = lives.parent / "killed"
    script = str(Path(__file__).with_name("killer.py"))
    with log.open("w") as output:
        killer = subprocess.Popen(
            [sys.executable, script, str(os.getpid()), str(lives), str(seed), str(longest)],
            stdin=subprocess.PIPE,
            stdout=output,
        )
    try:
        yield lambda: log.read_text().split()
    finally:
        assert killer.stdin is not None
        killer.stdin.close()
        killer.wait(30)


@contextmanager
def _steps_again(report: Report) -> Iterator[None]:
    """Note, for each engine that died at a solve, how many steps that it had told of its successor solved again."""
    engine = patina("engine.channel.client").Engine
    take, lose = engine._take, engine._lose_child
    lost: dict[Any, int] = {}  # by job

    def listen(self: Any, message: dict[str, Any]) -> None:
        if message["type"] == "progress" and self._jobs and self._jobs[0] in lost:
            report.again[max(0, lost.pop(self._jobs[0]) - message["done"] + 1)] += 1
        take(self, message)

    def mourn(self: Any, error: Exception) -> None:
        if self._jobs and self._jobs[0].steps_done:
            lost[self._jobs[0]] = self._jobs[0].steps_done
        lose(self, error)

    engine._take, engine._lose_child = listen, mourn
    try:
        yield
    finally:
        engine._take, engine._lose_child = take, lose


def main(options: Any, folder: Path) -> list[str]:
    """The long run."""
    started = time.monotonic()
    shot = make_shot(folder, options.model, options.extent)
    share = -(-options.count // len(PHASES))
    print(f"undisturbed in {time.monotonic() - started:.0f} s", flush=True)
    counts = dict.fromkeys(PHASES, share)
    seconds = 60 * options.minutes
    report = run(shot, counts, options.seed, options.longest, seconds, lambda text: print(text, flush=True))
    print(f"{report}\nin {time.monotonic() - started:.0f} s")
    return report.problems
