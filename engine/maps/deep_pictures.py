"""Pictures of more than 8 bits a channel in colour, which Pillow does not write: by FFmpeg's encoders."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def png_of_16_bits(pixels: np.ndarray) -> bytes:
    """A PNG file of uint16 [H, W, 4], [H, W, 3] or [H, W]."""
    layout = {4: "rgba64be", 3: "rgb48be"}[pixels.shape[2]] if pixels.ndim == 3 else "gray16be"
    return _encode("png", pixels, layout, {})


def half_exr(values: np.ndarray) -> bytes:
    """An OpenEXR file, half floats, ZIP, of [H, W, 3] (channels R, G, B) or [H, W] (channel Y), rows from the top."""
    # Rounded here, to the nearest: FFmpeg's own way from float to half differs between its versions.
    halves = values.astype(np.float16).astype(np.float32)
    return _encode(
        "exr",
        halves,
        "gbrpf32le" if values.ndim == 3 else "grayf32le",
        {"format": "half", "compression": "zip16"},
    )


def _encode(codec: str, pixels: np.ndarray, layout: str, options: dict[str, str]) -> bytes:
    import av  # here: it takes a moment to load, and most pictures do without it

    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, layout
    context.time_base = Fraction(1, 25)  # asked for of every video
    context.thread_count = 1  # the same bytes everywhere
    context.options = options
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
