"""Whether two seeds give two textures, and not one that was shifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ALIKE = 0.5  # half-way from what unrelated textures have in common to a copy


@dataclass(frozen=True)
class Likeness:
    """correlation: the greatest over all circular shifts. unrelated: the same of textures with nothing in common."""

    correlation: float
    unrelated: float

    @property
    def excess(self) -> float:
        """0 for textures as unrelated as can be, 1 for a shifted copy."""
        return (self.correlation - self.unrelated) / max(1 - self.unrelated, 1e-6)

    @property
    def is_copy(self) -> bool:
        return self.excess > _ALIKE


def likeness(one: np.ndarray, other: np.ndarray) -> Likeness:
    """How like two periodic textures' planes [K, H, W] are under the best circular shift.

    Unrelated is what the other texture turned by 180 degrees has in common with the first: it has the same power
    spectrum and the same values, in places of its own.
    """
    return Likeness(_best_correlation(one, other), _best_correlation(one, other[:, ::-1, ::-1]))


def _best_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """The maximum over circular shifts of the normalised cross-correlation, averaged over the planes."""
    first, second = _spectrum(one), _spectrum(other)
    correlation = np.fft.irfft2(first * second.conj(), one.shape[1:]).mean(0)
    return float(correlation.max() * one.shape[1] * one.shape[2])


def _spectrum(planes: np.ndarray) -> np.ndarray:
    """Of planes without their mean and of unit variance, divided by the number of texels."""
    centred = planes - planes.mean((1, 2), keepdims=True)
    centred /= np.maximum(planes.std((1, 2), keepdims=True), 1e-6)
    return np.fft.rfft2(centred) / centred[0].size
