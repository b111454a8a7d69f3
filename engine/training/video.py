"""Frames of a video file, decoded by FFmpeg (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidExemplarError
from .limits import LARGEST, MOST_FRAMES, MOST_PIXELS, MOST_VIDEO_FRAMES, is_too_small_for
from .resampling import reduce_colour

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

VIDEOS = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".wmv", ".mts", ".m2ts", ".3gp"}
_BREAK = 0.9  # a film that ends before this share of the length that it states has been cut off


def read_video(path: Path) -> tuple[list[np.ndarray], list[float] | None]:
    """Frames [H, W, 3] uint8 and their times in seconds, None where the file has none.

    Display-encoded colour by the file's own matrix and range; turned as its metadata says by multiples of 90 degrees.
    Of a long video every n-th frame and the last are kept, `MOST_FRAMES` at most; large frames are reduced to a shorter
    side of `LARGEST` texels as they are read. HDR is not tone-mapped.
    Raises InvalidExemplarError where PyAV is missing, the file cannot be read or breaks off, frames change their size
    or have more than `MOST_PIXELS`, or there are more than `MOST_VIDEO_FRAMES`.
    """
    try:
        import av
    except ImportError as error:
        raise InvalidExemplarError(
            f"Reading {path.name} needs the Python package av", "install it beside torch, or use a folder of pictures"
        ) from error
    try:
        # Only this file: a playlist under a video's name may point anywhere.
        with av.open(str(path), options={"protocol_whitelist": "file"}, metadata_errors="ignore") as container:
            _check_claim(container, path)
            return _thinned_frames(container, path.name)
    except (av.FFmpegError, OSError, ValueError, IndexError, EOFError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InvalidExemplarError(
            f"{path.name} cannot be read as a video ({reason:.120})", "see whether it plays, and copy or convert it"
        ) from error


def _check_claim(container: InputContainer, path: Path) -> None:
    """Before a frame is decoded, for the decoder takes the memory that the file asks for."""
    for stream in container.streams.video[:1]:
        if stream.codec_context is None:
            raise ValueError("no decoder knows its codec")
        texels = stream.codec_context.width * stream.codec_context.height
        _check_texels(texels, path.name)
        if is_too_small_for(path, texels):
            raise ValueError("it has too few bytes for the size of its frames")
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}


def _thinned_frames(container: InputContainer, name: str) -> tuple[list[np.ndarray], list[float] | None]:
    if not container.streams.video:
        raise InvalidExemplarError(f"{name} holds no pictures", "choose a video")
    kept: list[np.ndarray] = []
    times: list[float | None] = []
    every, last, index = 1, None, -1
    for index, frame in _decoded(container, name):
        last = frame
        if index % every:
            continue
        if len(kept) == MOST_FRAMES - 1:  # one more is the last
            kept, times, every = kept[::2], times[::2], 2 * every
            if index % every:
                continue
        kept.append(_colour(frame))
        times.append(frame.time)
        last = None
    if last is not None:
        kept.append(_colour(last))
        times.append(last.time)
    _check_whole(container, name, index + 1, times[-1] if times else None)
    known = [time for time in times if time is not None]
    rises = all(before < after for before, after in pairwise(known))
    return kept, known if rises and len(known) == len(kept) else None


def _decoded(container: InputContainer, name: str) -> Iterator[tuple[int, VideoFrame]]:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    _check_length(stream.frames, name)
    size = None
    for index, frame in enumerate(container.decode(stream)):
        _check_length(index + 1, name)
        _check_texels(frame.width * frame.height, name)
        size = size or (frame.width, frame.height)
        if size != (frame.width, frame.height):
            raise InvalidExemplarError(
                f"The frames of {name} have different sizes ({size[0]} x {size[1]}, {frame.width} x {frame.height})",
                "convert it to one size",
            )
        yield index, frame


def _check_texels(texels: int, name: str) -> None:
    if texels > MOST_PIXELS:
        raise InvalidExemplarError(
            f"{name} has more than {MOST_PIXELS >> 20} million pixels a frame", "reduce it first"
        )


def _check_length(frames: int, name: str) -> None:
    if frames > MOST_VIDEO_FRAMES:
        raise InvalidExemplarError(
            f"{name} has more than {MOST_VIDEO_FRAMES:,} frames", "cut it, or speed it up to a time-lapse"
        )


def _check_whole(container: InputContainer, name: str, count: int, end: float | None) -> None:
    """Raises InvalidExemplarError for a film that was cut off; decoders take its end for the end of the film."""
    stream = container.streams.video[0]
    if "avi" in container.format.name and count < _BREAK * stream.frames:  # in others, edits leave some out
        raise InvalidExemplarError(
            f"{name} cannot be read: it breaks off after {count} of {stream.frames} frames", "copy it again"
        )
    length = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
    start = stream.start_time and stream.time_base and float(stream.start_time * stream.time_base)
    if not length and len(container.streams) == 1 and container.duration:  # else it may be the sound's
        length = container.duration / 1e6
    rate = float(stream.average_rate or 0)
    if end is None or not length or not rate:
        return
    if end - (start or 0) + 1 / rate < _BREAK * length:
        raise InvalidExemplarError(
            f"{name} cannot be read: it breaks off after {end:.1f} of {length:.1f} seconds", "copy it again"
        )


def _colour(frame: VideoFrame) -> np.ndarray:
    upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return reduce_colour(np.ascontiguousarray(upright), LARGEST)
