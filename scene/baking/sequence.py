"""The folder of what is baked, and a material's name in the names of files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import bpy

from ..errors import BakeError

# Of a material's name in a file name: systems stop at 255 bytes, and map, frame and suffixes are to fit too.
_LONGEST = 80  # characters
_MOST_BYTES = 160


def check_folder(directory: str) -> Path:
    """The folder to bake into, made if need be. Raises BakeError where files cannot be written there."""
    if directory.startswith("//") and not bpy.data.filepath:
        raise BakeError("The folder is relative to a .blend that is not saved yet", "save the file, then bake")
    if not directory:
        raise BakeError("No folder is given", "choose where the textures are to go")
    folder = Path(bpy.path.abspath(directory)).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits say little (root, read-only mounts): only writing shows that writing works.
        probe = folder / f".patina-{os.getpid()}"
        try:
            probe.write_bytes(b"patina")
        finally:
            probe.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise BakeError(
            f"Nothing can be written to the folder {folder} ({problem})", "choose another folder"
        ) from error
    return folder


def file_stem(material_name: str) -> str:
    """A material's name as the start of a file name on any system."""
    stem = re.sub(r"[^\w.-]+", "_", material_name).strip("._ ")[:_LONGEST]
    return stem.encode()[:_MOST_BYTES].decode(errors="ignore") or "material"


def file_stems(material_names: Iterable[str]) -> dict[str, str]:
    """A stem for each of the materials of a file; where two would be the same, later ones by name are numbered."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(material_names):
        first = stem = file_stem(name)
        number = 1
        while stem.casefold() in taken:  # as systems see it that do not tell cases apart
            number += 1
            stem = f"{first}_{number}"
        taken.add(stem.casefold())
        stems[name] = stem
    return stems
