"""How the C library handles memory between two evaluations of a field.

glibc asks the system for every large tensor and gives it back at once. The pages come zeroed, one fault each: at
512 x 512 that takes longer than the arithmetic. Kept instead, the same pages serve the next evaluation.
"""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt, malloc.h


def keep_freed_memory() -> bool:
    """Keep what is freed for what comes next; False where the C library is another one and nothing was changed."""
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return bool(library.mallopt(_MMAP_THRESHOLD, 1 << 30) and library.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1))


def give_back_freed_memory() -> None:
    """Give what `keep_freed_memory` keeps back to the system: a process that rests must not hold a solve's memory."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
