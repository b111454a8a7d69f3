"""The sidecar of a bake, MATERIAL_bake.json: how its pictures were made, and which are whole.

A frame is whole once it is in `frames`. One in `unfinished` is being written, or was left, or is from a bake with
other settings: its files are not to be believed. So a bake goes on where another stopped, on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...engine.files.whole_files import written_whole
from ..errors import BakeError
from .lock import alone

FORMAT = 1


@dataclass(frozen=True)
class BakeRecord:
    """material, model: their names, for people. made: all that decides the pictures besides age.

    files: the name of each map's files, #### for the frame. frames: age by frame, of pictures that are whole.
    """

    material: str
    model: str
    made: Mapping[str, Any]
    files: Mapping[str, str]
    frames: Mapping[int, float] = field(default_factory=dict)
    unfinished: frozenset[int] = frozenset()

    def as_text(self) -> str:
        content = {
            "patina_bake": FORMAT,
            **asdict(self),
            "frames": {str(frame): self.frames[frame] for frame in sorted(self.frames)},
            "unfinished": sorted(self.unfinished),
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def record_path(folder: Path, stem: str) -> Path:
    return folder / f"{stem}_bake.json"


def read_record(path: Path) -> BakeRecord | None:
    """The record at a path; None where there is none. Raises BakeError for a file that is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise BakeError(f"The sidecar {path.name} cannot be read", "delete it, and bake with Overwrite") from error
    try:
        if content["patina_bake"] != FORMAT:
            raise ValueError
        files = {str(name): str(file) for name, file in content["files"].items()}
        if any(Path(file).name != file for file in files.values()):  # a sidecar never points out of its folder
            raise ValueError
        return BakeRecord(
            material=str(content["material"]),
            model=str(content["model"]),
            made=dict(content["made"]),
            files=files,
            frames={int(frame): float(age) for frame, age in content["frames"].items()},
            unfinished=frozenset(int(frame) for frame in content["unfinished"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BakeError(
            f"The sidecar {path.name} was not written by this version of Patina", "choose another folder or delete it"
        ) from error


def begin_record(path: Path, record: BakeRecord, frames: Mapping[int, float]) -> None:
    """Say that `frames` are about to be written as the record says. What was made otherwise counts as unfinished."""
    with _changing(path):
        before = read_record(path)
        kept: dict[int, float] = {}
        unfinished: set[int] = set(frames)
        if before is not None:
            same = before.made == record.made and before.files == record.files
            kept = {frame: age for frame, age in before.frames.items() if same and frame not in frames}
            unfinished |= {*before.unfinished, *before.frames} - kept.keys()
        _write(path, replace(record, frames=kept, unfinished=frozenset(unfinished)))


def add_frame(path: Path, record: BakeRecord, frame: int, age: float) -> None:
    """Say that a frame is whole. Raises BakeError where somebody else began another bake here meanwhile."""
    with _changing(path):
        now = read_record(path)
        if now is None or now.made != record.made or now.files != record.files:
            raise BakeError(
                f"Another bake of {record.material!r} with other settings began in the same folder", "give it another"
            )
        _write(path, replace(now, frames={**now.frames, frame: age}, unfinished=now.unfinished - {frame}))


def _write(path: Path, record: BakeRecord) -> None:
    with written_whole(path) as beside:
        beside.write_text(record.as_text(), encoding="utf-8")


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Alone with the file; what the disk refuses is one sentence."""
    try:
        with alone(path):
            yield
    except OSError as error:
        raise BakeError(
            f"{path} cannot be written ({error.strerror or error})",
            "choose a folder that you may write to, with space left",
        ) from error
