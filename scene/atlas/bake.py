"""Baking an atlas: checked before it begins, worked off by the engine, and put into the material when it is whole."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...engine.atlas.layout import atlas_bytes
from ...engine.channel.client import Engine
from ...engine.channel.jobs import AtlasRequest, Job
from ..baking.sequence import check_folder, file_stem
from ..blocks import found_again
from ..engine import process as engine_process
from ..errors import BakeError
from ..materials import check_editable, group_node
from ..playback import is_rendering, request_of
from .kept import AtlasRecord, take_atlas

MOST_BYTES = 8 << 30


@dataclass
class AtlasBake:
    """One bake. The material is remembered by its session_uid: a reference does not outlive an undo.

    The tiles are written to a folder of their own; what is there already is not touched before all of them are there.
    """

    material_uid: int
    request: AtlasRequest
    folder: Path | None  # None: packed
    _job: Job | None = None

    def step(self, engine: Engine, *, block: bool) -> bool:
        """Go on; with `block`, until the tiles are written. False once they are. Raises PatinaError."""
        if is_rendering() and not block:
            return True  # the engine belongs to the render until that ends
        if self._job is None:
            self._job = engine.submit(self.request)
        if block:
            engine.wait(self._job)
        else:
            engine.poll()
        if self._job.done and self._job.error is not None:
            raise self._job.error
        return not self._job.done

    def finish(self) -> AtlasRecord:
        """Let the material play the tiles. Raises PatinaError, and changes nothing, where that cannot be."""
        material = found_again(bpy.data.materials, self.material_uid)
        if material is None or group_node(material) is None:
            raise BakeError("The material of this atlas ages no more", "add Patina to it, then bake again")
        check_editable(material)
        assert self._job is not None and self._job.result is not None
        folder = self.request.folder
        if self.folder is not None:
            folder = self.folder
            self._move(folder)
        return take_atlas(material, self.request, self._job.result, folder, packed=self.folder is None)

    def stop(self) -> None:
        """Give up what is under way and clear what was written for it."""
        if self._job is not None and not self._job.done:
            engine_process.cancel(self._job)
        shutil.rmtree(self.request.folder, ignore_errors=True)

    @property
    def progress(self) -> float:
        return self._job.progress if self._job is not None else 0.0

    def _move(self, folder: Path) -> None:
        try:
            for path in self.request.folder.iterdir():
                path.replace(folder / path.name)
        except OSError as error:
            raise BakeError(
                f"The atlas cannot be written to {folder} ({error.strerror})", "choose another folder"
            ) from error


def plan_atlas(material: bpy.types.Material, ages: int, bits: int, directory: str | None) -> AtlasBake:
    """Check what is asked for. directory: where the tiles go, or None to pack them into the .blend.

    Raises PatinaError where there is no engine, the model is another one, the atlas would be too large, or there is no
    room for it.
    """
    check_editable(material)
    maps = request_of(material, 1.0)
    engine_process.engine()
    size = atlas_bytes(maps.extent, ages, bits)
    if size > MOST_BYTES:
        raise BakeError(
            f"The atlas would take {size / 2**30:.1f} GB of memory, and {MOST_BYTES >> 30} GB are the most",
            "choose fewer ages, 8 bits or a smaller resolution",
        )
    folder = check_folder(directory) if directory is not None else None
    try:
        beside = Path(tempfile.mkdtemp(prefix=".patina-atlas-", dir=folder))
        free = shutil.disk_usage(beside).free
    except OSError as error:
        raise BakeError(f"No temporary folder can be made ({error.strerror})", "choose another folder") from error
    if size > free:
        beside.rmdir()
        raise BakeError(
            f"The atlas may take {size / 2**20:.0f} MB, and {free / 2**20:.0f} MB are free in {beside.parent}",
            "free some space, or choose another folder",
        )
    # Files of another life never take the place of these: an older shot may still play them.
    content = f"{maps.sha256} {maps.seed} {maps.extent} {ages} {bits}"
    stem = f"{file_stem(material.name)}_{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    request = AtlasRequest(
        maps.model, maps.sha256, maps.seed, maps.extent, maps.age, count=ages, bits=bits, folder=beside, stem=stem
    )
    return AtlasBake(material.session_uid, request, folder)
