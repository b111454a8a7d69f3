"""Maps in a file that parent and child both see: float32, one map behind the other: `MAPS`, then the departure.

A plain temporary file serves on every system: the page cache shares it, and nothing has to be unlinked by name rules.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ..errors import InvalidRequestError
from ..maps.map_names import DEPARTURE, MAPS, map_shape

_CARRIED = (*MAPS, DEPARTURE)


def write_buffer(path: Path, maps: dict[str, np.ndarray]) -> None:
    """Write maps into the file at `path`, made by the parent with just the room they take."""
    size = buffer_bytes(len(maps[DEPARTURE]))
    if path.stat().st_size != size:
        raise InvalidRequestError("The buffer for the maps has another size than they", "restart the engine")
    buffer = np.memmap(path, np.float32, "r+")
    start = 0
    for name in _CARRIED:
        count = maps[name].size
        buffer[start : start + count] = maps[name].ravel()
        start += count


def read_buffer(path: Path, extent: int) -> dict[str, np.ndarray]:
    """The maps that `write_buffer` wrote, copied."""
    buffer = np.fromfile(path, np.float32)
    maps, start = {}, 0
    for name in _CARRIED:
        shape = map_shape(name, extent)
        count = math.prod(shape)
        maps[name] = buffer[start : start + count].reshape(shape)
        start += count
    return maps


def buffer_bytes(extent: int) -> int:
    """How large the file for the maps of one age is."""
    return 4 * extent * extent * (sum(MAPS.values()) + 1)
