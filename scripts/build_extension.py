"""Builds the extension's zip with Blender's own tool, the same bytes from the same files.

.venv/bin/python scripts/build_extension.py OUTPUT.zip
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


class BuildError(Exception):
    """Blender's tool refused the extension."""


def blender_extension_tool() -> Path:
    """Blender's command-line core for extensions, inside the bpy package of this environment."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        raise BuildError("this Python has no bpy: run `make` first")
    return next(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))


def build(output: Path) -> None:
    """Validate the source and build `output`; raises BuildError with the tool's words."""
    output.parent.mkdir(parents=True, exist_ok=True)
    tool = [sys.executable, str(blender_extension_tool())]
    for arguments in (
        ["validate", str(ROOT)],
        ["build", "--source-dir", str(ROOT), "--output-filepath", str(output)],
        ["validate", str(output)],
    ):
        result = subprocess.run([*tool, *arguments], capture_output=True, text=True)
        if result.returncode:
            raise BuildError((result.stdout + result.stderr).strip())
    _normalise(output)


def _normalise(path: Path) -> None:
    """Rewrite the zip in the order of its names and without modification times, which the tool stores."""
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except BuildError as error:
        sys.exit(f"build_extension: {error}")
    print(sys.argv[1])
