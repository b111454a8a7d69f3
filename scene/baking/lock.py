"""A lock on a file that several processes change, on one machine or on many that share a disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...engine.files.processes import has_died, mark

_STALE = 10.0  # seconds that one lock may last; it is held for milliseconds, and longer only by who has died
_PATIENCE = 30.0  # seconds; more than a lock may last


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only one of all processes on all machines that changes the file `path`; for moments.

    By making a file that must not be there yet, which holds on shared disks too where locks of the system may not.
    Raises OSError.
    """
    lock = path.with_name(f".{path.name}.lock")
    began = time.monotonic()
    seen, since = 0, began
    while not _take(lock):
        now = time.monotonic()
        if now - began > _PATIENCE:
            raise TimeoutError(0, f"{lock.name} is held by another process")
        made = _made(lock)
        if made != seen:
            seen, since = made, now
        elif now - since > _STALE or has_died(_holder(lock)):
            # By this computer's own clock: that of a shared disk may go wrong by minutes.
            with suppress(OSError):
                lock.unlink()
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    except PermissionError:
        if os.name == "nt":  # a file that is just being removed
            return False
        raise
    with suppress(OSError):  # on a full disk nobody learns who holds it
        os.write(descriptor, mark().encode())
    os.close(descriptor)
    return True


def _made(lock: Path) -> int:
    """When a lock was taken, in nanoseconds of its disk's clock; 0 where it is gone."""
    try:
        return lock.stat().st_mtime_ns
    except OSError:
        return 0


def _holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
