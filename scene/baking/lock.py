"""A lock on a file that several processes change, on one machine or on many that share a disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 20.0  # seconds; a lock is held for milliseconds
_STALE = 60.0  # seconds after which whoever took it must have died


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only one of all processes on all machines that changes the file `path`; for moments.

    By making a file that must not be there yet, which holds on shared disks too where locks of the system may not.
    Raises OSError.
    """
    lock = path.with_name(f".{path.name}.lock")
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except (FileExistsError, PermissionError) as error:  # Windows refuses a file that is just being removed
            if time.monotonic() > deadline:
                raise TimeoutError(0, f"{lock.name} is held by another process") from error
        try:
            if time.time() - lock.stat().st_mtime > _STALE:
                lock.unlink(missing_ok=True)
        except FileNotFoundError:
            continue
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
