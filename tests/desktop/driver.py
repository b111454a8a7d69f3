"""Inside the Blender of a desktop test: does what tests ask, and measures how long the window stands still.

blender --python driver.py -- FOLDER PACKAGE [ZIP]

A test writes FOLDER/ask.json ({"number", "code"}); the answer is FOLDER/answer.json ({"number", "answer" or
"error"}). The code sets `answer`. What a person would do by hand comes from the window's own keys and clicks instead.
"""

import json
import sys
import time
import traceback
from pathlib import Path

import bpy

FOLDER, PACKAGE = Path(sys.argv[sys.argv.index("--") + 1]), sys.argv[sys.argv.index("--") + 2]
ZIP = sys.argv[sys.argv.index("--") + 3 :]
EVERY = 0.02  # seconds between two looks; what is much longer is a stall

_done = 0
_last = time.perf_counter()
stalls: list[float] = []  # seconds between two ticks of the timer, since the list was last emptied


def tick() -> float:
    """Answer what is asked. Called by Blender's event loop whenever it is free."""
    global _done, _last
    now = time.perf_counter()
    stalls.append(now - _last)
    try:
        asked = json.loads((FOLDER / "ask.json").read_text())
    except (OSError, ValueError):
        asked = {"number": 0}
    if asked["number"] > _done:
        _done = asked["number"]
        _reply(_done, asked["code"])
    _last = time.perf_counter()
    return EVERY


def _reply(number: int, code: str) -> None:
    known = {"bpy": bpy, "stalls": stalls, "PACKAGE": PACKAGE}
    try:
        exec(code, known)
        said = {"number": number, "answer": known.get("answer")}
    except Exception:
        said = {"number": number, "error": traceback.format_exc()}
    beside = FOLDER / "answer.tmp"
    beside.write_text(json.dumps(said))
    beside.replace(FOLDER / "answer.json")


def set_up() -> None:
    """Install the extension as from disk, and make room: a large view with its sidebar, properties at the material."""
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    preferences.view.filebrowser_display_type = "SCREEN"  # a window of its own could lie behind this one
    preferences.use_preferences_save = False
    if ZIP:
        bpy.ops.extensions.package_install_files(filepath=ZIP[0], repo="user_default", enable_on_install=True)
    # A key of its own for Blender's search of operators, which has none.
    keymap = bpy.context.window_manager.keyconfigs.addon.keymaps.new("Screen", space_type="EMPTY")
    keymap.keymap_items.new("wm.search_operator", "F9", "PRESS", ctrl=True)


set_up()
bpy.app.timers.register(tick, first_interval=0.5, persistent=True)
