"""A baked sequence: which files, at which ages, and writing them one frame at a time."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from ..engine.client import Engine, Job, MapsRequest, WriteRequest
from . import engine_process
from .animation import ages_at
from .errors import BakeError
from .maps import LOOKS
from .playback import is_rendering, request_of


def file_stem(material_name: str) -> str:
    """A material's name as the start of a file name on any system."""
    return re.sub(r"[^\w.-]+", "_", material_name).strip("._ ") or "material"


def frame_files(folder: Path, material_name: str, frame: int) -> dict[str, Path]:
    """The file of each map at a frame: MATERIAL_MAP_0001.png."""
    return {name: folder / f"{file_stem(material_name)}_{name}_{frame:04d}.png" for name in LOOKS}


def check_folder(directory: str) -> Path:
    """The folder to bake into, made if need be. Raises BakeError where files cannot be written there."""
    if directory.startswith("//") and not bpy.data.filepath:
        raise BakeError("The folder is relative to a .blend that is not saved yet", "save the file, then bake")
    if not directory:
        raise BakeError("No folder is given", "choose where the textures are to go")
    folder = Path(bpy.path.abspath(directory))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits say little (root, read-only mounts): only writing shows that writing works.
        probe = folder / f".patina-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BakeError(
            f"Nothing can be written to the folder {folder} ({error.strerror})", "choose another folder"
        ) from error
    return folder


@dataclass
class Sequence:
    """Frames that are still to be baked, in order. Never holds a data-block: everything is read at the start."""

    requests: list[WriteRequest]
    skipped: int
    written: int = 0
    _job: Job | None = None
    _began: float = field(default_factory=time.monotonic)

    def step(self, engine: Engine, *, block: bool) -> bool:
        """Go on; with `block`, until the next frame is written. False once all are. Raises PatinaError."""
        if self.written == len(self.requests):
            return False
        if is_rendering() and not block:
            return True  # the engine belongs to the render until that ends
        if self._job is None:
            self._job = engine.submit(self.requests[self.written])
        if block:
            engine.wait(self._job)
        else:
            engine.poll()
        if self._job.done:
            error, self._job = self._job.error, None
            if error is not None:
                raise error
            self.written += 1
        return self.written < len(self.requests)

    def stop(self) -> None:
        """Give up the frame under way; the engine never leaves a file half written."""
        if self._job is not None:
            engine_process.cancel(self._job)
            self._job = None

    @property
    def progress(self) -> float:
        part = self._job.progress if self._job is not None else 0.0
        return (self.written + part) / max(1, len(self.requests))

    def describe(self) -> str:
        """How far it is, and how long it will take."""
        text = f"Baking frame {self.written + 1} of {len(self.requests)}"
        if self.written == 0:
            return text
        left = (time.monotonic() - self._began) / self.written * (len(self.requests) - self.written)
        return f"{text}, {left:.0f} s left"


def plan_sequence(
    scene: bpy.types.Scene, material: bpy.types.Material, folder: Path, frames: range, *, overwrite: bool
) -> Sequence:
    """Everything that is to be written; frames whose files are all there are skipped. Raises PatinaError."""
    requests, skipped = [], 0
    for frame, age in ages_at(scene, material, frames).items():
        files = frame_files(folder, material.name, frame)
        if not overwrite and all(path.exists() for path in files.values()):
            skipped += 1
            continue
        maps: MapsRequest = request_of(material, age)
        requests.append(WriteRequest(maps.model, maps.sha256, maps.seed, maps.extent, maps.age, files))
    return Sequence(requests, skipped)
