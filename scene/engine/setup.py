"""Installing the engine's private environment, trying a Python, and removing what was installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ...engine.environment import place as environment
from ...engine.environment.place import PLATFORMS, SetupError
from ...engine.environment.task import Task
from ...engine.errors import PatinaError
from .. import playback
from ..redraw import tag_panels
from . import process as engine_process

_POLL = 0.2  # seconds
AUTOMATIC = "AUTO"
_task: Task | None = None
_doing = ""  # "install" or "check", while there is a task
outcome = ""  # the last one's, as a sentence
failed = False  # whether that sentence is an error
probed: dict[str, Any] = {}  # what the Python that was tried last said of itself


def is_running() -> bool:
    """Whether something is being installed or tried."""
    return _task is not None


def is_installing() -> bool:
    """Whether an environment is being made."""
    return _task is not None and _doing == "install"


def progress() -> tuple[str, float]:
    """(what is being done, how far in [0, 1]) of what runs."""
    return (_task.text, _task.factor) if _task is not None else ("", 0.0)


def installed() -> environment.Environment | None:
    """The private environment, where it was installed."""
    folder = engine_process.private_folder()
    return environment.ready(folder) if folder is not None else None


def log_path() -> Path | None:
    """The log of the last installation, where there is one."""
    folder = engine_process.private_folder()
    path = folder / environment.LOG if folder is not None else None
    return path if path is not None and path.is_file() else None


def what_it_takes(platform: str) -> tuple[str, str]:
    """What an installation for a platform means, in two lines for a dialog."""
    chosen = PLATFORMS[environment.detect() if platform == AUTOMATIC else platform]
    source = "its makers" if chosen.build else "pip's own index"
    return f"For {chosen.label}: up to {chosen.most_bytes / 1e9:.0f} GB of disk", f"Downloads PyTorch from {source}"


def begin_install(platform: str) -> None:
    """Begin to make the environment for one of environment.PLATFORMS. Raises SetupError, and then nothing was made."""
    if is_running():
        raise SetupError("The engine is being installed or tried already", "wait until that is done")
    if not bpy.app.online_access:
        raise SetupError(
            "Blender is not allowed to go online",
            "allow it in Preferences > System > Network, or name a Python that has torch",
        )
    folder = engine_process.private_folder()
    if folder is None:
        raise SetupError("Patina is not installed as an extension", "install its zip in Preferences > Get Extensions")
    chosen = environment.detect() if platform == AUTOMATIC else platform
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"{folder} cannot be made ({error.strerror})", "check the rights of the folder") from error
    environment.check_room(folder, chosen)
    _start("install", Path(engine_process.blender_python()), ["--environment", str(folder), chosen], makes=True)


def begin_check() -> None:
    """Begin to try the Python that the engine would run on. Raises PatinaError."""
    if is_running():
        raise SetupError("The engine is being installed or tried already", "wait until that is done")
    _start("check", engine_process.engine_python(), ["--probe"])


def _start(doing: str, python: Path, arguments: list[str], *, makes: bool = False) -> None:
    global _task, _doing, outcome, failed
    _task, _doing, outcome, failed = Task(python, arguments, makes=makes), doing, "", False
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=_POLL, persistent=True)


def poll(timeout: float = 0.0) -> bool:
    """Take in what was said; whether it still runs. Raises SetupError where it failed."""
    global _task, outcome, failed, probed
    if _task is None:
        return False
    try:
        answer = _task.poll(timeout)
    except SetupError as error:
        _task, outcome, failed = None, str(error), True
        raise
    if answer is None:
        return True
    _task = None
    if _doing == "check":
        probed = answer
        outcome, failed = _describe(answer), bool(answer["problem"])
    else:
        outcome = f"The engine is installed: torch {answer['torch']} on {answer['device']}"
    return False


def _describe(answer: dict[str, Any]) -> str:
    if answer["problem"]:
        return f"This Python cannot be the engine: {answer['problem']}"
    found = ", ".join(answer["devices"])
    lacking = [name for name, version in answer["versions"].items() if not version]
    without = f"; without {', '.join(lacking)} some footage cannot be read" if lacking else ""
    return f"Python {answer['python']} with torch {answer['torch']} works on {answer['device']} ({found}){without}"


def wait(report: Callable[[str], None] = lambda _: None) -> None:
    """Wait until nothing runs; `report` hears of every change. Ctrl-C cancels it. Raises SetupError where it failed."""
    said = ""
    try:
        while poll(timeout=_POLL):
            if progress()[0] != said:
                said = progress()[0]
                report(said)
    except BaseException:
        cancel()
        raise


def cancel() -> None:
    """Give up what runs. What was downloaded whole stays, to go on from; an environment that was ready stays ready."""
    global _task, outcome, failed
    if _task is not None:
        _task.cancel()
        _task, outcome, failed = None, "Cancelled; what was downloaded whole is kept for the next time", False


def remove() -> None:
    """Delete the private environment and all that belongs to it. Raises SetupError where something is in use."""
    global outcome, failed
    if is_running():
        raise SetupError("The engine is being installed", "cancel that first")
    engine_process.close()
    folder = engine_process.private_folder()
    if folder is not None:
        environment.remove(folder)
    outcome, failed = "", False


def tick() -> float | None:
    """The timer of a window: keeps the preferences up to date, and the engine in use once it is there."""
    was_installing = is_installing()
    try:
        running = poll()
    except PatinaError:
        running = False  # the sentence is in the preferences
    _redraw_preferences()
    if not running and was_installing and not playback.is_rendering():
        playback.ask_again()
        tag_panels()
    return _POLL if running else None


def _redraw_preferences() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


def unregister() -> None:
    """Give up what runs."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    cancel()
