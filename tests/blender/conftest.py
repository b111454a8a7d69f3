"""Installs the built extension into a temporary profile, before any test imports bpy."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

# The engine's side and Blender's side are tested by separate runs; without bpy there is nothing to do here.
_PROFILE = Path(tempfile.mkdtemp(prefix="patina-profile-"))
os.environ["BLENDER_USER_RESOURCES"] = str(_PROFILE)

import bpy  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "data" / "tiny.safetensors"


def extension_tool() -> Path:
    """Blender's own command line for extensions."""
    return Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core/bl_pkg/cli/blender_ext.py"


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, built by Blender's own tool."""
    path = tmp_path_factory.mktemp("build") / "patina.zip"
    command = [sys.executable, extension_tool(), "build", "--source-dir", ROOT, "--output-filepath", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return path


@pytest.fixture(scope="session")
def installed(extension_zip: Path) -> str:
    """The package name of the installed and enabled extension."""
    bpy.ops.extensions.package_install_files(filepath=str(extension_zip), repo="user_default", enable_on_install=True)
    name = "bl_ext.user_default.patina"
    assert name in bpy.context.preferences.addons
    return name
