"""The engine installed from the window: the dialog, the bar that moves, the way out, and what is said in the end.

PATINA_DESKTOP_WHEELS names folders of real packages for the Python of that Blender, as PIP_FIND_LINKS does; without
them the packages are tiny and their torch breaks, for no other Python's torch can be borrowed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import newcomers_desk
from desk import Desk

sys.path.append(str(Path(__file__).parents[1] / "blender"))
from wheels import only_from, write_wheels  # what the headless tests install

REAL = os.environ.get("PATINA_DESKTOP_WHEELS", "")
SETUP = "__import__('importlib').import_module(PACKAGE + '.scene.engine.setup')"
LONGEST = 1800.0  # seconds, for gigabytes on a crowded machine


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A newcomer's Blender whose preferences show Patina, with no engine and packages in a folder."""
    before = dict(os.environ)
    os.environ.pop("PATINA_PYTHON", None)
    os.environ |= only_from(write_wheels(tmp_path_factory.mktemp("wheels"), None))
    if REAL:
        os.environ["PIP_FIND_LINKS"] = REAL
    for window in newcomers_desk(tmp_path_factory, "Zoë's profile"):
        window.ask("bpy.ops.preferences.addon_expand(module=PACKAGE); answer = 0")
        yield window
    os.environ.clear()
    os.environ.update(before)


def show_preferences(desk: Desk) -> None:
    """Patina's preferences in the place of the 3D view, and leave to go online."""
    desk.ask(
        "window = bpy.context.window_manager.windows[0]\n"
        "area = max(window.screen.areas, key=lambda area: area.width * area.height)\n"
        "area.type = 'PREFERENCES'\n"
        "preferences = bpy.context.preferences\n"
        "preferences.active_section = 'ADDONS'\n"
        "preferences.system.use_online_access = True\n"
        "bpy.context.window_manager.addon_search = 'Patina'\n"
        "answer = 0"
    )
    time.sleep(2)


def begin(desk: Desk, name: str) -> None:
    """Open the dialog in the middle of the preferences, and confirm it with a key."""
    desk.point_at("PREFERENCES", across=0.6, down=0.8)
    desk.ask(
        "window = bpy.context.window_manager.windows[0]\n"
        "area = next(area for area in window.screen.areas if area.type == 'PREFERENCES')\n"
        "region = next(region for region in area.regions if region.type == 'WINDOW')\n"
        "with bpy.context.temp_override(window=window, area=area, region=region):\n"
        "    bpy.ops.patina.setup_engine('INVOKE_DEFAULT', platform='INDEX')\n"
        "answer = 0"
    )
    time.sleep(1)
    desk.picture(f"{name}_dialog")
    assert not desk.ask(f"answer = {SETUP}.is_running()"), "it began before anyone confirmed"
    desk.key("Return")
    desk.wait(f"{SETUP}.is_running()")


def box(picture: np.ndarray) -> np.ndarray:
    """Where the preferences say how the engine stands."""
    return picture[300:420, 180:1310].astype(int)


def test_it_is_cancelled_from_the_window(desk: Desk) -> None:
    show_preferences(desk)
    idle = box(desk.picture("setup_idle"))
    begin(desk, "setup_cancelled")
    desk.wait(f"'Making' in {SETUP}.progress()[0]")
    time.sleep(0.5)
    under_way = box(desk.picture("setup_under_way"))
    assert np.abs(under_way - idle).mean() > 5
    desk.ask("bpy.ops.patina.setup_cancel(); answer = 0")
    assert "Cancelled" in desk.ask(f"answer = {SETUP}.outcome")
    assert desk.ask(f"answer = {SETUP}.installed() is None")


def test_it_is_installed_from_the_window_or_says_why_not(desk: Desk) -> None:
    show_preferences(desk)
    idle = box(desk.picture("setup_again"))
    desk.wait(f"not {SETUP}.is_running()")
    begin(desk, "setup")
    said, factors, end = [], [0.0], time.monotonic() + LONGEST
    desk.ask("stalls.clear(); answer = 0")
    while desk.ask(f"answer = {SETUP}.is_running()"):
        text, factor = desk.ask(f"answer = {SETUP}.progress()")
        if text and text.partition(" (")[0] not in said:
            said.append(text.partition(" (")[0])
        factors.append(factor or factors[-1])
        assert time.monotonic() < end
        time.sleep(0.3)
    longest = desk.ask("answer = max(stalls)")
    print(f"the longest stall of the window: {1000 * longest:.0f} ms")
    assert factors == sorted(factors) and factors[-1] > 0.5 and len(said) > 2
    outcome, failed = desk.ask(f"answer = [{SETUP}.outcome, {SETUP}.failed]")
    time.sleep(2)
    assert np.abs(box(desk.picture("setup_done")) - idle).mean() > 1
    if not REAL:
        assert failed and "torch" in outcome, outcome
        assert desk.ask(f"answer = {SETUP}.installed() is None")
        return
    assert not failed and "The engine is installed: torch" in outcome, outcome
    desk.new_file()
    desk.ask(
        "area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == 'PREFERENCES')\n"
        "area.type = 'VIEW_3D'; answer = 0"
    )
    desk.search("Add Patina")
    desk.rest()
    scene = "__import__('importlib').import_module(PACKAGE + '.scene')"
    assert desk.ask(f"answer = {scene}.engine.process.choose_python()[0]") == "Patina's own environment"
    assert desk.ask(f"answer = len({scene}.playback.failures)") == 0
