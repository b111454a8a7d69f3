"""Maps as picture files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..errors import PatinaError
from ..files.whole_files import written_whole
from .color import linear_to_srgb
from .deep_pictures import half_exr, png_of_16_bits


class PictureError(PatinaError):
    """A picture that cannot be written."""


def to_bytes(values: np.ndarray, depth: int = 8) -> np.ndarray:
    """Values in [0, 1] as whole numbers of `depth` bits, rounded."""
    most = 2**depth - 1
    return (np.clip(values, 0, 1) * most + 0.5).astype(np.uint8 if depth == 8 else np.uint16)


def base_color_picture(base_color: np.ndarray) -> np.ndarray:
    """Linear base colour [H, W, 3] as sRGB bytes."""
    return to_bytes(linear_to_srgb(torch.from_numpy(base_color)).numpy())


def write_map(path: Path, name: str, values: np.ndarray, form: str = "") -> None:
    """Write one map ([H, W, 3] or [H, W]) beside `path` and then rename it: a picture is there whole or not at all.

    form: one of `picture_settings.FORMATS`; without one, base colour and normals have 8 bits, other maps 16.
    PNG: base colour is sRGB, the rest linear; heights are fractions of the width of 256 texels, shifted by 0.5, as they
    may be negative. EXR: everything linear and unshifted, as half floats.
    Raises PictureError where the folder or the disk does not let us.
    """
    form = form or ("png8" if name in ("base_color", "normal") else "png16")
    if form == "exr":
        _write_bytes(path, half_exr(values))
        return
    if name == "base_color":
        values = linear_to_srgb(torch.from_numpy(values)).numpy()
    pixels = to_bytes(values + 0.5 if name == "height" else values, depth=8 if form == "png8" else 16)
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        _write_bytes(path, png_of_16_bits(pixels))
    else:
        write_picture(path, Image.fromarray(pixels))


def write_texture(path: Path, values: np.ndarray, depth: int) -> None:
    """Write values [H, W, 3 or 4] in [0, 1] as PNG of 8 or 16 bits, just as they are. Raises PictureError."""
    pixels = to_bytes(values, depth)
    if depth == 16:
        _write_bytes(path, png_of_16_bits(pixels))
    else:
        write_picture(path, Image.fromarray(pixels))


def write_picture(path: Path, image: Image.Image) -> None:
    """Write any picture as PNG, whole or not at all."""
    with _finished(path) as beside:
        image.save(beside, format="PNG")


def _write_bytes(path: Path, content: bytes) -> None:
    with _finished(path) as beside:
        beside.write_bytes(content)


@contextmanager
def _finished(path: Path) -> Iterator[Path]:
    try:
        with written_whole(path) as beside:
            yield beside
    except OSError as error:
        raise PictureError(
            f"{path} cannot be written ({error.strerror or error})",
            "choose a folder that you may write to, with space left",
        ) from error
