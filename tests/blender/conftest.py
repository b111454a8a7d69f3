"""Installs the built extension into a temporary profile, before any test imports bpy."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PROFILE = Path(tempfile.mkdtemp(prefix="patina-profile-"))
os.environ["BLENDER_USER_RESOURCES"] = str(_PROFILE)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the engines of two workers share few cores

import bpy  # noqa: E402 - only now that the profile is set
import pytest  # noqa: E402

from scripts.build_extension import build  # noqa: E402

PACKAGE = "bl_ext.user_default.patina"


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, validated and built by Blender's own tool; or the one that PATINA_ZIP names."""
    if "PATINA_ZIP" in os.environ:
        return Path(os.environ["PATINA_ZIP"])
    path = tmp_path_factory.mktemp("build") / "patina.zip"
    build(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def installed(extension_zip: Path) -> Iterator[str]:
    """The extension, installed and enabled as an artist would; taken out at the end."""
    bpy.ops.extensions.package_install_files(filepath=str(extension_zip), repo="user_default", enable_on_install=True)
    assert PACKAGE in bpy.context.preferences.addons
    yield PACKAGE
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    shutil.rmtree(_PROFILE, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_file() -> None:
    """Every test begins with an empty file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
