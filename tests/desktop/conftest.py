"""Desktop tests need a screen, Blender and xdotool; where one of them is missing they are skipped, with the reason."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk

from scripts.build_extension import build

PACKAGE = "bl_ext.user_default.patina"


def lacking() -> str:
    """Why there can be no window here; empty if there can."""
    programs = [name for name in ("blender", "xdotool", "import") if shutil.which(name) is None]
    if programs:
        return f"no {' and no '.join(programs)} on the search path (import is ImageMagick's)"
    return "" if os.environ.get("DISPLAY") else "no screen: run the tests under xvfb-run"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A newcomer's Blender with the built extension just installed, and an engine that is named."""
    os.environ["PATINA_PYTHON"] = os.environ.get("PATINA_PYTHON") or sys.executable
    yield from newcomers_desk(tmp_path_factory)


def newcomers_desk(
    tmp_path_factory: pytest.TempPathFactory, profile_name: str = "profile", kept_in: str = "."
) -> Iterator[Desk]:
    """A Blender with an empty profile and the built extension just installed.

    kept_in: the folder of its pictures, among those that are kept.
    """
    reason = lacking()
    if reason:
        pytest.skip(reason)
    kept = os.environ.get("PATINA_DESKTOP_PICTURES")  # where to keep the pictures of the screen
    folder = Path(kept).resolve() / kept_in if kept else tmp_path_factory.mktemp("desk")
    folder.mkdir(parents=True, exist_ok=True)
    profile = tmp_path_factory.mktemp("desktop") / profile_name
    profile.mkdir()
    os.environ["BLENDER_USER_RESOURCES"] = str(profile)
    extension = tmp_path_factory.mktemp("zip") / "patina.zip"
    build(extension)
    for old in folder.glob("a*.json"):
        old.unlink()
    window = Desk(folder, PACKAGE, zip_file=extension)
    try:
        yield window
    finally:
        window.close()


@pytest.fixture(autouse=True)
def fresh_file(desk: Desk) -> Iterator[None]:
    """Every test begins with the start-up file, and ends without an error in Blender's terminal."""
    desk.new_file()
    begun = len(desk.log())
    yield
    said = desk.log()[begun:]
    assert "Traceback" not in said and "Error:" not in said, said[-3000:]
