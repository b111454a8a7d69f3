"""A headless Blender with the built zip installed in a profile of its own, as tests/blender/conftest.py has it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "bl_ext.user_default.patina"


@contextmanager
def blender() -> Iterator[Path]:
    """This process as a Blender with Patina, as long as the block lasts. Gives an empty folder."""
    with tempfile.TemporaryDirectory(prefix="patina-endurance-") as name:
        folder = Path(name)
        os.environ["BLENDER_USER_RESOURCES"] = str(folder / "profile")
        import bpy  # only now that the profile is set

        from scripts.build_extension import build

        build(folder / "patina.zip")
        bpy.ops.extensions.package_install_files(
            filepath=str(folder / "patina.zip"), repo="user_default", enable_on_install=True
        )
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        find_stage()
        (folder / "work").mkdir()
        try:
            yield folder / "work"
        finally:
            bpy.ops.preferences.addon_disable(module=PACKAGE)
            shutil.rmtree(folder / "profile", ignore_errors=True)


def find_stage() -> None:
    """Make the helpers of tests/blender importable: pytest does it for the tests there."""
    path = str(ROOT / "tests" / "blender")
    if path not in sys.path:
        sys.path.insert(0, path)
