"""The one engine of this Blender, made from the preferences and made anew when they change."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import bpy

from ..engine.client import Engine, EngineSettings, EngineState, Job
from ..engine.errors import PatinaError

PACKAGE = __package__.rpartition(".")[0]
_engine: Engine | None = None


class NoEngineError(PatinaError):
    """No Python with torch is known."""


def preferences() -> bpy.types.AddonPreferences | None:
    """Patina's preferences, or None where it is registered without being installed."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon is not None else None


def engine_python() -> Path:
    """PATINA_PYTHON, else the preference, else Blender's own interpreter where that has torch.

    Raises NoEngineError with what to do.
    """
    chosen = preferences()
    named = os.environ.get("PATINA_PYTHON") or (chosen.python if chosen is not None else "")
    if named:
        path = Path(bpy.path.abspath(named))
        if not path.is_file():
            raise NoEngineError(f"The engine's Python {path} does not exist", "choose another one in the preferences")
        return path
    # Looked for, never imported: Blender's own Python must not load torch.
    if importlib.util.find_spec("torch") is not None:
        return Path(sys.executable)
    raise NoEngineError(
        "Patina has no engine yet", "name a Python that has torch and torchdiffeq in Patina's preferences"
    )


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
