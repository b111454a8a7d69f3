"""Picture files of others' making: checked before they are decoded, upright, at full depth."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from ..errors import InvalidExemplarError
from .limits import LARGEST, MOST_DECODED, MOST_PIXELS, thinned
from .resampling import reduce_colour

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
_ORIENTATION = 0x0112  # Exif: from 5 on, height and width are exchanged
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct.error, zlib.error, MemoryError)


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
        count = getattr(image, "n_frames", 1)
        if count * image.width * image.height * 3 > MOST_DECODED:
            raise InvalidExemplarError(
                f"{path.name} holds {count} frames of {image.width} x {image.height}, more than {MOST_DECODED >> 30} "
                f"GB when decoded",
                "reduce it",
            )
        still = int(bool(getattr(image, "default_image", False)))  # a PNG's stand-in, which is not of the animation
        kept = {still + index for index in thinned(count - still)}
        frames, durations = [], []
        for index, frame in enumerate(ImageSequence.Iterator(image)):
            frame.load()
            durations.append(float(frame.info.get("duration") or 0))
            if index in kept:
                frames.append(_colour(frame))
        if len(durations) != count:
            raise InvalidExemplarError(
                f"{path.name} cannot be read: it breaks off after {len(durations)} of {count} frames", "copy it again"
            )
    if min(durations[still:-1], default=0) <= 0:
        return frames, None
    starts = np.cumsum([0.0, *durations[still:-1]]).tolist()
    return frames, [starts[index - still] for index in sorted(kept)]


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours, and lower
            image = Image.open(path)
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
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
