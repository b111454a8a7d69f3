"""Reading from a child process without ever blocking, on every system, and without threads."""

from __future__ import annotations

import os
import sys
import time
from typing import IO

if sys.platform == "win32":
    import _winapi
    import msvcrt

    def wait_readable(pipe: IO[bytes], timeout: float) -> bool:
        """Whether there is something to read, or the end, within `timeout` seconds."""
        handle = msvcrt.get_osfhandle(pipe.fileno())
        deadline = time.monotonic() + timeout
        while True:
            try:
                # select() takes sockets only on Windows; what a pipe holds can be looked at instead.
                if _winapi.PeekNamedPipe(handle, 0)[1]:
                    return True
            except BrokenPipeError:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.001)
else:
    import select

    def wait_readable(pipe: IO[bytes], timeout: float) -> bool:
        """Whether there is something to read, or the end, within `timeout` seconds."""
        return bool(select.select([pipe], [], [], timeout)[0])


def read_available(pipe: IO[bytes], timeout: float) -> bytes | None:
    """What has arrived, waiting up to `timeout` seconds for it; b"" where nothing has, None at the end of the pipe."""
    if not wait_readable(pipe, timeout):
        return b""
    try:
        return os.read(pipe.fileno(), 1 << 16) or None
    except OSError:
        return None
