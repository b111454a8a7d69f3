"""What a reader does besides reading: what it writes, starts, connects to, and how much memory it takes."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FORBIDDEN = (
    *("os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile", "subprocess.Popen"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "pty.spawn", "ctypes.dlopen"),
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("pickle.find_class", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
)
_MOST_ADDRESSES = 1 << 30  # bytes that a case may ask for, touched or not: what a lie asks for is more
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Seen:
    """What one case did. bytes: the most memory it held at once, over what was held before."""

    seconds: float = 0.0  # of computing, so that a crowded machine does not count
    traced: bool = False  # whether what was asked for was counted, which takes time of its own
    bytes: int = 0
    forbidden: list[str] = field(default_factory=list)


class Watch:
    """Watches this process for good: from now on it can write to no file at all. Linux only.

    trace_every: in every n-th case what Python and NumPy ask for is counted, touched or not; it takes three times as
    long. In all others only memory that was touched is seen, and requests of a gigabyte fail.
    """

    def __init__(self, trace_every: int = 1) -> None:
        self.trace_every = trace_every
        self._cases = 0
        self._seen: Seen | None = None
        self._clear = os.open("/proc/self/clear_refs", os.O_WRONLY)
        sys.addaudithook(self._hear)
        # The kernel ends a process that writes to a file beyond this size, whoever in it does so.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._seen is None:
            return
        if event in _FORBIDDEN:
            self._seen.forbidden.append(f"{event}{arguments!r:.200}")
        if event == "open" and (arguments[2] or 0) & _WRITING:
            self._seen.forbidden.append(f"open{arguments!r:.200}")

    @contextmanager
    def case(self, may_trace: bool = True) -> Iterator[Seen]:
        """Watch what happens inside."""
        self._cases += may_trace
        traces = may_trace and self._cases % self.trace_every == 0
        if traces:
            tracemalloc.start()
        os.write(self._clear, b"5")  # the process's high-water mark of memory falls to what it holds now
        before = resident("VmRSS")
        resource.setrlimit(resource.RLIMIT_AS, (resident("VmSize") + _MOST_ADDRESSES, resource.RLIM_INFINITY))
        self._seen = seen = Seen(traced=traces)
        started = time.process_time()
        try:
            yield seen
        finally:
            seen.seconds = time.process_time() - started
            self._seen = None
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            seen.bytes = resident("VmHWM") - before
            if traces:
                seen.bytes = max(seen.bytes, tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()


def resident(name: str) -> int:
    """A line of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
