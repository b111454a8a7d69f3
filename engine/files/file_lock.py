"""A lock that ends with its holder: however a process ends, the system takes its locks from it.

A process id that is written down would outlive its process, and may by then be the id of another.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, *, alone: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # the first byte, which need not exist

else:
    import fcntl

    def _take(descriptor: int, *, alone: bool) -> None:
        # Not lockf: a process would lose that lock by closing any other descriptor of the file.
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)


_PATIENCE = 1.0  # seconds; whoever only looks whether there is a lock holds it for an instant


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock named by the file `path`, which is made if need be and stays. Gives False where another has it.

    Raises OSError where the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _taken(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            _take(descriptor, alone=True)
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)


def is_locked(path: Path) -> bool:
    """Whether a process, this one included, holds the lock named by the file `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        _take(descriptor, alone=False)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
