"""Textures whose statistics are known, for what is measured on them."""

from __future__ import annotations

import numpy as np
from patina.engine.training.exemplar import Exemplar


def blurred(noise: np.ndarray, width: float) -> np.ndarray:
    """Periodic noise [..., H, W] smoothed to about `width` texels, of unit variance."""
    rows, columns = (np.fft.fftfreq(length) for length in noise.shape[-2:])
    gain = np.exp(-2 * (np.pi * width) ** 2 * (rows[:, None] ** 2 + columns[None] ** 2))
    smooth = np.fft.ifft2(np.fft.fft2(noise) * gain).real
    return smooth / smooth.std()


def spots(seed: int, extent: int, age: float = 0.5) -> np.ndarray:
    """A grained surface with spots that grow with age, [H, W, 3] display-encoded; each seed another piece."""
    generator = np.random.Generator(np.random.PCG64(seed))
    where, grain = generator.normal(size=(2, extent, extent))
    cover = 1 / (1 + np.exp(-8 * (blurred(where, 2) - 2 + 2 * age)))[..., None]
    colour = (1 - cover) * np.array([0.78, 0.8, 0.82]) + cover * np.array([0.43, 0.27, 0.16])
    return np.clip(colour + 0.03 * blurred(grain, 0.3)[..., None], 0, 1).astype(np.float32)


def spotted(count: int = 5, extent: int = 32, seed: int = 0) -> Exemplar:
    """Footage of them."""
    ages = np.linspace(0, 1, count)
    frames = np.stack([spots(seed, extent, age) for age in ages])
    return Exemplar("spotted", (255 * frames).round().astype(np.uint8), ages)


def six_maps(seed: int, extent: int, age: float = 0.5) -> np.ndarray:
    """The same as display-encoded base colour, metallic, roughness and height in texels, [H, W, 6]: spots are rough and
    raised."""
    colour = spots(seed, extent, age)
    rust = np.clip((0.8 - colour[..., 0]) / 0.4, 0, 1)
    return np.dstack((colour, 1 - rust, 0.3 + 0.5 * rust, 2 * rust)).astype(np.float32)
