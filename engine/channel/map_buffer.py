"""Maps in a file that parent and child both see: float32, one channel behind the other: `MAPS`, then the departure.

A plain temporary file serves on every system: the page cache shares it, and nothing has to be unlinked by name rules.
Channels are whole planes, as the child computes them and as images take them in: interleaving them on the way, three
numbers at a time, costs more than all else. It is written in one call: a mapped file costs a fault for every page.
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
    buffer, start = np.empty(size // 4, np.float32), 0
    for name in _CARRIED:
        planes = np.moveaxis(np.atleast_3d(maps[name]), -1, 0)  # [C, H, W]
        buffer[start : start + planes.size].reshape(planes.shape)[...] = planes
        start += planes.size
    with path.open("r+b", buffering=0) as file:
        file.write(buffer)  # type: ignore[arg-type]  # any buffer will do


def read_buffer(path: Path, extent: int) -> dict[str, np.ndarray]:
    """The maps that `write_buffer` wrote, copied."""
    buffer = np.fromfile(path, np.float32)
    maps, start = {}, 0
    for name in _CARRIED:
        shape = map_shape(name, extent)
        count = math.prod(shape)
        planes = buffer[start : start + count].reshape((count // extent**2, extent, extent))  # ValueError if cut short
        maps[name] = planes[0] if len(shape) == 2 else np.moveaxis(planes, 0, -1)
        start += count
    return maps


def buffer_bytes(extent: int) -> int:
    """How large the file for the maps of one age is."""
    return 4 * extent * extent * (sum(MAPS.values()) + 1)
