"""The atlases that come with the models of Patina: a shipped model plays at once, with no engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import bpy
import numpy as np

from ...engine.atlas.archive import InvalidAtlasError, read_record, read_tiles
from ...engine.atlas.layout import PICTURES, tile_file
from ...engine.channel.jobs import AtlasRequest
from .. import library
from ..age.png import png
from ..errors import MaterialError
from ..materials import check_editable
from ..read_once import read_once
from .kept import AtlasRecord, take_atlas

# Percent of the time: the archive is read, the tiles are written; then Blender reads these and the nodes are built.
_READ, _UNPACKED = 40, 80
_record = read_once(read_record)  # what an archive says of itself


def ready_atlas(model: str) -> Path | None:
    """The archive of a model's ready-made atlas, or None where there is none of exactly this model."""
    path = library.model_path(model)
    archive, header = path.with_suffix(".atlas"), library.header_of(path)
    try:
        record = _record(archive)
    except (OSError, InvalidAtlasError):
        return None
    if record["sha256"] != header.sha256 or record["extent"] % header.extent_multiple:
        return None
    return archive


def use_ready_atlas(material: bpy.types.Material, report: Callable[[int], None] = lambda _: None) -> AtlasRecord:
    """Let a material play the ready-made atlas of its model, with the seed and the extent of that one.

    report: hears of how much is done, in percent.

    Raises PatinaError, and changes nothing, where there is none or it cannot be read.
    """
    check_editable(material)
    settings = material.patina
    path = ready_atlas(settings.model_stored)
    if path is None:
        raise MaterialError(
            f"No atlas came with the model {settings.model_stored!r}", "set up the engine, then bake one"
        )
    folder = Path(tempfile.mkdtemp(prefix="patina-atlas-"))
    try:
        record = _record(path)
        count = len(PICTURES) * len(record["ages"])
        with ThreadPoolExecutor() as pool:  # most of the time goes to zlib, which lets other threads run
            writing: list[Future[None]] = []
            for *place, tile in read_tiles(path):
                writing.append(pool.submit(_write, tile_file(folder, record["stem"], *place), tile))
                report(_READ * len(writing) // count)
            for number, one in enumerate(writing):
                one.result()
                report(_READ + (_UNPACKED - _READ) * number // count)
        report(_UNPACKED)
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
    except OSError as error:
        raise MaterialError(
            f"The atlas {path.name} cannot be unpacked ({error.strerror or error})",
            "free some space where temporary files go",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    settings.seed, settings.resolution = record["seed"], record["extent"]
    return taken


def _write(file: Path, tile: np.ndarray | bytes) -> None:
    file.write_bytes(png(tile / np.float32(255), 8) if isinstance(tile, np.ndarray) else tile)
