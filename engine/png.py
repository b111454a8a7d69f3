"""PNG with 8 or 16 bits a channel: Pillow cannot write colour with 16."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from .pictures import PictureError, to_bytes
from .whole_files import written_whole


def write_png(path: Path, values: np.ndarray, depth: int) -> None:
    """Write values [H, W, 3] in [0, 1] as PNG of `depth` bits, 8 or 16; whole or not at all.

    Raises PictureError where the folder or the disk does not let us.
    """
    height, width, _ = values.shape
    rows = to_bytes(values, depth).astype(">u2" if depth == 16 else np.uint8).reshape(height, -1).view(np.uint8)
    # Each row as its difference to the one above (filter 2): textures compress to about two thirds of the plain bytes.
    filtered = np.full((height, 1 + rows.shape[1]), 2, np.uint8)
    filtered[0, 1:] = rows[0]
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)  # colour type 2: RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b""))
    try:
        with written_whole(path) as beside, beside.open("wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            for kind, data in chunks:
                file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    except OSError as error:
        raise PictureError(
            f"{path} cannot be written ({error.strerror or error})",
            "choose a folder that you may write to, with space left",
        ) from error
