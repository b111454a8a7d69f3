"""Height from normals, and the scale of a height whose unit nobody wrote down.

Heights are in texels, normals encoded 0.5 n + 0.5 with x right and y up; rows run down. Both repeat at their borders.
The slopes are the central differences of `engine.maps.normals`, so that a height gives back the normals
that it came from.
"""

from __future__ import annotations

import numpy as np

_LEAST_Z = 0.05  # steeper than 87 degrees is no height field
# Central differences do not see stripes of two texels, and hardly what is near them; dividing by that gives noise.
_LEAST_SEEN = 0.03


def slopes_of_normal(normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dh/dx and dh/dy [H, W] float64 of an encoded normal [H, W, 3]."""
    x, y, z = (2 * normal[..., axis].astype(np.float64) - 1 for axis in range(3))
    z = np.maximum(z, _LEAST_Z)
    return -x / z, -y / z


def slope_along_x(height: np.ndarray) -> np.ndarray:
    """dh/dx [H, W] by central differences."""
    return (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2


def height_from_normal(normal: np.ndarray) -> np.ndarray:
    """The height [H, W] float32, zero on average, whose slopes are nearest to those of an encoded normal [H, W, 3].

    Least squares over the Fourier basis: Frankot and Chellappa, "A method for enforcing integrability in shape from
    shading algorithms", PAMI 1988, with the transfer function of central differences.
    """
    slope_x, slope_y = slopes_of_normal(normal)
    rows, columns = slope_x.shape
    along_x = 1j * np.sin(2 * np.pi * np.fft.rfftfreq(columns))[None, :]
    along_y = -1j * np.sin(2 * np.pi * np.fft.fftfreq(rows))[:, None]  # rows run down, y runs up
    seen = np.abs(along_x) ** 2 + np.abs(along_y) ** 2
    coarse = (np.fft.rfftfreq(columns)[None, :] < 0.25) & (np.abs(np.fft.fftfreq(rows))[:, None] < 0.25)
    sound = (seen > 0) & (coarse | (seen > _LEAST_SEEN))
    spectrum = np.conj(along_x) * np.fft.rfft2(slope_x) + np.conj(along_y) * np.fft.rfft2(slope_y)
    spectrum = np.where(sound, spectrum / np.where(sound, seen, 1), 0)
    return np.fft.irfft2(spectrum, slope_x.shape).astype(np.float32)
