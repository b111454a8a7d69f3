"""Footage of a surface that darkens, small enough to learn from in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from patina.engine.models.network import NetworkConfig
from patina.engine.training.config import TrainingConfig
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.patch_loss import PatchLoss
from patina.engine.training.record import default_rules
from patina.engine.training.rgb import RgbObjective
from PIL import Image

SMALL = TrainingConfig(
    network=NetworkConfig(6, 8, (1, 2), False),
    iterations=14,
    state_size=16,
    late_state_size=16,
    duration=1.0,
    checks=4,
)
RULES = default_rules((0.28, 0.65), (1.0, 0.0), (0.3, 0.9), 1.0)


def darkening_frames(count: int = 5, extent: int = 24, seed: int = 0) -> np.ndarray:
    """[N, H, W, 3] uint8: grey noise that turns brown."""
    grain = np.random.Generator(np.random.PCG64(seed)).normal(0, 12, (extent, extent, 1))
    ages = np.linspace(0, 1, count)[:, None, None, None]
    colour = (1 - ages) * np.array([200, 200, 205]) + ages * np.array([110, 70, 40])
    return np.clip(colour + grain, 0, 255).astype(np.uint8)


def darkening(**changes: int) -> Exemplar:
    frames = darkening_frames(**changes)
    return Exemplar("darkening", frames, np.linspace(0, 1, len(frames)))


def rgb_objective(exemplar: Exemplar | None = None, **changes: object) -> RgbObjective:
    """Colour of the darkening surface, compared cheaply."""
    settings: dict = {"rules": RULES, "loss": PatchLoss(projections=8, scales=2)} | changes
    return RgbObjective(exemplar or darkening(), **settings)


def write_frames(folder: Path, frames: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"frame_{number:03d}.png")
    return folder


def write_animation(path: Path, frames: np.ndarray) -> Path:
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=rest, lossless=True, duration=40)
    return path
