"""Makes the pictures of an exemplar that are not there yet: first all maps, then the photographs of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from patina.engine.maps.pictures import to_bytes, write_picture
from PIL import Image

from .exemplar import FLASH, REFERENCES, ages, reference_numbers
from .map_files import has_maps, read_maps, write_maps
from .materials import Material

_Item = TypeVar("_Item")


def write_missing_maps(folder: Path, material: type[Material], texels: int, frames: int, seed: int) -> None:
    """Write the five maps of each frame that lacks one."""
    missing = [number for number in range(1, frames + 1) if not has_maps(folder, material.name, number)]
    if not missing:
        return
    piece = material(texels, seed)

    def write(number: int) -> None:
        write_maps(folder, material.name, number, piece.maps(ages(frames)[number - 1]))

    _each(missing, "maps", write)


def take_missing_photographs(folder: Path, material: type[Material], texels: int, frames: int) -> None:
    """Photograph the maps on disk: every frame by flash, some under the lights of the references."""
    shots = [(folder / "flash", FLASH, number) for number in range(1, frames + 1)]
    for light, place in REFERENCES.items():
        shots += [(folder / "references" / light, place, number) for number in reference_numbers(frames)]
    missing = [shot for shot in shots if not _photograph_path(shot[0], shot[2]).exists()]
    if not missing:
        return
    from .photograph import Studio, tone_map  # Blender, only where there is something to photograph

    studio = Studio(texels, material.intensity)

    def photograph(shot: tuple[Path, tuple[float, float], int]) -> None:
        parent, place, number = shot
        linear = studio.photograph(read_maps(folder, material.name, number), place)
        write_picture(_photograph_path(parent, number), Image.fromarray(to_bytes(tone_map(linear))))

    _each(missing, "photographs", photograph)


def _photograph_path(parent: Path, number: int) -> Path:
    return parent / f"{number:04d}.png"


def _each(items: list[_Item], what: str, do: Callable[[_Item], None]) -> None:
    """Do it to each, and say on standard error how long the rest will take."""
    started = time.monotonic()
    for done, item in enumerate(items, start=1):
        do(item)
        left = (time.monotonic() - started) / done * (len(items) - done)
        print(f"\r{what}: {done} of {len(items)}, {left:.0f} s left  ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
