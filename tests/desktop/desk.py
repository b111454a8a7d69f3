"""A real Blender window, as a test holds it: its keys and mouse, its picture, and what it says of itself."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIZE = (1600, 1000)  # pixels of the screen
PATIENCE = 300.0  # seconds: software OpenGL compiles shaders slowly, more so on a busy machine
_DRIVER = Path(__file__).with_name("driver.py")


class Desk:
    """One Blender with its window.

    folder: an empty folder for what passes between the test and Blender, and for pictures.
    """

    def __init__(self, folder: Path, package: str, *, zip_file: Path | None = None):
        self.folder = folder
        self._number = 0
        command = ["blender", "--window-geometry", "0", "0", *map(str, SIZE)]
        command += ["--python", str(_DRIVER), "--", str(folder), package, *([str(zip_file)] if zip_file else [])]
        with (folder / "blender.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.ask("answer = True")

    def ask(self, code: str, patience: float = PATIENCE) -> Any:
        """What `code` leaves in `answer`, run inside Blender between two of its events."""
        self._number += 1
        beside = self.folder / "ask.tmp"
        beside.write_text(json.dumps({"number": self._number, "code": code}))
        beside.replace(self.folder / "ask.json")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            said = self._answer()
            if said.get("number") == self._number:
                assert "error" not in said, said["error"]
                return said["answer"]
            assert self._process.poll() is None, f"Blender ended with {self._process.returncode}: {self.log()[-2000:]}"
            time.sleep(0.05)
        raise AssertionError(f"Blender did not answer within {patience:g} s: {self.log()[-2000:]}")

    def wait(self, expression: str, patience: float = PATIENCE) -> None:
        """Until `expression`, looked at inside Blender, is true."""
        end = time.monotonic() + patience
        while not self.ask(f"answer = bool({expression})"):
            assert time.monotonic() < end, f"not within {patience:g} s: {expression}"
            time.sleep(0.2)

    def rest(self) -> None:
        """Until the engine has nothing to do and what it gave was drawn."""
        self.wait(
            "(lambda s: not s.playback._pending and not s.engine.process.is_busy())"
            "(__import__('importlib').import_module(PACKAGE + '.scene'))"
        )
        time.sleep(1.0)

    def new_file(self) -> None:
        """The factory's start-up file: a cube, a camera and a light."""
        self.ask("bpy.ops.wm.read_homefile(use_factory_startup=True, load_ui=True); answer = 0")
        time.sleep(0.5)
        self.ask(
            "window = bpy.context.window_manager.windows[0]\n"
            "for area in window.screen.areas:\n"
            "    if area.type == 'PROPERTIES': area.spaces.active.context = 'MATERIAL'\n"
            "    if area.type == 'VIEW_3D':\n"
            "        area.spaces.active.show_region_ui = True; area.spaces.active.shading.type = 'SOLID'\n"
            "window.scene.eevee.taa_samples = 2; answer = 0"
        )

    def show_material(self) -> None:
        """Material Preview in the 3D view."""
        self.shade("MATERIAL")

    def shade(self, kind: str) -> None:
        """Draw the 3D view as a kind of shading shows it."""
        self.ask(
            "areas = [a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == 'VIEW_3D']\n"
            f"areas[0].spaces.active.shading.type = {kind!r}; answer = 0"
        )

    def still(self) -> None:
        """Until two pictures of the screen, seconds apart, are alike: Blender has nothing more to draw."""
        before = b""
        for _ in range(30):
            time.sleep(2)
            now = subprocess.run(["import", "-window", "root", "rgb:-"], check=True, capture_output=True).stdout
            if now == before:
                return
            before = now

    def widen_properties(self) -> None:
        """Make the properties as wide and as high as the window gives, for pictures of the panel."""
        x, y = self.point_at("PROPERTIES", across=0.0, down=0.5)
        self.drag(x - 2, y, x - 160, y)
        x, y = self.point_at("OUTLINER", down=1.0)
        self.drag(x, y + 1, x, y - 150)

    def scroll_properties(self, notches: int) -> None:
        """Turn the wheel over the properties, downwards."""
        self.point_at("PROPERTIES")
        for _ in range(notches):
            subprocess.run(["xdotool", "click", "5"], check=True)
            time.sleep(0.1)

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Drag with the left button."""
        self.point(x, y)
        subprocess.run(["xdotool", "mousedown", "1"], check=True)
        for part in (0.3, 0.7, 1.0):
            time.sleep(0.2)
            place = [str(round(x + part * (to_x - x))), str(round(y + part * (to_y - y)))]
            subprocess.run(["xdotool", "mousemove", *place], check=True)
        time.sleep(0.2)
        subprocess.run(["xdotool", "mouseup", "1"], check=True)
        time.sleep(0.5)

    def later(self, call: str) -> None:
        """Start an operator that goes on after this call, as a button does, in the 3D view."""
        self.ask(
            "window = bpy.context.window_manager.windows[0]\n"
            "area = next(a for a in window.screen.areas if a.type == 'VIEW_3D')\n"
            "region = next(r for r in area.regions if r.type == 'WINDOW')\n"
            f"with bpy.context.temp_override(window=window, area=area, region=region): {call}\n"
            "answer = 0"
        )

    def key(self, *keys: str) -> None:
        """Press keys one after the other, as xdotool names them (`ctrl+z`, `Return`)."""
        for name in keys:
            subprocess.run(["xdotool", "key", "--delay", "60", name], check=True)
            time.sleep(0.4)

    def type(self, text: str) -> None:
        """Type a text."""
        subprocess.run(["xdotool", "type", "--delay", "40", text], check=True)
        time.sleep(0.5)

    def point(self, x: int, y: int) -> None:
        """Move the mouse to a pixel of the screen, from the top left."""
        subprocess.run(["xdotool", "mousemove", str(x), str(y)], check=True)
        time.sleep(0.3)
        subprocess.run(["xdotool", "mousemove_relative", "1", "0"], check=True)  # a still mouse is not noticed
        time.sleep(0.3)

    def click(self, x: int, y: int) -> None:
        """Click the left button there, as slowly as a person does."""
        self.point(x, y)
        subprocess.run(["xdotool", "mousedown", "1"], check=True)
        time.sleep(0.15)
        subprocess.run(["xdotool", "mouseup", "1"], check=True)
        time.sleep(0.5)

    def point_at(self, area: str, region: str = "WINDOW", across: float = 0.5, down: float = 0.5) -> tuple[int, int]:
        """Point into the first area of a type; gives the place in pixels of the screen."""
        place = self.ask(
            f"area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == {area!r})\n"
            f"region = next(r for r in area.regions if r.type == {region!r})\n"
            "answer = [region.x, region.y, region.width, region.height, bpy.context.window_manager.windows[0].height]"
        )
        x, y, width, height, screen = place
        found = round(x + across * width), round(screen - y - height + down * height)
        self.point(*found)
        return found

    def search(self, operator: str) -> None:
        """Choose an operator by its name, as a person does in Blender's own search; the mouse over the 3D view."""
        self.point_at("VIEW_3D")
        self.key("ctrl+F9")
        time.sleep(0.5)
        self.type(operator)
        self.key("Return")
        time.sleep(0.5)

    def picture(self, name: str) -> np.ndarray:
        """The whole screen, uint8 [height, width, 3], also kept as NAME.png in the folder."""
        path = self.folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], check=True)
        return np.asarray(Image.open(path).convert("RGB"))

    def log(self) -> str:
        """What Blender has printed."""
        return (self.folder / "blender.log").read_text(errors="replace")

    def close(self) -> None:
        """End Blender, without asking it to save."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads((self.folder / "answer.json").read_text())
        except (OSError, ValueError):
            return {}
        return answer
