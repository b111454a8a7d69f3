"""Animations rendered from the window while someone uses it: each frame is what an undisturbed render gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from desk import Desk
from PIL import Image
from test_work import age

FRAMES = range(1, 250, 50)
SCENE = "bpy.context.window_manager.windows[0].scene"


def render(desk: Desk, folder: Path, *, lock: bool, use: bool) -> dict[int, np.ndarray]:
    """Render from the window, pressing keys and moving the mouse meanwhile where `use`. Frames by number."""
    desk.ask(
        f"render = {SCENE}.render; render.use_lock_interface = {lock}; render.filepath = {str(folder) + '/'!r}\n"
        "render.resolution_x, render.resolution_y, render.resolution_percentage = 160, 90, 100\n"
        f"{SCENE}.frame_start, {SCENE}.frame_end, {SCENE}.frame_step = 1, 250, 50\n"
        f"{SCENE}.eevee.taa_render_samples = 4\n"
        "bpy.context.preferences.view.render_display_type = 'NONE'; answer = 0"
    )
    desk.later("bpy.ops.render.render('INVOKE_DEFAULT', animation=True)")
    last = folder / f"{FRAMES[-1]:04d}.png"
    while not last.is_file():
        if use:
            desk.point_at("VIEW_3D", across=0.3)
            desk.key(
                "KP_4", "KP_6", "period"
            )  # orbit and frame: the viewport draws the textures that are being rewritten
        desk.ask("answer = 0")
    desk.wait("not bpy.app.is_job_running('RENDER')")
    return {frame: np.asarray(Image.open(folder / f"{frame:04d}.png").convert("RGB"), float) for frame in FRAMES}


@pytest.mark.parametrize("lock", [True, False], ids=["locked", "unlocked"])
def test_a_render_is_the_same_while_the_window_is_used(desk: Desk, lock: bool) -> None:
    age(desk)
    calm = render(desk, desk.folder / f"calm_{lock}", lock=True, use=False)
    used = render(desk, desk.folder / f"used_{lock}", lock=lock, use=True)
    assert np.abs(calm[1] - calm[201]).mean() > 0.5
    for frame in FRAMES:
        assert np.abs(calm[frame] - used[frame]).mean() < 0.5, frame
