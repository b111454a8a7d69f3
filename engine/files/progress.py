"""How a training stands, in files beside its model: written by the training, read by whoever wants to know.

All of these files are named after the model's: NAME.safetensors has NAME.progress.json (this), NAME.png (a picture of
the current state), NAME.checkpoint, NAME.stop (a wish) and .NAME.lock. Functions take the path of the model file.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import PatinaError
from .file_lock import is_locked, locked
from .whole_files import written_whole

RUNNING, STOPPED, DONE, FAILED = STATES = ("running", "stopped", "done", "failed")
KINDS = ("rgb", "flash", "maps")
_LARGEST = 1 << 24  # bytes; ten thousand checks take half a megabyte


class ProgressError(PatinaError):
    """A training whose files cannot be read or written, or that runs already."""


@dataclass(frozen=True)
class Progress:
    """How a training stands.

    state: what the training last said, one of STATES; only `is_alive` tells whether a running one still runs.
    exemplar: a path. command: the arguments of `patina` that resume it: "train", EXEMPLAR, MODEL, then options.
    history: (iteration, loss, learning rate) of every check, oldest first, all of them finite.
    seconds: spent so far, in all sittings. seconds_left: None until it is known. message: why it failed, a sentence.
    pid: the process, 0 before there is one. updated: when this was written, in seconds since 1970.
    memory: the most bytes used so far, 0 until it is known.
    """

    state: str
    title: str
    kind: str
    exemplar: str
    command: tuple[str, ...]
    iteration: int
    iterations: int
    history: tuple[tuple[int, float, float], ...] = ()
    seconds: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    pid: int = 0
    updated: float = 0.0
    memory: int = 0


def progress_path(model: Path) -> Path:
    """The file in which the training of `model` writes its progress."""
    return model.with_suffix(".progress.json")


def model_of(path: Path) -> Path:
    """The model whose training writes its progress into `path`."""
    return path.with_name(path.name.removesuffix(".progress.json") + ".safetensors")


def write(model: Path, progress: Progress) -> None:
    """Write progress, whole or not at all, so often as one likes. Raises ProgressError."""
    text = json.dumps(asdict(progress), allow_nan=False)
    path = progress_path(model)
    for attempt in range(5):
        try:
            with written_whole(path) as beside:
                beside.write_text(text, encoding="utf-8")
            return
        except OSError as error:
            if isinstance(error, PermissionError) and attempt < 4:  # Windows replaces no file that is being read
                time.sleep(0.02)
                continue
            raise ProgressError(
                f"{path} cannot be written ({error.strerror or error})",
                "choose a folder that you may write to, with space left",
            ) from error


def read(model: Path) -> Progress:
    """The progress of the training of `model`. Raises ProgressError where there is none or it makes no sense."""
    path = progress_path(model)
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8"))
        return _checked(content)
    except OSError as error:
        raise ProgressError(
            f"{path} cannot be read ({error.strerror or error})", "check the folder of trained models"
        ) from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise ProgressError(
            f"{path.name} does not say how a training stands", "discard that training, or start it again"
        ) from error


def _checked(content: dict[str, Any]) -> Progress:
    if not isinstance(content, dict) or content.keys() != {field.name for field in fields(Progress)}:
        raise ValueError("not the fields of a progress")
    command, history = content["command"], content["history"]
    checks = (
        content["state"] in STATES,
        content["kind"] in KINDS,
        all(isinstance(content[name], str) for name in ("title", "exemplar", "message")),
        isinstance(command, list) and all(isinstance(part, str) for part in command),
        len(command) >= 3 and command[0] == "train",
        all(_is_whole(content[name]) for name in ("iteration", "iterations", "pid", "memory")),
        all(_is_number(content[name]) for name in ("seconds", "updated")),
        content["seconds_left"] is None or _is_number(content["seconds_left"]),
        isinstance(history, list) and all(_is_check(check) for check in history),
    )
    if not all(checks):
        raise ValueError("a field is not what it should be")
    return Progress(**content | {"command": tuple(command), "history": tuple(map(tuple, history))})


def _is_whole(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _is_check(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and _is_whole(value[0]) and all(map(_is_number, value[1:]))


@contextmanager
def claimed(model: Path) -> Iterator[None]:
    """For the training: `model` is this process's as long as the block lasts, and `is_alive` says so to everyone.

    Raises ProgressError where another process trains it, or nothing can be written there.
    """
    with ExitStack() as lock:
        try:
            alone = lock.enter_context(locked(_lock_path(model)))
        except OSError as error:
            raise ProgressError(
                f"Nothing can be written to the folder {model.parent} ({error.strerror})", "choose another folder"
            ) from error
        if not alone:
            raise ProgressError(
                f"{model.name} is being trained already", "wait for that training, or choose another name"
            )
        yield


def is_alive(model: Path) -> bool:
    """Whether a process trains `model` at this moment. A training that was killed is not alive, whatever it wrote."""
    return is_locked(_lock_path(model))


def _lock_path(model: Path) -> Path:
    return model.with_name(f".{model.stem}.lock")


def request_stop(model: Path) -> None:
    """Ask the training of `model` to stop: to save its checkpoint and its best state, and to end."""
    try:
        _stop_path(model).touch()
    except OSError as error:
        raise ProgressError(
            f"{_stop_path(model)} cannot be written ({error.strerror})", "free space on the disk"
        ) from error


def is_stop_requested(model: Path) -> bool:
    """Whether the training of `model` has been asked to stop; cheap enough for every step."""
    return _stop_path(model).exists()


def clear_stop(model: Path) -> None:
    """Forget a wish to stop: once it is fulfilled, and as a training begins, before anything slow."""
    _stop_path(model).unlink(missing_ok=True)


def remove(model: Path) -> None:
    """Delete the files of this module; whatever the training made stays. Raises OSError."""
    for path in (_stop_path(model), _lock_path(model), progress_path(model)):
        path.unlink(missing_ok=True)


def _stop_path(model: Path) -> Path:
    return model.with_suffix(".stop")
