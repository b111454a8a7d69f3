"""The one engine of this Blender, made from the preferences and made anew when they change."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import bpy

from ...engine.channel.client import Engine, EngineSettings, EngineState
from ...engine.channel.jobs import Job
from ...engine.environment.place import ready
from ...engine.errors import PatinaError

PACKAGE = __package__.rpartition(".scene.")[0]
_engine: Engine | None = None


class NoEngineError(PatinaError):
    """No Python with torch is known."""


def preferences() -> bpy.types.AddonPreferences | None:
    """Patina's preferences, or None where it is registered without being installed."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon is not None else None


def private_folder() -> Path | None:
    """Where the engine's private environment lies once it is installed; None where Patina is no extension."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="engine"))
    except ValueError:
        return None


def blender_python() -> Path:
    """Blender's own interpreter, which makes the private environment."""
    return Path(sys.executable)


def choose_python() -> tuple[str, Path]:
    """(who names it, the engine's Python): the one place that decides.

    PATINA_PYTHON, else the preference, else the private environment, else Blender's own interpreter where that has
    torch. Raises NoEngineError with what to do.
    """
    chosen = preferences()
    named = os.environ.get("PATINA_PYTHON") or (chosen.python if chosen is not None else "")
    if named:
        path = Path(bpy.path.abspath(named))
        if not path.is_file():
            raise NoEngineError(f"The engine's Python {path} does not exist", "choose another one in the preferences")
        return "PATINA_PYTHON" if os.environ.get("PATINA_PYTHON") else "the preferences", path
    folder = private_folder()
    private = ready(folder) if folder is not None else None
    if private is not None:
        if not private.python.is_file():  # it needs the Python that made it, which a newer Blender may have replaced
            raise NoEngineError("The engine that was installed has lost its Python", "install it again")
        return "Patina's own environment", private.python
    # Looked for, never imported: Blender's own Python must not load torch.
    if importlib.util.find_spec("torch") is not None:
        return "Blender's own Python", blender_python()
    raise NoEngineError(
        "Patina has no engine yet", "install it in Patina's preferences, or name a Python that has torch"
    )


def engine_python() -> Path:
    """The engine's Python. Raises NoEngineError with what to do."""
    return choose_python()[1]


def default_lives() -> Path:
    """Where lives are kept unless the preferences say otherwise."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="lives", create=True))
    except ValueError:  # not installed as an extension
        return Path(tempfile.gettempdir()) / "patina-lives"


def _settings() -> EngineSettings:
    chosen = preferences()
    folder = Path(bpy.path.abspath(chosen.lives)) if chosen is not None and chosen.lives else default_lives()
    megabytes = chosen.lives_megabytes if chosen is not None else 4096
    return EngineSettings(python=engine_python(), lives=folder, lives_bytes=megabytes << 20)


def engine() -> Engine:
    """The engine that the preferences describe; its process starts with the first job. Raises NoEngineError."""
    global _engine
    settings = _settings()
    if _engine is None or _engine.settings != settings:
        close()
        _engine = Engine(settings)
    return _engine


def poll() -> None:
    """Take in what the engine has sent, if there is one."""
    if _engine is not None:
        _engine.poll()


def is_busy() -> bool:
    """Whether the engine's process is about to send something."""
    return _engine is not None and _engine.state in (EngineState.STARTING, EngineState.WORKING)


def cancel(job: Job) -> None:
    """Give a job up; one of an engine that is gone ended with it."""
    if _engine is not None:
        _engine.cancel(job)


def lacking() -> str:
    """What has to be done before there can be an engine; empty where nothing has."""
    try:
        engine()
    except PatinaError as error:
        return str(error)
    return ""


def describe() -> str:
    """The engine's state, or what is missing, in one sentence."""
    try:
        return engine().describe()
    except PatinaError as error:
        return str(error)


def close() -> None:
    """End the engine's process, if there is one."""
    global _engine
    if _engine is not None:
        _engine.close()
        _engine = None


atexit.register(close)
