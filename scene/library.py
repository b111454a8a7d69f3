"""Models by name: the ones that came with Patina, or any file."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine.errors import InvalidModelError
from ..engine.model_header import ModelHeader, read_header

_SHIPPED = Path(__file__).resolve().parent.parent / "weights"
_headers: dict[tuple[Path, int, int], ModelHeader] = {}  # a few kilobytes each; keyed on path, time and size


def model_names() -> list[str]:
    """The shipped models, by name."""
    return sorted(path.stem for path in _SHIPPED.glob("*.safetensors"))


def model_path(model: str) -> Path:
    """The file of a model given by a shipped name or by a path (relative to the .blend where it starts with //)."""
    if model in model_names():
        return _SHIPPED / f"{model}.safetensors"
    path = Path(bpy.path.abspath(model))
    if not path.is_file():
        shipped = ", ".join(model_names()) or "none"
        raise InvalidModelError(f"There is no model {model!r}", f"choose a file or a shipped model ({shipped})")
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
