"""A disk that is really too small, and one that is really full: only the superuser of a Linux may mount it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILLER = "filler"


def mount(*arguments: object) -> bool:
    """`mount ARGUMENTS`; whether it did."""
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    """A disk of `size` ("256k") at `folder`, as long as the block lasts. Gives False where none can be mounted."""
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() or not mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder):
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def resize(disk: Path, size: str) -> None:
    """Make a small disk larger."""
    assert mount("-o", f"remount,size={size}", disk)


def fill(disk: Path, leave: int = 0) -> None:
    """Write to a disk until only `leave` bytes are free."""
    with (disk / _FILLER).open("ab", buffering=0) as file:
        while (free := _free(disk) - leave) > 0:
            file.write(bytes(min(free, 1 << 20)))


def empty(disk: Path) -> None:
    """Take what `fill` wrote away."""
    (disk / _FILLER).unlink()


def _free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize
