"""Which ages of a life to keep, and what to keep at each, so that blending the two nearest misses the life the least.

A life is given at S ages x_0 ... x_(S-1), evenly spaced over [0, 1]. Kept is a linear spline over n of these ages
(the knots): at age a it shows sum_k B_k(a) v_k, B the hat functions. Its values v are not the life's own maps at the
knots: a spline that may pass beside them comes nearer to the life everywhere else. They are weighted least squares,
v = W x, and the weights of the ages are raised where the error is large until it is as even as it gets (Lawson's
iteration for the least worst error). Knots: the best choice for plain interpolation, by dynamic programming, then moved
one at a time while that helps.

All errors are quadratic in x, so they need only the Gram matrices x x^T of the maps, not the maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_MOVES = (-4, -2, -1, 1, 2, 4)
_MOST_TRIALS = 600  # of a moved knot; each takes about a millisecond
_ROUNDS = 30  # of Lawson's iteration


@dataclass(frozen=True)
class KeptAges:
    """knots: indices of the kept ages among the S. weights: W [n, S]."""

    knots: list[int]
    weights: np.ndarray

    def basis(self) -> np.ndarray:
        """Hat functions [S, n]: how much of each kept age is shown at each of the S ages."""
        return _basis(self.weights.shape[1], self.knots)


def gram(maps: np.ndarray) -> np.ndarray:
    """[S, S] mean products of maps [S, texels]; what is the same at all ages is taken out, as a spline keeps it."""
    moving = maps.astype(np.float64) - maps.mean(0, dtype=np.float64)
    return moving @ moving.T / maps.shape[1]


def choose_ages(grams: Mapping[str, np.ndarray], count: int) -> KeptAges:
    """Choose `count` of the S ages, from 2 to S, for the least worst mean square error over all ages and maps.

    grams: the [S, S] of each map.
    """
    matrices = np.stack(list(grams.values()))
    knots = _moved(matrices, _interpolation_knots(matrices, count))
    return KeptAges(knots, _least_worst(matrices, _basis(matrices.shape[1], knots)))


def _basis(samples: int, knots: list[int]) -> np.ndarray:
    positions = np.arange(samples)
    return np.stack([np.interp(positions, knots, row) for row in np.eye(len(knots))], axis=1)


def _least_squares(basis: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """W [n, S] that minimises sum_s importance_s |x_s - (B W x)_s|^2 for every x."""
    root = np.sqrt(importance)
    return np.linalg.pinv(root[:, None] * basis) * root


def _errors(basis: np.ndarray, weights: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Mean square error [S] at each age, of the worst map."""
    residual = np.eye(len(basis)) - basis @ weights
    errors = [np.einsum("ij,ij->i", residual @ matrix, residual) for matrix in matrices]
    return np.maximum(np.max(errors, axis=0), 0.0)  # rounding may leave less than nothing


def _least_worst(matrices: np.ndarray, basis: np.ndarray) -> np.ndarray:
    importance = np.ones(len(basis))
    least, best = np.inf, np.empty(0)
    for _ in range(_ROUNDS):
        weights = _least_squares(basis, importance)
        errors = _errors(basis, weights, matrices)
        if errors.max() < least:
            least, best = errors.max(), weights
        if not errors.max() > 0:
            break
        importance = importance * (errors / errors.max() + 1e-3) ** 0.5
        importance = importance / importance.max()
    return best


def _interpolation_knots(matrices: np.ndarray, count: int) -> list[int]:
    """The knots with the least worst error of interpolating the life's own maps: dynamic programming over intervals."""
    samples = matrices.shape[1]
    cost = np.zeros((samples, samples))
    for start in range(samples):
        for end in range(start + 2, samples):
            between = np.arange(start + 1, end)
            b = (between - start) / (end - start)
            a = 1 - b
            # |x - a x_start - b x_end|^2, expanded into products.
            square = matrices[:, between, between] + a * a * matrices[:, start, start, None]
            square += b * b * matrices[:, end, end, None] + 2 * a * b * matrices[:, start, end, None]
            square -= 2 * a * matrices[:, between, start] + 2 * b * matrices[:, between, end]
            cost[start, end] = square.max()
    best = np.full(samples, np.inf)
    best[0] = 0.0
    before = np.zeros((count, samples), int)
    for number in range(1, count):
        worst = np.maximum(best[:, None], cost)  # [start, end]
        worst[np.tril_indices(samples)] = np.inf
        before[number], best = worst.argmin(0), worst.min(0)
    knots = [samples - 1]
    for number in range(count - 1, 0, -1):
        knots.append(int(before[number, knots[-1]]))
    return knots[::-1]


def _moved(matrices: np.ndarray, knots: list[int]) -> list[int]:
    """Move inner knots while that makes the worst error of the least squares spline smaller."""
    even = np.ones(matrices.shape[1])

    def worst(knots: list[int]) -> float:
        basis = _basis(matrices.shape[1], knots)
        return float(_errors(basis, _least_squares(basis, even), matrices).max())

    least, trials, better = worst(knots), 0, True
    while better and trials < _MOST_TRIALS:
        better = False
        for place in range(1, len(knots) - 1):
            for move in _MOVES:
                tried = [*knots[:place], knots[place] + move, *knots[place + 1 :]]
                if not tried[place - 1] < tried[place] < tried[place + 1]:
                    continue
                trials += 1
                error = worst(tried)
                if error < least * (1 - 1e-9):
                    least, knots, better = error, tried, True
    return knots
