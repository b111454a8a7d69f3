"""Who is at work at a file: a mark of a process, and whether that process has died."""

from __future__ import annotations

import os
import platform
import sys
import zlib

_COMPUTER = f"{zlib.crc32(platform.node().encode()):08x}"

if sys.platform == "win32":
    import _winapi

    _QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION

    def _is_running(pid: int) -> bool:
        try:
            handle = _winapi.OpenProcess(_QUERY, False, pid)
        except OSError:
            return False
        try:
            return bool(_winapi.GetExitCodeProcess(handle) == _winapi.STILL_ACTIVE)
        finally:
            _winapi.CloseHandle(handle)

else:

    def _is_running(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it is another user's
            pass
        return True


def mark() -> str:
    """This process on this computer, as a part of a file's name."""
    return f"{_COMPUTER}-{os.getpid()}"


def has_died(marked: str) -> bool:
    """Whether what `mark` named has ended. Of other computers nothing is known: a disk may be shared."""
    computer, _, pid = marked.partition("-")
    return computer == _COMPUTER and pid.isdecimal() and 0 < int(pid) < 1 << 31 and not _is_running(int(pid))
