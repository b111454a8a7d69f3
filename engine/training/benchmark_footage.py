"""Footage made by computation, for timing: a metal on which rust spreads from spots, and photographs of it."""

from __future__ import annotations

import math

import numpy as np
import torch

from ..appearance import PrincipledAppearance
from ..rendering.flash import Frame, Light
from .exemplar import Exemplar

_SPOT = 0.08  # of the width: how far noise is smoothed
_METAL, _RUST = np.array([0.6, 0.6, 0.62]), np.array([0.45, 0.25, 0.12])  # display-encoded


def rusting(texels: int, frames: int = 12) -> Exemplar:
    """Colour in even light, [frames, texels, texels, 3] uint8."""
    return _exemplar([state[:3] for state in _states(texels, frames)])


def rusting_under_flash(texels: int, frames: int = 12) -> Exemplar:
    """The same as photographs with camera and flash side by side."""
    look, plane, light = PrincipledAppearance(relief=1.0), Frame(texels, texels), Light(math.pi)
    positions = plane.positions(0, 0, texels, texels)
    states = [torch.from_numpy(2 * state - 1).float()[None] for state in _states(texels, frames)]
    return _exemplar([look.photograph(state, positions, light)[0].numpy() for state in states])


def _exemplar(pictures: list[np.ndarray]) -> Exemplar:
    frames = np.stack([picture.transpose(1, 2, 0).clip(0, 1) * 255 for picture in pictures])
    return Exemplar("rusting", frames.round().astype(np.uint8), np.linspace(0, 1, len(frames)))


def _states(texels: int, frames: int) -> list[np.ndarray]:
    """Base colour (3), metallic, roughness, height, each [6, texels, texels] and as a state's 0.5 x + 0.5."""
    random = np.random.Generator(np.random.PCG64(0))
    spots = _smooth(random.standard_normal((texels, texels)), _SPOT * texels)
    grain = random.standard_normal((texels, texels))
    states = []
    for age in np.linspace(0, 1, frames):
        rust = 1 / (1 + np.exp(-6 * (spots + 2 * age - 1)))
        colour = (1 - rust) * _METAL[:, None, None] + rust * _RUST[:, None, None] + 0.03 * grain
        others = [1 - rust, 0.3 + 0.5 * rust, 0.5 + 0.3 * rust * (1 + 0.2 * grain)]
        states.append(np.concatenate((colour, np.stack(others))).clip(0, 1))
    return states


def _smooth(values: np.ndarray, radius: float) -> np.ndarray:
    """Values [N, N] blurred by a Gaussian that wraps around, with a spread of 1."""
    frequency = np.fft.fftfreq(len(values))
    blur = np.exp(-2 * (math.pi * radius) ** 2 * (frequency[:, None] ** 2 + frequency**2))
    blurred = np.fft.ifft2(np.fft.fft2(values) * blur).real
    return blurred / blurred.std()
