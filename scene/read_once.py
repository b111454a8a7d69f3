"""Small files that panels ask for at every redraw, read again only when they have changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

_MOST = 100  # contents that are remembered, a few kilobytes each


def read_once(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """`read`, called for a path only where the file's time or size is another than before. Raises OSError too."""
    known: dict[tuple[Path, int, int], Any] = {}

    def remembered(path: Path) -> Any:
        status = path.stat()
        key = (path, status.st_mtime_ns, status.st_size)
        if key not in known:
            if len(known) >= _MOST:
                known.clear()
            known[key] = read(path)
        return known[key]

    return remembered
