"""`patina synth`: a model's maps at some ages, as pictures."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..errors import InvalidRequestError
from ..maps.map_names import MAPS
from ..models.shipped import find_model
from .arguments import ages

TEXT = "write the maps of a model at some ages as pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a file, or the name of a shipped model")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--size", type=int, default=256, help="extent in texels (default 256)")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another piece of the material")
    parser.add_argument("--ages", type=ages, default=[0.0, 0.5, 1.0], help="between 0 and 1 (default 0,0.5,1)")
    parser.add_argument("--lives", type=Path, help="folder of kept lives (default: FOLDER/.lives)")


def run(arguments: argparse.Namespace) -> None:
    from ..channel.server import device_name
    from ..channel.worker import Worker, write_files
    from ..lives.life_store import LifeStore
    from ..lives.memory import keep_freed_memory

    keep_freed_memory()
    path = find_model(arguments.model)
    worker = Worker(LifeStore(arguments.lives or arguments.folder / ".lives", 4 << 30), device_name())
    life = worker.life(path, "", arguments.seed, arguments.size)
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequestError(
            f"{arguments.folder} cannot be made ({error.strerror})", "choose another folder"
        ) from error
    started = time.monotonic()
    for number, age in enumerate(arguments.ages, start=1):
        for done, total in worker.solve(life, age):
            seconds = (time.monotonic() - started) / done * (total - done)
            print(f"\rstep {done} of {total}, {seconds:.0f} s left ", end="", file=sys.stderr, flush=True)
        files = {name: str(arguments.folder / f"{path.stem}_{name}_{number:04d}.png") for name in MAPS}
        write_files(files, life.maps(age))
    print(f"\r{len(arguments.ages) * len(MAPS)} pictures in {arguments.folder}", file=sys.stderr)
