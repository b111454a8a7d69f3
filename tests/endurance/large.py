"""A bake at the largest resolution: whether it ends, what it takes, and whether its pictures are of one surface."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from stage import age_stage, load_picture, patina

_MAPS = {"BASE_COLOR", "NORMAL"}


def peak(pid: int | None) -> float:
    """MiB that a process has held in memory at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def is_one_surface(picture: np.ndarray, piece: int = 256) -> bool:
    """Whether no piece [piece, piece, 3] of a picture is empty, and no two are alike."""
    count = len(picture) // piece
    pieces = [picture[y * piece :][:piece, x * piece :][:, :piece] for y in range(count) for x in range(count)]
    seen = {found[::16, ::16].tobytes() for found in pieces}
    return all(found.std() > 0 for found in pieces) and len(seen) == len(pieces)


def main(options: Any, folder: Path) -> list[str]:
    """Bake the aged end of a life of `options.extent` texels."""
    age_stage(options.model, options.extent)
    started = time.monotonic()
    outcome = bpy.ops.patina.bake_sequence(
        directory=str(folder), frame_start=10, frame_end=10, maps=_MAPS, color_format="PNG8", data_format="PNG8"
    )
    seconds = time.monotonic() - started
    engine = peak(patina("scene.engine.process").engine().pid)
    own = peak(int(Path("/proc/self").resolve().name))
    size = f"{options.extent} x {options.extent}"
    print(f"{options.model}, {size}: {seconds:.0f} s; at most {engine:.0f} MiB in the engine, {own:.0f} in Blender")
    problems = [] if outcome == {"FINISHED"} else [f"the bake ended with {outcome}"]
    pictures = sorted(folder.rglob("*.png"))
    problems += [] if len(pictures) == len(_MAPS) else [f"there are {len(pictures)} pictures"]
    for path in pictures:
        picture = load_picture(path)[..., :3]
        if picture.shape[:2] != (options.extent, options.extent) or not is_one_surface(picture):
            problems.append(f"{path.name} is not what was asked for: {picture.shape}")
    return problems
