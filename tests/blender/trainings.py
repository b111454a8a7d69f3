"""What the tests of training share: tiny footage, tiny settings, and trainings that stand as a test needs them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from stage import TINY, patina

PATIENCE = 300.0  # seconds: only a hang takes so long, a crowded machine does not
SMALL = "--size 16 --width 8 --texels 24 --duration 1"


def write_picture(path: Path, values: np.ndarray) -> None:
    """Write [H, W, 3] in [0, 1], display-encoded, rows from the top, as PNG."""
    height, width = values.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = values[::-1]
    image = bpy.data.images.new("written", width, height)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def write_footage(folder: Path, count: int = 4, extent: int = 32) -> Path:
    """Pictures of grey noise that turns brown."""
    folder.mkdir(parents=True)
    grain = np.random.Generator(np.random.PCG64(0)).normal(0, 0.05, (extent, extent, 1))
    for number, age in enumerate(np.linspace(0, 1, count)):
        color = (1 - age) * np.array([0.78, 0.78, 0.8]) + age * np.array([0.43, 0.27, 0.16])
        write_picture(folder / f"frame_{number:03d}.png", np.clip(color + grain, 0, 1))
    return folder


def stand(folder: Path, name: str = "rust", **changes: object) -> Path:
    """Files of a training that stands somewhere, running unless `changes` say otherwise; returns the model's path."""
    folder.mkdir(parents=True, exist_ok=True)
    progress = patina("engine.files.progress")
    model = folder / f"{name}.safetensors"
    standing = progress.Progress(
        state="running",
        title=name.capitalize(),
        kind="rgb",
        exemplar=str(folder),
        command=("train", str(folder), str(model), "--kind", "rgb"),
        iteration=1200,
        iterations=12_000,
        history=((600, 0.5, 5e-4), (1200, 0.25, 5e-4)),
        seconds=600.0,
        seconds_left=5400.0,
        pid=1,
        updated=time.time(),
    )
    progress.write(model, replace(standing, **changes))
    return model


def put_model(path: Path) -> Path:
    """A whole model at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Path(TINY).read_bytes())
    return path


def wait_for(name: str, reached: Callable[[object], bool]) -> object:
    """The training `name` once it is as `reached` wants it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        training = patina("scene.training.jobs").find(name)
        if reached(training):
            return training
        assert training.is_under_way, (training.state, training.message)
        assert time.monotonic() < deadline
        time.sleep(0.05)
