"""The trainings of this computer, as their files tell: any Blender sees those that another one, or a shell, began."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ...engine.channel.detached import last_line
from ...engine.durations import duration
from ...engine.errors import PatinaError
from ...engine.files import progress
from ...engine.files.progress import Progress, ProgressError
from .. import library
from ..errors import TrainingError

STARTING, RUNNING, STOPPING = "starting", "running", "stopping"
STOPPED, DONE, FAILED, INTERRUPTED = "stopped", "done", "failed", "interrupted"
UNDER_WAY = (STARTING, RUNNING, STOPPING)
_SLOW_START = 120.0  # seconds that a process may need to load torch
processes: dict[Path, subprocess.Popen[bytes]] = {}  # by model: those that this Blender started
_INTERRUPTED = "patina: stopped"
_cache: dict[Path, tuple[tuple[int, int], Progress]] = {}  # by model, while its progress file stays the same


@dataclass(frozen=True)
class Training:
    """A training and where it stands.

    state: one of the above; "interrupted" is one whose process died. progress: None where it cannot be read.
    message: what went wrong, a sentence, or empty.
    """

    model: Path
    state: str
    progress: Progress | None
    message: str = ""

    @property
    def name(self) -> str:
        return self.model.stem

    @property
    def title(self) -> str:
        return self.progress.title if self.progress is not None else self.name

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def factor(self) -> float:
        """How much of it is done, in [0, 1]."""
        return min(1.0, self.progress.iteration / max(1, self.progress.iterations)) if self.progress else 0.0

    @property
    def spent(self) -> str:
        """How long it has taken so far, in words."""
        return duration(self.progress.seconds) if self.progress is not None else ""

    def describe(self) -> str:
        """Where it stands, in a few words."""
        standing = self.progress
        if standing is None:
            return self.message
        if self.state == STARTING:
            return "Starting"
        if self.state == RUNNING:
            left = f", {duration(standing.seconds_left)} left" if standing.seconds_left is not None else ""
            return f"Step {standing.iteration:,} of {standing.iterations:,}{left}"
        if self.state == STOPPING:
            return f"Stopping at step {standing.iteration:,}"
        if self.state == DONE:
            return f"{standing.iteration:,} steps in {self.spent}"
        if self.state == FAILED and self.message:
            return self.message
        return f"{self.state.capitalize()} at step {standing.iteration:,} of {standing.iterations:,}"


def trainings() -> list[Training]:
    """Every training in the folder of trained models, those under way first, then the latest first."""
    folder = library.trained_folder()
    found = [_training(progress.model_of(path)) for path in folder.glob("*.progress.json")]
    for model in _cache.keys() - {training.model for training in found}:
        del _cache[model]
    return sorted(found, key=lambda found: (not found.is_under_way, -_updated(found), found.name))


def find(name: str) -> Training:
    """The training of the model `name`. Raises TrainingError where there is none."""
    model = library.trained_folder() / f"{name}.safetensors"
    if not progress.progress_path(model).exists():
        raise TrainingError(f"There is no training {name!r}", "choose one that the panel shows")
    return _training(model)


def has_model(name: str) -> bool:
    """Whether the training `name` has put a model into the library already."""
    return (library.trained_folder() / f"{name}.safetensors").exists()


def log_path(model: Path) -> Path:
    """What the training's process printed."""
    return model.with_suffix(".log")


def picture_path(model: Path) -> Path:
    """The training's picture of its current state: exemplar above synthesis, from fresh to aged."""
    return model.with_suffix(".png")


def _training(model: Path) -> Training:
    if model in processes:
        processes[model].poll()  # lets go of one that has ended
    alive = progress.is_alive(model)  # before it is read: one that ends meanwhile has said so by then
    try:
        standing = _read(model)
    except PatinaError as error:
        return Training(model, RUNNING if alive else FAILED, None, str(error))
    if standing.state != progress.RUNNING and not alive:
        return Training(model, standing.state, standing, standing.message)
    if alive or progress.is_alive(model):
        if standing.state == progress.RUNNING and standing.pid == 0:  # the process has not spoken yet
            return Training(model, STARTING, standing)
        # Its process has a moment to live after it has said that it stopped: only then can another one follow.
        is_stopping = standing.state == progress.STOPPED or progress.is_stop_requested(model)
        return Training(model, STOPPING if is_stopping else RUNNING, standing)
    words = last_line(log_path(model))
    if words.startswith("patina: ") and words != _INTERRUPTED:  # which may be the last word of the process before this
        return Training(model, FAILED, standing, words.removeprefix("patina: "))
    if standing.pid == 0 and _may_begin_yet(model, standing):
        return Training(model, STARTING, standing)
    return Training(model, INTERRUPTED, standing, words if "Error" in words else "")


def _may_begin_yet(model: Path, standing: Progress) -> bool:
    """Whether a process that has said nothing yet is still loading what it needs."""
    if model in processes:
        return processes[model].poll() is None
    return time.time() - standing.updated < _SLOW_START


def _read(model: Path) -> Progress:
    path = progress.progress_path(model)
    try:
        status = path.stat()
    except OSError as error:
        raise ProgressError(
            f"{path} cannot be read ({error.strerror})", "check the folder of trained models"
        ) from error
    key = (status.st_mtime_ns, status.st_size)
    if _cache.get(model, (None,))[0] != key:
        _cache[model] = (key, progress.read(model))
    return _cache[model][1]


def _updated(training: Training) -> float:
    return training.progress.updated if training.progress is not None else 0.0
