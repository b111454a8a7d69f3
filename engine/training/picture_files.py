"""Picture files of others' making: checked before they are decoded, upright, at full depth."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from ..errors import InvalidExemplarError
from .limits import LARGEST, MOST_DECODED, MOST_PIXELS, is_too_small_for, thinned
from .resampling import reduce_colour

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
# What those names stand for. Pillow knows more, and hands PostScript to another program.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
_ORIENTATION = 0x0112  # Exif: from 5 on, height and width are exchanged
# What Pillow was seen to raise, or documents, for damaged files.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, TypeError, RuntimeError)
_UNREADABLE: tuple[type[Exception], ...] = (*_DAMAGED, MemoryError, struct.error, zlib.error)


def is_picture(path: Path) -> bool:
    """Whether a name is a picture's. Hidden files are none: macOS puts `._NAME.jpg` beside NAME.jpg."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".") and path.is_file()


def picture_size(path: Path) -> tuple[int, int]:
    """(height, width) of a picture as it is seen upright, from its header."""
    with _opened(path) as image:
        turned = image.getexif().get(_ORIENTATION, 1) >= 5
        return image.size if turned else image.size[::-1]


def read_colour(path: Path) -> np.ndarray:
    """A picture, upright: display-encoded colour [H, W, 3] uint8, reduced to a shorter side of `LARGEST` texels."""
    with _opened(path) as image:
        return _colour(ImageOps.exif_transpose(image))


def read_values(path: Path, channels: int) -> np.ndarray:
    """A picture at its full depth: [H, W] (one channel) or [H, W, 3], float32 in [0, 1], as stored."""
    with _opened(path) as opened:
        image = ImageOps.exif_transpose(opened)
        if _is_deep(image):
            values = _deep(image)
            return values if channels == 1 else np.repeat(values[..., None], channels, axis=-1)
        return np.asarray(image.convert("L" if channels == 1 else "RGB"), np.float32) / 255


def read_animation(path: Path) -> tuple[list[np.ndarray], list[float] | None]:
    """Frames [H, W, 3] uint8 of an animated picture and the times at which they appear, None where it does not say.

    Thinned to `MOST_FRAMES`, reduced to a shorter side of `LARGEST`. Raises InvalidExemplarError where it breaks off or
    would be more than `MOST_DECODED` bytes.
    """
    with _opened(path) as image:
        count, size = getattr(image, "n_frames", 1), image.size
        if count * image.width * image.height * 3 > MOST_DECODED:
            raise InvalidExemplarError(
                f"{path.name} holds {count} frames of {_by(size)}, more than {MOST_DECODED >> 30} GB when decoded",
                "reduce it",
            )
        still = int(bool(getattr(image, "default_image", False)))  # a PNG's stand-in, which is not of the animation
        kept = {still + index for index in thinned(count - still)}
        frames, durations = [], []
        for index, frame in enumerate(ImageSequence.Iterator(image)):
            frame.load()
            if frame.size != size:
                raise InvalidExemplarError(
                    f"The frames of {path.name} have different sizes ({_by(size)}, {_by(frame.size)})",
                    "crop all frames to one size",
                )
            durations.append(float(frame.info.get("duration") or 0))
            if index in kept:
                frames.append(_colour(frame))
        if image.format == "GIF" and not _is_whole_gif(path):
            raise InvalidExemplarError(
                f"{path.name} cannot be read: it breaks off after {len(durations)} frames", "copy it again"
            )
    if min(durations[still:-1], default=0) <= 0:
        return frames, None
    starts = np.cumsum([0.0, *durations[still:-1]]).tolist()
    return frames, [starts[index - still] for index in sorted(kept)]


class _File(io.BufferedReader):
    """A file that asks for no more memory than it has bytes, however many a picture's header says there are."""

    def __init__(self, path: Path):
        super().__init__(io.FileIO(path))
        self._bytes = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size is None else min(size, self._bytes))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    Image.init()
    formats = [form for form in _FORMATS if form in Image.OPEN]  # not every Pillow was built with all of them
    try:
        # Of oddities that do not matter, and of sizes; the limit of these is ours, and lower.
        with warnings.catch_warnings(action="ignore"), _File(path) as file, Image.open(file, formats=formats) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            too_few = is_too_small_for(path, image.width * image.height)
            if too_few and image.format != "GIF":  # whose frames may be smaller than it says
                raise ValueError(f"it has too few bytes for {_by(image.size)} texels")
            yield image
    except Image.DecompressionBombError as error:
        raise InvalidExemplarError(
            f"{path.name} has more than {MOST_PIXELS >> 20} million pixels a frame", "reduce it first"
        ) from error
    except _UNREADABLE as error:
        raise InvalidExemplarError(
            f"{path.name} cannot be read as a picture ({_reason(error)})",
            "choose PNG, JPEG, TIFF, WebP or GIF, and see whether it opens elsewhere",
        ) from error


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _is_whole_gif(path: Path) -> bool:
    """Whether a GIF has its last byte. Pillow takes one that ends between two frames for whole."""
    with path.open("rb") as file:
        file.seek(-min(64, path.stat().st_size), 2)
        return file.read().rstrip(b"\0\r\n").endswith(b";")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _deep(image: Image.Image) -> np.ndarray:
    """Grey of more than 8 bits, [H, W] float32 in [0, 1]: Pillow's own conversion clips it at 255."""
    values = np.asarray(image).astype(np.float32)
    values = values if image.mode == "F" else values / 65535
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ValueError("its values are not between 0 and 1")
    return values


def _colour(image: Image.Image) -> np.ndarray:
    if _is_deep(image):
        grey = (_deep(image) * 255 + 0.5).astype(np.uint8)
        return reduce_colour(np.repeat(grey[..., None], 3, axis=-1), LARGEST)
    return reduce_colour(np.asarray(image.convert("RGB")), LARGEST)
