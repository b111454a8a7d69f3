"""Models by name: the ones that came with Patina, the ones that were trained here, or any file."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine.errors import InvalidModelError
from ..engine.folders import WEIGHTS
from ..engine.models.model_header import ModelHeader, read_header
from .engine.process import preferences

_headers: dict[tuple[Path, int, int], ModelHeader] = {}  # a few kilobytes each; keyed on path, time and size


def trained_folder() -> Path:
    """Where trained models are: as the preferences say, else among Blender's own user data.

    Not in the extension's folders: one goes with every upgrade, the other (`extension_path_user`) when the extension
    is uninstalled, and a model is hours of work. The folder need not exist.
    """
    chosen = preferences()
    if chosen is not None and chosen.models:
        return Path(bpy.path.abspath(chosen.models))
    return Path(bpy.utils.user_resource("DATAFILES", path="patina/models"))


def shipped_names() -> list[str]:
    """The models that came with Patina."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def model_names() -> list[str]:
    """The shipped models by name, then the trained ones.

    A trained model that bears a shipped one's name is listed by its path: a name means the same on every computer.
    """
    shipped = shipped_names()
    trained = sorted(trained_folder().glob("*.safetensors"))
    return [*shipped, *(str(path) if path.stem in shipped else path.stem for path in trained)]


def model_path(model: str) -> Path:
    """The file of a model given by a name in the library or by a path (from the .blend where it starts with //)."""
    if model in shipped_names():
        return WEIGHTS / f"{model}.safetensors"
    folder = trained_folder()
    if any(path.stem == model for path in folder.glob("*.safetensors")):
        return (folder / f"{model}.safetensors").resolve()
    path = Path(bpy.path.abspath(model))
    if not path.is_file():
        known = ", ".join(model_names()) or "none"
        raise InvalidModelError(f"There is no model {model!r}", f"choose a file or a model of the library ({known})")
    return path.resolve()


def model_header(model: str) -> ModelHeader:
    """The checked header of a model; read again only when the file changed. Raises InvalidModelError."""
    path = model_path(model)
    status = path.stat()
    key = (path, status.st_mtime_ns, status.st_size)
    if key not in _headers:
        if len(_headers) > 100:
            _headers.clear()
        _headers[key] = read_header(path)
    return _headers[key]
