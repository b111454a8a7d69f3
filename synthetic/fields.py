"""Fields that repeat at their borders, of which the procedural materials are made.

A field is [N, N], N = texels x OVERSAMPLING; lengths are in texels of the finished maps. Every field is stationary: no
place of the plane is special, and so a crop of the material is as good as another.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

OVERSAMPLING = 3  # fine cells along a texel: edges of chips are averaged over nine of them


class Plane:
    """A square of `texels` x `texels` that repeats, with fine cells for drawing."""

    def __init__(self, texels: int):
        self.texels = texels
        self.cells = texels * OVERSAMPLING
        frequency = np.fft.fftfreq(self.cells) * OVERSAMPLING  # cycles a texel
        self._frequency = np.hypot(frequency[:, None], frequency[None, : self.cells // 2 + 1])

    def noise(self, rng: Generator, wavelength: float, octaves: int = 1, gain: float = 0.5) -> np.ndarray:
        """Gaussian noise of mean 0 and deviation 1; each octave halves the wavelength (in texels)."""
        total = np.zeros((self.cells, self.cells))
        for octave in range(octaves):
            total += gain**octave * self._band(rng, wavelength / 2**octave)
        return (total - total.mean()) / total.std()

    def _band(self, rng: Generator, wavelength: float) -> np.ndarray:
        """White noise of which an octave around one wavelength is kept."""
        white = rng.standard_normal((self.cells, self.cells))
        octaves_off = np.log2(np.maximum(self._frequency, 1e-9) * wavelength)
        spectrum = np.fft.rfft2(white) * np.exp(-0.5 * (octaves_off / 0.45) ** 2)
        spectrum[0, 0] = 0
        band = np.fft.irfft2(spectrum, s=white.shape)
        return band / max(band.std(), 1e-12)

    def blur(self, field: np.ndarray, deviation: float) -> np.ndarray:
        """The field under a Gaussian of this deviation in texels, wrapping around."""
        kernel = np.exp(-2 * (np.pi * deviation * self._frequency) ** 2)
        return np.fft.irfft2(np.fft.rfft2(field) * kernel, s=field.shape)

    def scatter(self, rng: Generator, spacing: float) -> np.ndarray:
        """Points [P, 2] in texels (x, y), one in each spacing x spacing on average, that keep away from each other."""
        count = max(1, round((self.texels / spacing) ** 2))
        points = rng.uniform(0, self.texels, (1, 2))
        for _ in range(count - 1):
            tried = rng.uniform(0, self.texels, (12, 2))
            away = np.abs(tried[:, None] - points[None])
            nearest = np.hypot(*np.moveaxis(np.minimum(away, self.texels - away), -1, 0)).min(axis=1)
            points = np.vstack([points, tried[nearest.argmax()]])
        return points

    def distance(self, point: np.ndarray, bend: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Distance in texels from a point, the short way round, seen through a plane bent by two fields in texels."""
        place = (np.arange(self.cells) + 0.5) / OVERSAMPLING
        half = self.texels / 2
        across = (place[None, :] + bend[0] - point[0] + half) % self.texels - half
        down = (place[:, None] + bend[1] - point[1] + half) % self.texels - half
        return np.hypot(across, down)

    def shrink(self, field: np.ndarray) -> np.ndarray:
        """Fine cells [N, N, ...] averaged to texels [T, T, ...]."""
        shape = (self.texels, OVERSAMPLING, self.texels, OVERSAMPLING, *field.shape[2:])
        return field.reshape(shape).mean(axis=(1, 3))


_STEPS = [(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)]


def arrival(start: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """When a front that sets out at `start` (a time for each cell, inf for none) reaches each cell.

    speed: texels a unit of time. Shortest paths over sixteen neighbours, relaxed until nothing changes.
    """
    slowness = 1 / (speed * OVERSAMPLING)
    time = start.copy()
    while True:
        before = time.copy()
        for down, across in _STEPS:
            cost = 0.5 * np.hypot(down, across) * (slowness + np.roll(slowness, (down, across), (0, 1)))
            time = np.minimum(time, np.roll(time, (down, across), (0, 1)) + cost)
            back = np.roll(time + cost, (-down, -across), (0, 1))
            time = np.minimum(time, back)
        if np.array_equal(time, before):
            return time


def rank(field: np.ndarray) -> np.ndarray:
    """Each value's share of smaller ones, in (0, 1): the same order, evenly spread, so that a threshold is an area."""
    order = np.empty(field.size)
    order[np.argsort(field, axis=None, kind="stable")] = (np.arange(field.size) + 0.5) / field.size
    return order.reshape(field.shape)


def when_covered(order: np.ndarray, area: list[float], age: list[float]) -> np.ndarray:
    """The age at which each cell is covered, so that the share `area[i]` of the plane is covered at `age[i]`."""
    return np.interp(rank(order), area, age)


def smoothstep(least: float, most: float, value: np.ndarray | float) -> np.ndarray:
    """0 below `least`, 1 above `most`, smooth between."""
    along = np.clip((value - least) / (most - least), 0, 1)
    return along * along * (3 - 2 * along)


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """From `first` to `second` by `share` [N, N]; colours may be [3] or [N, N, 3]."""
    if np.ndim(first) != share.ndim or np.ndim(second) != share.ndim:
        share = share[..., None]
    return first + (second - first) * share


def srgb(red: int, green: int, blue: int) -> np.ndarray:
    """A colour as a picture editor names it, in linear light [3]."""
    encoded = np.array([red, green, blue]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
