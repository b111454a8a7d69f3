"""Colour footage: a video, an animated picture, or a folder of pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from ..errors import InvalidExemplarError
from .limits import MOST_HELD, thinned
from .picture_files import is_picture, picture_size, read_animation, read_colour
from .times import ages_of, find_table, timed
from .video import VIDEOS, read_video

_DARK = 12  # of 255: a sensor's noise
_LIT = 0.001  # share of the values of a frame that light leaves above it


def read_footage(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Frames [N, H, W, 3] uint8, display-encoded colour, and their ages [N] float64 from 0 to 1.

    Times: see `times` for a folder; a video's timestamps; an animation's durations. Footage of more than `MOST_FRAMES`
    frames is thinned evenly, frames with a shorter side of more than `LARGEST` texels are reduced to it.
    Raises InvalidExemplarError where there are fewer than two frames, different sizes, a frame without light, or
    something that cannot be read.
    """
    names: list[str] = []
    times: list[float] | None
    if path.is_dir():
        frames, times, names = _read_folder(path)
    else:
        frames, times = read_video(path) if path.suffix.lower() in VIDEOS else read_animation(path)
    if len(frames) < 2:
        raise InvalidExemplarError(
            f"{path.name} has {len(frames)} frame(s), and ageing needs two or more",
            "choose a video, an animation or a folder of pictures",
        )
    if sum(frame.nbytes for frame in frames) > MOST_HELD:
        raise InvalidExemplarError(
            f"The frames of {path.name} take more than {MOST_HELD >> 30} GB", "crop or reduce them first"
        )
    _check_light(frames, names, path.name)
    return np.stack(frames), ages_of(times or list(range(len(frames))))


def _read_folder(path: Path) -> tuple[list[np.ndarray], list[float], list[str]]:
    files = {file.name: file for file in sorted(path.iterdir()) if is_picture(file)}
    if not files:
        raise InvalidExemplarError(f"{path.name} has 0 frame(s): {_content(path)}", "choose a folder of pictures")
    rows = timed({name: file.stem for name, file in files.items()}, find_table(path))
    rows = [rows[index] for index in thinned(len(rows))]
    names = [name for name, _ in rows]
    sizes = sorted({picture_size(files[name]) for name in names}, key=lambda size: (size[1], size[0]))
    if len(sizes) > 1:
        found = ", ".join(f"{width} x {height}" for height, width in sizes[:4])
        raise InvalidExemplarError(
            f"The frames of {path.name} have different sizes ({found})", "crop all frames to one size"
        )
    return [read_colour(files[name]) for name in names], [time for _, time in rows], names


def _content(path: Path) -> str:
    """What a folder without pictures holds, in words."""
    inside = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
    folders = sum(entry.is_dir() for entry in inside)
    kinds = Counter(entry.suffix.lower() or "no ending" for entry in inside if entry.is_file())
    found = [f"{folders} folder(s)"] if folders else []
    found += [f"{count} file(s) with {kind}" for kind, count in kinds.most_common(3)]
    return f"it holds {', '.join(found)}" if found else "it is empty"


def _check_light(frames: list[np.ndarray], names: list[str], name: str) -> None:
    dark = [index for index, frame in enumerate(frames) if (frame > _DARK).mean() < _LIT]
    if len(dark) == len(frames):
        raise InvalidExemplarError(f"All frames of {name} are black", "there is nothing to learn without light")
    if dark:
        which = names[dark[0]] if names else f"Frame {dark[0] + 1} of {name}"
        raise InvalidExemplarError(f"{which} is black", "take out frames without light")
