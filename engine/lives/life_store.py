"""Lives kept on disk: one folder a life, bounded in bytes, the longest unused thrown away first."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files.records import read_record, write_record


@dataclass(frozen=True)
class LifeStore:
    """The folder that holds all kept lives, and how many bytes it may take."""

    folder: Path
    most_bytes: int

    def open(self, name: str) -> LifeFolder:
        """The folder of the life `name`, marked as just used."""
        folder = LifeFolder(self.folder / name)
        folder.touch()
        self.trim(keep=name)
        return folder

    def trim(self, keep: str) -> None:
        """Delete whole lives, the longest unused first, until the rest fits; never the life named `keep`."""
        try:
            lives = [(path.stat().st_mtime, path) for path in self.folder.glob("life-*") if path.is_dir()]
            sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for _, path in lives}
        except OSError:
            return  # another process trims at this moment
        total = sum(sizes.values())
        for _, path in sorted(lives):
            if total <= self.most_bytes:
                return
            if path.name != keep:
                shutil.rmtree(path, ignore_errors=True)
                total -= sizes[path]


@dataclass(frozen=True)
class LifeFolder:
    """One life on disk: a record of observed channels for each kept grid time, and the last whole state."""

    path: Path

    def touch(self) -> None:
        """Make the folder where there is none, and mark it as just used, where the disk lets us."""
        with suppress(OSError):
            self.path.mkdir(parents=True, exist_ok=True)
            os.utime(self.path)

    def write_observed(self, index: int, observed: np.ndarray) -> None:
        write_record(self.path / f"observed-{index:05d}", observed)

    def read_observed(self, index: int, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
        return read_record(self.path / f"observed-{index:05d}", shape, dtype)

    def write_state(self, index: int, state: np.ndarray) -> None:
        """Keep the whole state at a grid time, from which the solve goes on; earlier ones are deleted after it stands.

        A later one stays: another process, or this one before a record was lost, has come further.
        """
        name = f"state-{index:05d}"
        write_record(self.path / name, state)
        for path in self._states():
            if path.name < name:
                path.unlink(missing_ok=True)

    def read_state(self, shape: tuple[int, ...]) -> tuple[int, np.ndarray] | None:
        """(grid index, state) of the furthest whole state that can be read, if there is one."""
        for path in reversed(self._states()):
            state = read_record(path, shape, "float32")
            if state is not None:
                return int(path.name.split("-")[1]), state
        return None

    def _states(self) -> list[Path]:
        return sorted(self.path.glob("state-" + "[0-9]" * 5))
