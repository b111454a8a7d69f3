"""What a material should show: the maps of an engine of its own, that nobody disturbs, in a folder of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from stage import image_pixels, patina

PATIENCE = 900.0  # seconds; only a hang takes so long, a crowded machine does not


class Truth:
    """Maps by request, each computed once and kept on disk, for the memory of this process is measured."""

    def __init__(self, folder: Path):
        client = patina("engine.channel.client")
        self._engine = client.Engine(client.EngineSettings(patina("scene.engine.process").engine_python(), folder))
        self._folder = folder
        self._known: dict[Any, Path] = {}

    def maps(self, request: Any) -> dict[str, np.ndarray]:
        if request not in self._known:
            job = self._engine.submit(request)
            self._engine.wait(job, PATIENCE)
            path = self._folder / f"{len(self._known)}.npz"
            np.savez(path, **job.maps)
            self._known[request] = path
        with np.load(self._known[request]) as maps:
            return dict(maps)

    def wrong(self, material: bpy.types.Material, request: Any) -> str:
        """Which of a material's images is not, to the last bit, what `request` names; empty where all are."""
        images = patina("scene.node_group").group_images(patina("scene.materials").group_node(material).node_tree)
        maps, wrong = self.maps(request), []
        for name in images:
            values = maps[name][::-1]
            pixels = image_pixels(material, name)
            shown = pixels[..., :3] if values.ndim == 3 else pixels[..., 0]
            if shown.shape != values.shape:
                wrong.append(f"{name} of {shown.shape[:2]} instead of {values.shape[:2]} texels")
            elif not np.array_equal(shown, values):
                wrong.append(f"{name} off by {np.abs(shown - values).max():.3g}")
        return ", ".join(wrong)

    @property
    def pid(self) -> int | None:
        return self._engine.pid

    def close(self) -> None:
        self._engine.close()


def settle(patience: float = PATIENCE) -> None:
    """What the window's event loop does: the timer, until nothing is under way."""
    deadline = time.monotonic() + patience
    playback, process = patina("scene.playback"), patina("scene.engine.process")
    is_waiting = True
    while is_waiting:
        if time.monotonic() > deadline:
            raise TimeoutError("the viewport never settles")
        process.poll()
        time.sleep(0.005)
        playback.tick()
        bpy.context.view_layer.update()  # as a window does whenever something was tagged
        is_waiting = playback.tick() is not None


def wanted(material: bpy.types.Material) -> Any:
    """What the material's settings ask for at this moment."""
    return patina("scene.playback").request_of(material, material.patina.age)
