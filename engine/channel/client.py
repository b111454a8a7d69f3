"""The engine as Blender sees it: jobs are submitted and polled; the process behind it comes, dies and comes back.

No torch here, no thread, and nothing that blocks but `wait`.
"""

from __future__ import annotations

import enum
import os
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..durations import duration
from ..errors import PatinaError, out_of_memory
from .child import Child, EngineError
from .jobs import Job, JobCancelled, MapsRequest
from .map_buffer import buffer_bytes, read_buffer
from .protocol import PROTOCOL

_ATTEMPTS = 3  # how many processes in a row may end at one job, without a step more, before it is given up


@dataclass(frozen=True)
class EngineSettings:
    """python: the interpreter that has torch. lives: folder of kept lives. lives_bytes: how large it may grow."""

    python: Path
    lives: Path
    lives_bytes: int = 4 << 30


class EngineState(enum.Enum):
    """What the engine's process is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WORKING = "working"
    FAILED = "failed"


class Engine:
    """Starts nothing until the first job. One job is with the process at a time; the rest wait here, in order."""

    def __init__(self, settings: EngineSettings):
        self.settings = settings
        self._child: Child | None = None
        self._ready: dict[str, Any] | None = None
        self._failure: PatinaError | None = None
        self._jobs: deque[Job] = deque()  # the first is with the process, if there is one
        self._numbers = 0
        self._buffer: Path | None = None

    @property
    def state(self) -> EngineState:
        if self._failure is not None:
            return EngineState.FAILED
        if self._child is None:
            return EngineState.STOPPED
        if self._ready is None:
            return EngineState.STARTING
        return EngineState.WORKING if self._jobs else EngineState.READY

    @property
    def pid(self) -> int | None:
        """The process, for diagnostics and tests."""
        return self._child.pid if self._child is not None else None

    def describe(self) -> str:
        """The state in words, for people."""
        match self.state:
            case EngineState.FAILED:
                return str(self._failure)
            case EngineState.STOPPED:
                return "The engine starts when it is needed"
            case EngineState.STARTING:
                return "The engine is starting"
            case EngineState.WORKING if self._jobs[0].steps:
                job = self._jobs[0]
                elapsed = time.monotonic() - job.started
                measured = job.steps_done - job.steps_before
                left = f", {duration(elapsed / measured * (job.steps - job.steps_done))} left" if measured > 0 else ""
                return f"Solving: step {job.steps_done} of {job.steps}{left}"
            case EngineState.WORKING:
                return "Working"
            case _:
                assert self._ready is not None
                return f"Ready on {self._ready['device']} (torch {self._ready['torch']})"

    def submit(self, request: MapsRequest) -> Job:
        """Queue a request and start the process where there is none. Never blocks; errors arrive in the job."""
        self._numbers += 1
        job = Job(request, self._numbers)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._send_first()
        return job

    def cancel(self, job: Job) -> None:
        """Give a job up; one that is with the process ends at its next step."""
        if job.done or job not in self._jobs:
            return
        if job is self._jobs[0] and self._child is not None:
            self._child.send(type="cancel", id=job.number)
        else:
            self._jobs.remove(job)
            self._finish(job, JobCancelled("The job was cancelled", "ask again"))

    def poll(self, timeout: float = 0.0) -> None:
        """Take in what has arrived, waiting up to `timeout` seconds for the first message."""
        if self._child is None:
            return
        try:
            for message in self._child.receive(timeout):
                self._take(message)
        except EngineError as error:
            self._lose_child(error)

    def wait(self, job: Job, timeout: float | None = None) -> None:
        """Block until `job` is done. Raises its error, or EngineError after `timeout` seconds."""
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        while not job.done:
            if time.monotonic() > deadline:
                self.cancel(job)
                raise EngineError(f"The engine took longer than {timeout:.0f} s", "choose a smaller resolution")
            self.poll(timeout=min(0.2, max(0.0, deadline - time.monotonic())))
        if job.error is not None:
            raise job.error

    def close(self) -> None:
        """End the process and give up every job."""
        self._end_child()
        self._failure = None
        self._fail_all(JobCancelled("The engine was closed", "ask again"))
        if self._buffer is not None:
            self._buffer.unlink(missing_ok=True)
            self._buffer = None

    # From here on: one job's way through the process.

    def _send_first(self) -> None:
        """Hand the first job to the process; one that cannot be started fails every job that waits."""
        while self._jobs:
            job = self._jobs[0]
            if self._child is not None and self._child.has_ended:  # while it had nothing to do: no fault of this job
                self._end_child()
            try:
                self._start_child()
            except EngineError as error:
                self._failure = error
                self._fail_all(error)
                return
            job.steps = 0
            job.attempts += 1
            assert self._child is not None
            try:
                self._child.send(**self._message(job))
                return
            except OSError as error:
                self._jobs.popleft()
                problem = f"There is no room for a temporary file ({error.strerror})"
                self._finish(job, EngineError(problem, "free space in the temporary folder"))

    def _start_child(self) -> None:
        if self._child is None:
            settings = self.settings
            try:
                settings.lives.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                cause = f"The folder of kept lives {settings.lives} cannot be made ({error.strerror})"
                raise EngineError(cause, "choose another folder in Patina's preferences") from error
            self._child = Child(settings.python, settings.lives, settings.lives_bytes)
            self._failure = None

    def _message(self, job: Job) -> dict[str, Any]:
        message = {"id": job.number} | job.request.to_message()
        if job.request.returns_maps:
            message["buffer"] = str(self._prepare_buffer(job.request.extent))
        return message

    def _prepare_buffer(self, extent: int) -> Path:
        if self._buffer is None or not self._buffer.exists():  # who cleans up temporary files may come at any time
            handle, name = tempfile.mkstemp(prefix="patina-", suffix=".maps")
            os.close(handle)
            self._buffer = Path(name)
        size = buffer_bytes(extent) if 0 < extent <= 1 << 14 else 0
        with self._buffer.open("r+b") as file:
            file.truncate(size)
            if size and hasattr(os, "posix_fallocate"):  # else a full disk would end the engine as it writes the maps
                os.posix_fallocate(file.fileno(), 0, size)
        return self._buffer

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "ready":
            if message["protocol"] != PROTOCOL:
                self._give_up(EngineError("The engine belongs to another version of Patina", "restart Blender"))
            elif self._ready is not None:
                raise EngineError("The engine's answers come out of order", "restart Blender")
            else:
                self._ready = message
            return
        if message["type"] == "error" and message.get("id") is None:
            self._give_up(EngineError(message["cause"], message["remedy"]))
            return
        if not self._jobs or message.get("id") != self._jobs[0].number:
            return  # the last words of a job that was given up
        if self._ready is None and message["type"] != "error":
            raise EngineError("The engine's answers come out of order", "restart Blender")
        job = self._jobs[0]
        match message["type"]:
            case "progress":
                if not job.steps:  # what came before was the engine's start, and says nothing of the time left
                    job.started, job.steps_before = time.monotonic(), message["done"]
                job.steps_done, job.steps = message["done"], message["total"]
                job.furthest = max(job.furthest, job.steps_done)
                return
            case "done":
                job.result = message.get("result")
                if job.request.returns_maps:
                    assert self._buffer is not None
                    job.maps = self._read_maps(job.request.extent)
                error = None
            case "error":
                error = PatinaError(message["cause"], message["remedy"])
                if message.get("spent"):
                    self._end_child()
            case _:
                error = JobCancelled("The job was cancelled", "ask again")
        self._jobs.popleft()
        self._finish(job, error)
        self._send_first()

    def _read_maps(self, extent: int) -> dict[str, np.ndarray]:
        assert self._buffer is not None
        try:
            return read_buffer(self._buffer, extent)
        except (OSError, ValueError) as error:
            raise EngineError("The maps that the engine gave are not whole", "try again") from error

    def _finish(self, job: Job, error: PatinaError | None) -> None:
        job.done, job.error = True, error

    def _lose_child(self, error: EngineError) -> None:
        """The process died: start it again and ask again; it goes on from the kept life."""
        was_killed = self._end_child()
        if self._jobs:
            job = self._jobs[0]
            job.in_vain = 0 if job.furthest > job.furthest_before else job.in_vain + 1
            job.furthest_before = job.furthest
            if job.in_vain >= _ATTEMPTS:
                # A system that is out of memory kills, without a word.
                problem = out_of_memory(job.request.extent, "The system has ended the engine") if was_killed else error
                self._finish(self._jobs.popleft(), problem)
        if not self._jobs:
            self._failure = error
        self._send_first()

    def _give_up(self, error: EngineError) -> None:
        """The process says that it cannot serve at all: asking again would not help."""
        self._end_child()
        self._failure = error
        self._fail_all(error)

    def _end_child(self) -> bool:
        """End the process, if there is one. Whether it had been killed already."""
        was_killed = self._child is not None and self._child.end()
        self._child, self._ready = None, None
        return was_killed

    def _fail_all(self, error: PatinaError) -> None:
        while self._jobs:
            self._finish(self._jobs.popleft(), error)
