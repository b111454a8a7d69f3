"""What is asked of the engine, and what came of it. No torch here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import PatinaError
from ..maps.picture_settings import PictureSettings


@dataclass(frozen=True)
class MapsRequest:
    """The five maps of one life at `age` in [0, 1]. sha256: the model's, or empty for whatever the file holds.

    returns_maps: whether they come back to who asks, or the engine's process keeps the result in files.
    """

    returns_maps: ClassVar[bool] = True

    model: Path
    sha256: str
    seed: int
    extent: int
    age: float

    def to_message(self) -> dict[str, Any]:
        """What the engine's process is asked (see `protocol`), but for the number and the buffer."""
        return self._life() | {"type": "maps", "draft": False}

    def _life(self) -> dict[str, Any]:
        life = {"model": str(self.model), "sha256": self.sha256, "seed": self.seed}
        return life | {"extent": self.extent, "age": self.age}


@dataclass(frozen=True)
class DraftRequest(MapsRequest):
    """A first look, solved in whatever arithmetic is fastest: true to the eye, not to the last step of 8 bits."""

    def to_message(self) -> dict[str, Any]:
        return super().to_message() | {"draft": True}


@dataclass(frozen=True)
class WriteRequest(MapsRequest):
    """The same maps as files, written by the engine's process; files: {map name: path}. pictures: how a bake wants
    them; None for the PNG files of the command `patina synth`."""

    returns_maps: ClassVar[bool] = False
    files: dict[str, Path] = field(default_factory=dict)
    pictures: PictureSettings | None = None

    def to_message(self) -> dict[str, Any]:
        files = {name: str(path) for name, path in self.files.items()}
        pictures = asdict(self.pictures) if self.pictures is not None else None
        return self._life() | {"type": "write", "files": files, "pictures": pictures}


@dataclass(frozen=True)
class AtlasRequest(MapsRequest):
    """A whole life as the tiles of an atlas, written into `folder` by the engine's process (see `atlas.make_atlas`)."""

    returns_maps: ClassVar[bool] = False
    count: int = 17
    bits: int = 8
    folder: Path = Path()
    stem: str = ""

    def to_message(self) -> dict[str, Any]:
        tiles = {"count": self.count, "bits": self.bits, "folder": str(self.folder), "stem": self.stem}
        return self._life() | {"type": "atlas"} | tiles


@dataclass(eq=False)
class Job:
    """A request on its way. maps: [H, W, 3] or [H, W] float32 each, rows from the top (see `appearance`).

    result: what an atlas is played by (see `atlas.make_atlas`). attempts: processes that were asked. in_vain: those in
    a row that ended before they came further than `furthest_before`, the most steps that any before them had done.
    """

    request: MapsRequest
    number: int
    done: bool = False
    error: PatinaError | None = None
    maps: dict[str, np.ndarray] | None = None
    result: dict[str, Any] | None = None
    steps_done: int = 0
    steps: int = 0
    steps_before: int = 0
    started: float = 0.0
    attempts: int = 0
    furthest: int = 0
    furthest_before: int = 0
    in_vain: int = 0

    @property
    def progress(self) -> float:
        """How much of the solve is done, 0 to 1."""
        return 1.0 if self.done else self.steps_done / self.steps if self.steps else 0.0


class JobCancelled(PatinaError):
    """The job was given up because nobody wants its result any more."""
