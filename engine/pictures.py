"""Maps as picture files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .color import linear_to_srgb
from .errors import PatinaError
from .whole_files import written_whole


class PictureError(PatinaError):
    """A picture that cannot be written."""


def to_bytes(values: np.ndarray, depth: int = 8) -> np.ndarray:
    """Values in [0, 1] as whole numbers of `depth` bits, rounded."""
    most = 2**depth - 1
    return (np.clip(values, 0, 1) * most + 0.5).astype(np.uint8 if depth == 8 else np.uint16)


def base_color_picture(base_color: np.ndarray) -> np.ndarray:
    """Linear base colour [H, W, 3] as sRGB bytes."""
    return to_bytes(linear_to_srgb(torch.from_numpy(base_color)).numpy())


def write_map(path: Path, name: str, values: np.ndarray) -> None:
    """Write one map as PNG, beside `path` and then renamed, so that a picture is there whole or not at all.

    base_color: 8 bits, sRGB. normal: 8 bits, linear. metallic, roughness: 16 bits, linear. height: 16 bits, linear, a
    fraction of the width of 256 texels shifted by 0.5, as heights may be negative.
    Raises PictureError where the folder or the disk does not let us.
    """
    if name == "base_color":
        image = Image.fromarray(base_color_picture(values))
    elif name == "normal":
        image = Image.fromarray(to_bytes(values))
    else:
        image = Image.fromarray(to_bytes(values + 0.5 if name == "height" else values, depth=16))
    write_picture(path, image)


def write_picture(path: Path, image: Image.Image) -> None:
    """Write any picture as PNG, whole or not at all."""
    try:
        with written_whole(path) as beside:
            image.save(beside, format="PNG")
    except OSError as error:
        raise PictureError(
            f"{path} cannot be written ({error.strerror or error})",
            "choose a folder that you may write to, with space left",
        ) from error
