"""Beginning, resuming, stopping and discarding a training. Its process is its own: it outlives this Blender."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...engine.channel.detached import start_detached
from ...engine.errors import PatinaError
from ...engine.files import progress
from ...engine.files.progress import Progress
from .. import library
from ..engine import process as engine_process
from ..errors import TrainingError
from .jobs import RUNNING, STARTING, Training, find, log_path, picture_path, processes

_POLL = 0.1  # seconds


@dataclass(frozen=True)
class TrainingOrder:
    """What is to be learned. exemplar: a path, from the .blend where it starts with //. title: the model's name for
    people. kind: one of progress.KINDS. options: further options of the command `patina train`, as in a shell.
    beginning: a model that goes on learning, by its name in the library or a path; empty for none."""

    exemplar: str
    title: str
    kind: str
    iterations: int
    credit: str = ""
    licence: str = ""
    options: str = ""
    beginning: str = ""


def start(order: TrainingOrder) -> Training:
    """Begin a training in a process of its own. Raises PatinaError and then leaves nothing behind."""
    engine_process.engine_python()  # no folder is made where there is no engine
    exemplar = _exemplar(order.exemplar)
    title = order.title.strip() or exemplar.stem.replace("_", " ").capitalize()
    model = library.new_model_path(title)
    command = ["train", str(exemplar), str(model), "--kind", order.kind, "--iterations", str(order.iterations)]
    for option, text in (("title", title), ("credit", order.credit), ("licence", order.licence)):
        if text:
            command.append(f"--{option}={text}")  # one word, so that a text may begin with a dash
    if order.beginning:
        command.append(f"--from={library.model_path(order.beginning)}")
    command += _words(order.options)
    standing = Progress(RUNNING, title, order.kind, str(exemplar), tuple(command), 0, order.iterations)
    return _launch(model, standing, None)


def resume(name: str) -> Training:
    """Go on with a training that was stopped or interrupted, or that failed. Raises PatinaError."""
    training = find(name)
    before = training.progress
    if before is None:
        raise TrainingError(training.message.rstrip("."), "it cannot be resumed")
    if training.is_under_way:
        raise TrainingError(f"The training {training.title!r} runs already", "wait for it, or stop it")
    if not Path(before.exemplar).exists():
        raise TrainingError(f"The exemplar {before.exemplar} is gone", "put it back to resume the training")
    # The folder of trained models may have moved since.
    command = ("train", before.command[1], str(training.model), *before.command[3:])
    progress.clear_stop(training.model)
    return _launch(training.model, replace(before, command=command, seconds_left=None), before)


def stop(name: str) -> Training:
    """Ask a training to keep what it has learned and to end. Raises TrainingError where it does not run."""
    training = find(name)
    if not training.is_under_way:
        raise TrainingError(f"The training {training.title!r} does not run", "nothing is to be stopped")
    if training.state == STARTING:  # it forgets older wishes as it begins, and would forget this one
        raise TrainingError(f"The training {training.title!r} is only starting", "stop it in a moment")
    progress.request_stop(training.model)
    return find(name)


def discard(name: str, *, with_model: bool = False) -> None:
    """Delete what a training keeps to go on from; its model and that one's picture only `with_model`."""
    training = find(name)
    if training.is_under_way:
        raise TrainingError(f"The training {training.title!r} runs", "stop it first")
    model = training.model
    doomed = [model.with_suffix(".checkpoint"), log_path(model)]
    if with_model or not model.exists():
        doomed += [model, picture_path(model)]
    try:
        for path in doomed:
            path.unlink(missing_ok=True)
        progress.remove(model)  # last, for it is what makes a training: to be able to try again
    except OSError as error:
        raise TrainingError(
            f"{error.filename} cannot be deleted ({error.strerror})", "close what uses it, then try again"
        ) from error
    processes.pop(model, None)


def wait(training: Training, report: Callable[[Training], None] = lambda _: None) -> Training:
    """Wait until a training is no longer under way; `report` hears of every change. Ctrl-C stops it too."""
    said = None
    try:
        while True:
            training = find(training.name)
            if said != (training.state, training.progress and training.progress.iteration):
                said = (training.state, training.progress and training.progress.iteration)
                report(training)
            if not training.is_under_way:
                return training
            time.sleep(_POLL)
    except KeyboardInterrupt:
        if training.state == STARTING and training.model in processes:
            processes[training.model].terminate()  # it has nothing to keep yet
        with suppress(PatinaError):
            stop(training.name)
        raise


def _exemplar(text: str) -> Path:
    if not text:
        raise TrainingError("No exemplar is given", "choose footage, a folder of photographs or of texture sets")
    if text.startswith("//") and not bpy.data.filepath:
        raise TrainingError("The exemplar is relative to a .blend that is not saved yet", "save the file, then train")
    path = Path(bpy.path.abspath(text)).absolute()
    if not path.exists():
        raise TrainingError(f"There is no exemplar {path}", "choose footage, or a folder of pictures")
    return path


def _words(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError as error:
        raise TrainingError(f"The options {options!r} end within quotation marks", "close them") from error


def _launch(model: Path, standing: Progress, before: Progress | None) -> Training:
    """Start the process, and say so at once: it says nothing itself before it has loaded torch."""
    python = engine_process.engine_python()
    progress.write(model, replace(standing, state=RUNNING, message="", pid=0, updated=time.time()))
    try:
        processes[model] = start_detached(python, standing.command, log_path(model))
    except PatinaError:
        if before is not None:
            progress.write(model, before)
        else:
            progress.progress_path(model).unlink(missing_ok=True)
            log_path(model).unlink(missing_ok=True)
        raise
    return find(model.stem)
