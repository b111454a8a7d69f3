"""The atlases that come with the models of Patina: a shipped model plays at once, with no engine."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

import bpy

from ...engine.channel.jobs import AtlasRequest
from .. import library
from ..errors import MaterialError
from ..materials import check_editable
from .kept import AtlasRecord, take_atlas

_LARGEST = 64 << 20  # bytes that a file of an archive may unpack to


def ready_atlas(model: str) -> Path | None:
    """The archive of a model's ready-made atlas, or None where there is none of exactly this model."""
    path = library.model_path(model)
    archive = path.with_suffix(".atlas")
    if not archive.is_file() or _record(archive).get("sha256") != library.header_of(path).sha256:
        return None
    return archive


def use_ready_atlas(material: bpy.types.Material) -> AtlasRecord:
    """Let a material play the ready-made atlas of its model, with the seed and the extent of that one.

    Raises MaterialError, and changes nothing, where there is none.
    """
    check_editable(material)
    settings = material.patina
    path = ready_atlas(settings.model_stored)
    if path is None:
        raise MaterialError(
            f"No atlas came with the model {settings.model_stored!r}", "set up the engine, then bake one"
        )
    record = _record(path)
    folder = Path(tempfile.mkdtemp(prefix="patina-atlas-"))
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".png") and info.file_size < _LARGEST:
                    (folder / Path(info.filename).name).write_bytes(archive.read(info))
        request = AtlasRequest(
            library.model_path(settings.model_stored),
            record["sha256"],
            record["seed"],
            record["extent"],
            1.0,
            count=len(record["ages"]),
            bits=record["bits"],
            stem=record["stem"],
        )
        taken = take_atlas(material, request, record, folder, packed=True)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise MaterialError(
            f"The atlas {path.name} cannot be read ({error})", "install Patina again, or set up the engine"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    settings.seed, settings.resolution = record["seed"], record["extent"]
    return taken


def _record(path: Path) -> dict:
    """What the archive says of itself; empty where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("atlas.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return {}
