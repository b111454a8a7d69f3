"""Makes one exemplar whose truth is known: maps, flash photographs, and references under three other lights.

.venv/bin/python -m synthetic.make NAME FOLDER [--texels 128] [--frames 100] [--seed 0]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from patina.engine.errors import PatinaError

from .exemplar import begin, scene
from .materials import MATERIALS


def make(name: str, folder: Path, texels: int = 128, frames: int = 100, seed: int = 0) -> None:
    """Write what is not there yet: scene.json, maps/, flash/, references/. Raises PatinaError."""
    if name not in MATERIALS:
        raise PatinaError(f"There is no material {name!r}", f"choose one of {', '.join(sorted(MATERIALS))}")
    if texels < 16 or frames < 2 or seed < 0:
        raise PatinaError(
            f"{frames} frames of {texels} texels with seed {seed} cannot be made",
            "ask for 2 frames and 16 texels or more, and a seed from 0",
        )
    material = MATERIALS[name]
    begin(folder, scene(material, texels, frames, seed))
    from .production import take_missing_photographs, write_missing_maps  # torch and Blender take seconds to load

    write_missing_maps(folder, material, texels, frames, seed)
    take_missing_photographs(folder, material, texels, frames)


def main() -> int:
    """Exit 0, or one line of error and exit 2."""
    parser = argparse.ArgumentParser(prog="synthetic.make", description="An exemplar whose maps are known.")
    parser.add_argument("name", metavar="NAME", help=", ".join(sorted(MATERIALS)))
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--texels", type=int, default=128, help="extent; more texels are more material (default 128)")
    parser.add_argument("--frames", type=int, default=100, help="evenly from age 0 to 1 (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another piece of the material")
    arguments = parser.parse_args()
    try:
        make(arguments.name, arguments.folder, arguments.texels, arguments.frames, arguments.seed)
    except PatinaError as error:
        print(f"synthetic.make: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsynthetic.make: stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
