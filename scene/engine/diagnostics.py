"""A report about this installation, to be pasted where help is asked for: nothing in it tells who or where one is."""

from __future__ import annotations

import getpass
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import bpy

from ...engine.channel.protocol import VERSION
from ...engine.errors import PatinaError
from ...engine.folders import ROOT
from .. import library, playback
from ..training import jobs as training
from . import process as engine_process
from . import setup as engine_setup

_LAST_ERRORS = 10
_LAST_LINES = 15  # of the log


def report() -> str:
    """The report, as lines of text."""
    return shortened("\n".join(_lines())) + "\n"


def shortened(text: str) -> str:
    """`text` with the folders of Blender and its user abbreviated, and the user's name left out."""
    places = [
        (ROOT, "<patina>"),
        (Path(bpy.utils.resource_path("USER")), "<blender user>"),
        (Path(bpy.app.binary_path).parent if bpy.app.binary_path else None, "<blender>"),
        (Path.home(), "~"),
    ]
    for place, short in places:
        if place is not None and len(place.parts) > 1:
            text = text.replace(str(place), short).replace(place.as_posix(), short)
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return text
    return re.sub(rf"\b{re.escape(user)}\b", "<user>", text) if len(user) > 2 else text


def _lines() -> Iterator[str]:
    yield f"Patina {VERSION}, Blender {bpy.app.version_string}, {platform.system()} {platform.release()}"
    yield f"Python {platform.python_version()} ({platform.machine()}), background: {bpy.app.background}"
    yield f"GPU of the window: {_graphics()}"
    yield f"Online access: {bpy.app.online_access}"
    yield from _engine()
    yield from _models()
    yield from _errors()
    log = engine_setup.log_path()
    if log is not None:
        yield "The end of the installation's log:"
        yield from (f"  {line[:200]}" for line in log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:])


def _graphics() -> str:
    if bpy.app.background:
        return "none"
    import gpu

    return f"{gpu.platform.vendor_get()} {gpu.platform.renderer_get()} ({gpu.platform.version_get()})"


def _engine() -> Iterator[str]:
    try:
        source, python = engine_process.choose_python()
        yield f"Engine: {python}, from {source}"
    except PatinaError as error:
        yield f"Engine: {error}"
    private = engine_setup.installed()
    if private is not None:
        yield f"Installed: {private.describe()}" + ("" if private.is_current else " (of another version of Patina)")
    yield f"State: {engine_process.describe()}"
    if engine_setup.probed:
        versions = ", ".join(
            f"{name} {version or 'missing'}" for name, version in engine_setup.probed["versions"].items()
        )
        yield f"Checked: {'; '.join(engine_setup.probed['devices'])}; {versions}"
    yield f"Kept lives: {engine_process.default_lives()}"


def _models() -> Iterator[str]:
    for name in library.model_names():
        try:
            yield f"Model {name}: {library.model_header(name).sha256[:16]}"
        except PatinaError as error:
            yield f"Model {name}: {error}"


def _errors() -> Iterator[str]:
    if engine_setup.failed:
        yield f"Installing: {engine_setup.outcome}"
    for failure in list(playback.failures)[-_LAST_ERRORS:]:
        yield f"Frame {failure.frame:g} of a material: {failure.sentence}"
    for one in training.trainings():
        if one.state == training.FAILED:
            yield f"Training: {one.message}"
