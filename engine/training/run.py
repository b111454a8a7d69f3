"""A training as a job: progress, pictures, checkpoints, a way to stop it, and the model file at the end."""

from __future__ import annotations

import math
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..durations import duration
from ..errors import PatinaError, is_out_of_memory
from ..files import progress as progress_file
from ..files.progress import DONE, FAILED, RUNNING, STOPPED, Progress, ProgressError
from ..maps.pictures import write_picture
from ..models.model_file import Model, save_model
from .checkpoint import Checkpoint, continue_contest
from .config import TrainingConfig, TrainingError
from .grid import fewest_steps
from .memory import peak_memory
from .objective import Objective
from .preview import preview
from .record import Description, header_of
from .training import Training

_PROGRESS_EVERY = 2.0  # seconds between two notes of progress


@dataclass(frozen=True)
class Job:
    """What a training writes, and where.

    model: the .safetensors file that comes at the end. checkpoint: what a resumed training needs. exemplar: where the
    footage came from. command: the arguments of `patina` that resume it. contest: the checkpoint, if it is still there,
    of the model that the training begins with; its critic goes on.
    """

    model: Path
    checkpoint: Path
    description: Description
    exemplar: str = ""
    command: tuple[str, ...] = ("train", "", "")
    contest: Path | None = None


def _print(line: str) -> None:
    with suppress(OSError):  # hours of work do not end because nobody can be told: the log's disk may be full
        print(line, file=sys.stderr, flush=True)


def train(
    objective: Objective,
    config: TrainingConfig,
    job: Job,
    report: Callable[[str], None] = _print,
    beginning: Model | None = None,
) -> None:
    """Train, or go on with, a model; writes it when done or stopped. beginning: another model to begin with.

    Beside the model stand at any time its progress (`engine.files.progress`), a picture, and the checkpoint. Raises
    TrainingError for settings or a checkpoint that do not fit, other PatinaErrors where something cannot be written,
    and KeyboardInterrupt once stopped. A model or a checkpoint of another training stays as it was.
    """
    config.check()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(objective, config, device, beginning)
    checkpoint = Checkpoint(job.checkpoint, training)
    _rehearse(training, job)
    with progress_file.claimed(job.model):
        if job.model.exists() and not job.checkpoint.exists():
            raise TrainingError(
                f"{job.model} is there already, and no checkpoint to go on with it", "choose another name"
            )
        seconds = checkpoint.load()
        if training.iteration == 0 and job.contest and continue_contest(training, job.contest):
            report(f"the critic goes on from {job.contest}")
        progress_file.clear_stop(job.model)
        sitting = _Sitting(training, checkpoint, job, seconds, report)
        report(f"training {job.model.stem} on {device} from step {training.iteration} of {config.iterations}")
        try:
            sitting.work()
        except (PatinaError, OSError, MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not is_out_of_memory(error):
                raise
            failure = _sentence(error, job.model.parent)
            with suppress(ProgressError):  # the disk may be full
                sitting.note(FAILED, str(failure))
            raise failure from None if failure is error else error


def _sentence(error: Exception, folder: Path) -> PatinaError:
    """What ended a training, as a person is told."""
    if isinstance(error, PatinaError):
        return error
    if isinstance(error, OSError):
        cause = f"{error.filename or folder} cannot be used ({error.strerror or error})"
        return TrainingError(cause, "check that folder and the space on its disk, then resume the training")
    return TrainingError("The memory is full", "choose a smaller size")


class _Sitting:
    """One process's share of a training."""

    def __init__(
        self,
        training: Training,
        checkpoint: Checkpoint,
        job: Job,
        seconds: float,
        report: Callable[[str], None],
    ):
        self._training = training
        self._checkpoint = checkpoint
        self._job = job
        self._before = seconds
        self._report = report
        self._started = time.monotonic()
        self._first = training.iteration
        self._noted = 0.0

    def work(self) -> None:
        """Step until done or asked to stop. Raises KeyboardInterrupt in the latter case."""
        training, iterations = self._training, self._training.config.iterations
        self.note(RUNNING)
        if training.beginning is not None and training.iteration == 0:
            self._check()  # what it begins with may stay the best there is
        with _interruption_held() as interrupted:
            while training.iteration < iterations:
                is_sound = math.isfinite(training.step())
                if is_sound and (training.is_check_due() or training.iteration >= iterations):
                    is_sound = self._check()
                if not is_sound:
                    self._go_back()
                if time.monotonic() - self._noted > _PROGRESS_EVERY:
                    self.note(RUNNING)
                if interrupted.is_set() or progress_file.is_stop_requested(self._job.model):
                    self._stop()
        self._write_model()
        self.note(DONE)

    def note(self, state: str, message: str = "") -> None:
        """Tell whoever looks how the training stands."""
        training, job = self._training, self._job
        self._noted = time.monotonic()
        note = Progress(
            state=state,
            title=job.description.title,
            kind=training.objective.kind,
            exemplar=job.exemplar,
            command=job.command,
            iteration=training.iteration,
            iterations=training.config.iterations,
            history=tuple(training.history),
            seconds=self._seconds,
            seconds_left=self._seconds_left() if state == RUNNING else None,
            message=message,
            pid=os.getpid(),
            updated=time.time(),
            memory=peak_memory(training.device),
        )
        progress_file.write(job.model, note)

    @property
    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._started

    def _seconds_left(self) -> float | None:
        done = self._training.iteration - self._first
        if done < 3:
            return None
        # A step on the late, larger state costs as many times more as it has texels.
        config = self._training.config
        late = round(config.iterations * (1 - config.late_share))
        weight = (config.late_state_size / config.state_size) ** 2

        def cost(start: int, end: int) -> float:
            return max(0, min(end, late) - start) + weight * max(0, end - max(start, late))

        spent = time.monotonic() - self._started
        here = self._training.iteration
        return spent / cost(self._first, here) * cost(here, config.iterations)

    def _check(self) -> bool:
        """Measure, save and picture the state; False where it is no state to go on from."""
        training = self._training
        loss = training.check()
        if not training.is_sound:
            return False
        self._checkpoint.save(self._seconds)
        picture = preview(training.best_field(), training.objective, training.config, training.start)
        write_picture(self._job.model.with_suffix(".png"), picture)
        self.note(RUNNING)
        left = self._seconds_left()
        time_left = "" if left is None else f", {duration(left)} left"
        self._report(f"step {training.iteration} of {training.config.iterations}, loss {loss:.4f}{time_left}")
        return True

    def _go_back(self) -> None:
        reached = self._training.iteration
        self._training.go_back()
        self._report(
            f"diverged at step {reached}: going on from step {self._training.iteration} with a lower learning rate"
        )

    def _stop(self) -> None:
        self._checkpoint.save(self._seconds)
        self._write_model()
        progress_file.clear_stop(self._job.model)
        self.note(STOPPED)
        self._report(f"stopped at step {self._training.iteration}; the same command goes on from there")
        raise KeyboardInterrupt

    def _write_model(self) -> None:
        training, job = self._training, self._job
        field, header = training.best_field(), header_of(training, job.model, job.description, self._seconds)
        header = replace(header, grid=fewest_steps(field, header, training.config.state_size))
        save_model(field, header, job.model)


@contextmanager
def _interruption_held() -> Iterator[threading.Event]:
    """Ctrl-C only sets the event: from half a step no training could go on as if it had not stopped."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted  # nobody presses keys there, and Python lets only the main thread listen
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _rehearse(training: Training, job: Job) -> None:
    """Before hours of work: can what will be learned be described, and its folder be made?"""
    header = replace(header_of(training, job.model, job.description, 0.0), light=training.objective.light())
    try:
        with tempfile.TemporaryDirectory() as folder:
            save_model(training.field, header, Path(folder) / job.model.name)
    except OSError as error:
        raise TrainingError(
            f"Nothing can be written to the folder of temporary files ({error.strerror or error})",
            "free space on its disk",
        ) from error
    try:
        job.model.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{job.model.parent} cannot be made ({error.strerror})", "choose another folder") from error
