"""Whether a model recites its footage: how near the nearest exemplar patch lies to each synthesised one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_QUERIES = 64
_RECITED = 0.7  # an unrelated piece of the same texture stands at 1, a piece of the footage itself at 0


@dataclass(frozen=True)
class Nearest:
    """Distances of patches to the exemplar, averaged: over all of them, and over the tenth that lie nearest."""

    mean: float
    tenth: float

    @staticmethod
    def of(distances: np.ndarray) -> Nearest:
        ordered = np.sort(distances, axis=None)
        return Nearest(float(ordered.mean()), float(ordered[: max(1, len(ordered) // 10)].mean()))


def nearest_patches(frame: np.ndarray, planes: np.ndarray, side: int, seed: int) -> np.ndarray:
    """The distances of `_QUERIES` random patches of planes [K, h, w] to the nearest in a frame's planes [K, H, W].

    Distance: of patches without their mean and of unit norm, sqrt(2 - 2 correlation), so that neither contrast nor
    brightness hides what was copied.
    """
    queries, _ = _random_patches(planes, side, seed)
    return _distances(frame, queries).flatten(1).min(1).values.numpy()


def nearest_elsewhere(frame: np.ndarray, side: int, seed: int) -> np.ndarray:
    """The same of patches of the frame itself, to the nearest that does not overlap them."""
    queries, corners = _random_patches(frame, side, seed)
    distances = _distances(frame, queries)
    for field, (top, left) in zip(distances, corners, strict=True):
        rows = slice(max(0, top - side + 1), top + side)
        field[rows, max(0, left - side + 1) : left + side] = torch.inf
    return distances.flatten(1).min(1).values.numpy()


def is_recited(ratio: float, tenth: float) -> bool:
    """Whether so small a share of the distance between unrelated patches means that footage is repeated."""
    return min(ratio, tenth) < _RECITED


def _random_patches(planes: np.ndarray, side: int, seed: int) -> tuple[Tensor, list[tuple[int, int]]]:
    generator = np.random.Generator(np.random.PCG64(seed))
    places = [generator.integers(length - side + 1, size=_QUERIES).tolist() for length in planes.shape[1:]]
    corners = list(zip(*places, strict=True))
    patches = np.stack([planes[:, y : y + side, x : x + side] for y, x in corners])
    return torch.from_numpy(patches), corners


def _distances(frame: np.ndarray, queries: Tensor) -> Tensor:
    """From patches [Q, K, side, side] to those at all places of a frame's planes [K, H, W]: [Q, H', W']."""
    planes, side = torch.from_numpy(frame)[None], queries.shape[-1]
    centred = queries - queries.mean((2, 3), keepdim=True)
    centred = centred / centred.flatten(1).norm(dim=1)[:, None, None, None]
    square = planes.new_ones((1, 1, side, side))
    sums = functional.conv2d(planes.transpose(0, 1), square)  # [K, 1, H', W']
    squares = functional.conv2d(planes.square().transpose(0, 1), square)
    norm = (squares - sums.square() / side**2).sum((0, 1)).clamp(min=1e-12).sqrt()
    correlation = functional.conv2d(planes, centred)[0] / norm
    return (2 - 2 * correlation).clamp(min=0).sqrt()
