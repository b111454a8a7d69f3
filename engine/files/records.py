"""Arrays as small files that are whole or absent: written beside and renamed, and checked when they are read."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path

import numpy as np

from .whole_files import written_whole


def write_record(path: Path, array: np.ndarray) -> None:
    """Write `array` to `path`, preceded by a checksum."""
    content = BytesIO()
    np.save(content, array, allow_pickle=False)
    with written_whole(path) as beside, beside.open("wb") as file:
        file.write(zlib.crc32(content.getbuffer()).to_bytes(4, "little"))
        file.write(content.getbuffer())


def read_record(path: Path, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
    """The array at `path`; None where there is none, it is damaged, or it is not of this shape and type."""
    try:
        content = path.read_bytes()
        if zlib.crc32(memoryview(content)[4:]) != int.from_bytes(content[:4], "little"):
            return None
        array = np.load(BytesIO(content[4:]), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.shape == shape and array.dtype == dtype else None
