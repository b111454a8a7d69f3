"""`blender --command patina bake FILE ...`: a bake without a window, for render farms."""

from __future__ import annotations

import argparse
import atexit
import re
import sys
from pathlib import Path

import bpy

from ..engine.errors import PatinaError
from ..engine.maps.picture_settings import FORMATS
from ..scene.baking import run as bake_run
from ..scene.baking.plan import BakeOrder
from ..scene.baking.settings import BAKED, BakeSettings
from ..scene.errors import BakeError
from ..scene.maps import LOOKS
from ..scene.materials import ageing_materials

_EPILOG = (
    "Frames that are there, and were made with the same settings, are skipped: a job that was cut off is begun again "
    "as it was. Chunks of frames may be baked by several machines into one folder. Exit status: 0, 1 where a material "
    "failed, 2 where the command was not understood."
)
_handle: object | None = None


def main(arguments: list[str]) -> int:
    """Run the command `patina` of Blender. Returns its exit status."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as error:  # argparse would end Blender without its own farewell
        return int(error.code or 0)
    try:
        return _bake(asked)
    except PatinaError as error:
        print(f"patina: {error}", file=sys.stderr, flush=True)
        return 1


def _bake(asked: argparse.Namespace) -> int:
    start, end = _frames(asked.frames) if asked.frames is not None else (None, None)
    settings = BakeSettings(
        maps=tuple(filter(None, asked.maps.split(","))),
        color=asked.color,
        data=asked.data,
        size=asked.size,
        normals=asked.normals.upper(),
        suffixes=BakeSettings.read_suffixes(asked.suffixes),
    )
    settings.check()
    _open(asked.file)
    scene = bpy.context.scene
    order = BakeOrder(
        directory=asked.folder if asked.folder.startswith("//") else str(Path(asked.folder).absolute()),
        frame_start=scene.frame_start if start is None else start,
        frame_end=scene.frame_end if end is None else end,
        frame_step=asked.step,
        settings=settings,
        tiles=asked.tiles,
        overwrite=asked.overwrite,
    )
    bake = bake_run.begin(scene, _materials(asked.material), order)
    bake_run.run(bake, lambda text: print(text, flush=True))
    for line in bake_run.statuses(bake):
        print(line, flush=True)
    return 1 if bake.failed else 0


def _open(file: str) -> None:
    path = Path(file).absolute()
    try:
        if not path.is_file():
            raise BakeError(f"There is no file {path}", "name a .blend")
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        reason = str(error).removeprefix("Error: ").strip().splitlines()[0]
        raise BakeError(f"{path} cannot be opened ({reason})", "name a .blend") from error


def _frames(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(-?\d{1,7})(?:(?:-|\.\.)(-?\d{1,7}))?", text)
    if match is None:
        raise BakeError(f"{text!r} names no frames", "write them like 1-250 or 7")
    return int(match[1]), int(match[2] or match[1])


def _materials(names: list[str]) -> list[bpy.types.Material]:
    """The materials of these names, or all that age. Raises BakeError where one does not."""
    ageing = {material.name: material for material in ageing_materials()}
    for name in names:
        if name not in ageing:
            raise BakeError(
                f"No material {name!r} ages in this file", f"choose among {', '.join(map(repr, ageing)) or 'none'}"
            )
    return [ageing[name] for name in dict.fromkeys(names)] if names else list(ageing.values())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blender --command patina", description="Materials that age.")
    bake = parser.add_subparsers(dest="task", required=True).add_parser(
        "bake", help="write maps as numbered pictures", epilog=_EPILOG
    )
    bake.add_argument("file", metavar="FILE", help="a .blend")
    bake.add_argument(
        "--material", metavar="NAME", action="append", default=[], help="may be repeated (default: all that age)"
    )
    bake.add_argument("--frames", metavar="START-END", help="or one frame; START..END too (default: the scene's)")
    bake.add_argument("--step", type=int, default=1, help="every how manieth frame (default 1)")
    bake.add_argument("--folder", default="//textures", help="where to write (default //textures, beside the .blend)")
    bake.add_argument("--maps", default=",".join(LOOKS), help=f"out of {','.join(BAKED)}")
    bake.add_argument("--color", choices=FORMATS, default="png8", help="format of the base colour")
    bake.add_argument("--data", choices=FORMATS, default="png16", help="format of all other maps")
    bake.add_argument("--size", type=int, default=0, help="pixels; 0: one a texel (default)")
    bake.add_argument("--normals", choices=("opengl", "directx"), default="opengl")
    bake.add_argument("--suffixes", default="", metavar="MAP=WORD,...", help="other words for maps in file names")
    bake.add_argument("--tiles", nargs="?", const="", metavar="1001-1003", help="UDIM (no value: the tiles in use)")
    bake.add_argument("--overwrite", action="store_true", help="write again what is there")
    return parser


def register() -> None:
    """Add the command, which the bpy package does not offer to anybody."""
    global _handle
    if hasattr(bpy.utils, "register_cli_command"):
        _handle = bpy.utils.register_cli_command("patina", main)


def unregister() -> None:
    global _handle
    if _handle is not None:
        bpy.utils.unregister_cli_command(_handle)
        _handle = None


atexit.register(unregister)  # Blender 4.2 as a Python module crashes at its end over a command that is still there
