"""A bake under way: several materials, one frame after the other, each frame whole before the next.

Holds no data-block: everything is read when it is planned, and the scene is not touched.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ...engine.channel.client import Engine
from ...engine.channel.jobs import Job, WriteRequest
from ...engine.durations import duration
from ...engine.errors import PatinaError
from ..engine import process as engine_process
from ..playback import is_rendering
from .record import BakeRecord, add_frame, begin_record

WAITING, BAKING, DONE, FAILED, STOPPED = "waiting", "baking", "done", "failed", "stopped"


@dataclass(frozen=True)
class BakeFrame:
    """What is asked of the engine for one frame: a request for each tile."""

    frame: int
    age: float
    requests: tuple[WriteRequest, ...]


@dataclass
class MaterialBake:
    """The bake of one material. `problem` is the sentence of a failed one; one may have failed before it began."""

    material: str
    sidecar: Path | None = None
    record: BakeRecord | None = None
    frames: tuple[BakeFrame, ...] = ()
    skipped: int = 0
    written: int = 0
    state: str = WAITING
    problem: str = ""

    def describe(self) -> str:
        """The material's status in a line."""
        if self.state == FAILED:
            return self.problem
        total = len(self.frames)
        text = f"{self.written} of {total} frames" if self.state in (BAKING, STOPPED) else count(total)
        text = {WAITING: f"{text} to bake", BAKING: f"{text} baked", STOPPED: f"stopped after {text}"}.get(
            self.state, f"{text} baked"
        )
        return f"{text}, {self.skipped} were there already" if self.skipped else text


def count(frames: int) -> str:
    return f"{frames} frame{'' if frames == 1 else 's'}"


@dataclass
class Bake:
    """Everything that is still to be baked, in order. A material that fails does not keep the others from it."""

    materials: list[MaterialBake]
    _job: Job | None = None
    _tile: int = 0
    _first_done: float | None = field(default=None)

    def step(self, engine: Engine, *, block: bool) -> bool:
        """Go on; with `block`, until the next picture is written. False once nothing is left to do."""
        if is_rendering() and not block:
            return True  # the engine belongs to the render until that ends
        current = self._current()
        if current is None:
            return False
        try:
            self._advance(current, engine, block)
        except PatinaError as error:
            self._job, self._tile = None, 0
            current.state, current.problem = FAILED, str(error)
        return self._current() is not None

    def _current(self) -> MaterialBake | None:
        """The material that is being baked. One whose frames are all there is done at once."""
        for one in self.materials:
            if one.state == WAITING and not one.frames:
                one.state = DONE
            if one.state in (WAITING, BAKING):
                return one
        return None

    def _advance(self, current: MaterialBake, engine: Engine, block: bool) -> None:
        assert current.sidecar is not None and current.record is not None
        if current.state == WAITING:
            ages = {one.frame: one.age for one in current.frames}
            begin_record(current.sidecar, current.record, ages)
            current.state = BAKING
        frame = current.frames[current.written]
        if self._job is None:
            self._job = engine.submit(frame.requests[self._tile])
        if block:
            engine.wait(self._job)
        else:
            engine.poll()
        if not self._job.done:
            return
        error, self._job = self._job.error, None
        if error is not None:
            raise error
        self._tile += 1
        if self._tile == len(frame.requests):
            add_frame(current.sidecar, current.record, frame.frame, frame.age)
            self._tile = 0
            current.written += 1
            self._first_done = self._first_done or time.monotonic()
            if current.written == len(current.frames):
                current.state = DONE

    def stop(self) -> None:
        """Give up the frame under way; every file there is whole, and a later bake goes on from there."""
        if self._job is not None:
            engine_process.cancel(self._job)
            self._job = None
        for one in self.materials:
            if one.state in (WAITING, BAKING):
                one.state = STOPPED

    @property
    def written(self) -> int:
        """Frames written, of all materials."""
        return sum(one.written for one in self.materials)

    @property
    def skipped(self) -> int:
        """Frames that were there already."""
        return sum(one.skipped for one in self.materials)

    @property
    def total(self) -> int:
        """Frames to write, of all materials."""
        return sum(len(one.frames) for one in self.materials)

    @property
    def is_under_way(self) -> bool:
        return any(one.state in (WAITING, BAKING) for one in self.materials)

    @property
    def failed(self) -> list[MaterialBake]:
        return [one for one in self.materials if one.state == FAILED]

    @property
    def progress(self) -> float:
        """How much is done, 0 to 1. While a life is being solved the frame under way says how far that is."""
        part = self._job.progress if self._job is not None else 0.0
        return (self.written + part) / max(1, self.total)

    def describe(self) -> str:
        """How far it is, and how long it will take."""
        current = next((one for one in self.materials if one.state == BAKING), None)
        if current is None:
            return "Baking"
        text = f"Baking {current.material}: frame {self.written + 1} of {self.total}"
        job = self._job
        if job is not None and job.steps and job.steps_done < job.steps:
            text += f", solving step {job.steps_done} of {job.steps}"
        left = self.seconds_left()
        return f"{text}, {duration(left)} left" if left is not None else text

    def seconds_left(self) -> float | None:
        """At the speed since the first frame, which alone waits for the engine's start; None before there is one."""
        if self._first_done is None or self.written < 2:
            return None
        left = self.total - self.written - sum(len(one.frames) - one.written for one in self.failed)
        return (time.monotonic() - self._first_done) / (self.written - 1) * left
