"""Which ages of a life to keep, and what to keep at each, so that blending the two nearest misses the life the least.

A life is given at S ages x_0 ... x_(S-1), evenly spaced over [0, 1]. Kept is a linear spline over n of these ages
(the knots): at age a it shows sum_k B_k(a) v_k, B the hat functions. A map that changes steeply may be *halved*: it has
a value more in the middle of each interval. The first and the last value are the life's own, so that Age 0 and 1 are
exact. The others are not: a spline that may pass beside the life comes nearer to it everywhere else. They are weighted
least squares, v = W x, and the weights of the ages are raised where the error is large until it is as even as it gets
(Lawson's iteration for the least worst error). Knots: the best choice for plain interpolation, by dynamic programming,
then moved one at a time while that helps. All maps share them; each has a W of its own.

All errors are quadratic in x, so they need only the Gram matrices x x^T of the maps, not the maps. And all that is
shown is linear in x: the mean over texels that a distant view shows is as near to the life as the texels are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

_MOVES = (-4, -2, -1, 1, 2, 4)
_MOST_TRIALS = 600  # of a moved knot; each takes some milliseconds
_ROUNDS = 30  # of Lawson's iteration
_LEAST_IMPORTANCE = 1e-8  # of an age, against the greatest: values that only unseen ages decide would be anything


@dataclass(frozen=True)
class KeptAges:
    """knots: indices of the kept ages among the S. weights: W of each map, [n, S], or of a halved one [2n - 1, S] with
    the middles between the knots."""

    knots: list[int]
    weights: dict[str, np.ndarray]

    def shown(self, name: str, maps: np.ndarray) -> np.ndarray:
        """A map [S, ...] as the spline shows it at each of the S ages."""
        weights = self.weights[name]
        return _basis(weights.shape[1], _places(self.knots, halved=len(weights) > len(self.knots))) @ (weights @ maps)


def gram(maps: np.ndarray) -> np.ndarray:
    """[S, S] mean products of maps [S, texels]; what is the same at all ages is taken out, as a spline keeps it."""
    moving = maps.astype(np.float64) - maps.mean(0, dtype=np.float64)
    return moving @ moving.T / maps.shape[1]


def choose_knots(grams: Mapping[str, np.ndarray], count: int, *, halved: Collection[str] = ()) -> list[int]:
    """Choose `count` of the S ages, from 2 to S, for the least worst mean square error over all ages and maps.

    grams: the [S, S] of each map. halved: maps that have a value in the middle of each interval too.
    """
    plain = np.array([matrix for name, matrix in grams.items() if name not in halved])
    fine = np.array([matrix for name, matrix in grams.items() if name in halved])
    # Half the step leaves a quarter of the error.
    matrices = np.concatenate([part for part in (plain, fine / 16) if len(part)])
    return _moved(plain, fine, _interpolation_knots(matrices, count))


def _places(knots: list[int], *, halved: bool) -> np.ndarray:
    """Where the values of a map lie, counted in samples."""
    if not halved:
        return np.array(knots, float)
    places = np.empty(2 * len(knots) - 1)
    places[::2] = knots
    places[1::2] = (places[:-1:2] + places[2::2]) / 2
    return places


def _basis(samples: int, places: np.ndarray) -> np.ndarray:
    """Hat functions [S, values]: how much of each value is shown at each of the S ages."""
    positions = np.arange(samples)
    return np.stack([np.interp(positions, places, row) for row in np.eye(len(places))], axis=1)


def _least_squares(basis: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """W [values, S] that minimises sum_s importance_s |x_s - (B W x)_s|^2 for every x, the first and the last value
    being x's own."""
    values, samples = basis.shape[1], basis.shape[0]
    weights = np.zeros((values, samples))
    weights[0, 0] = weights[-1, -1] = 1.0
    unseen = np.flatnonzero(np.abs(basis).max(0) < 1e-9)  # the middle between neighbours lies on no sample
    even = np.zeros((len(unseen), values))
    even[np.arange(len(unseen)), unseen] = 1.0
    even[np.arange(len(unseen)), unseen - 1] = even[np.arange(len(unseen)), unseen + 1] = -0.5
    root = np.sqrt(importance)
    matrix = np.concatenate([root[:, None] * basis, even])
    wanted = np.concatenate([np.diag(root), np.zeros((len(unseen), samples))]) - matrix @ weights
    weights[1:-1] = np.linalg.lstsq(matrix[:, 1:-1], wanted, rcond=None)[0]
    return weights


def _errors(basis: np.ndarray, weights: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Mean square error [S] at each age, of the worst map."""
    residual = np.eye(len(basis)) - basis @ weights
    errors = [np.einsum("ij,ij->i", residual @ matrix, residual) for matrix in matrices]
    return np.maximum(np.max(errors, axis=0), 0.0)  # rounding may leave less than nothing


def fit(matrix: np.ndarray, knots: list[int], *, halved: bool = False) -> np.ndarray:
    """W of a map with that Gram matrix for the least worst mean square error over all ages."""
    basis = _basis(len(matrix), _places(knots, halved=halved))
    importance = np.ones(len(basis))
    least, best = np.inf, np.empty(0)
    for _ in range(_ROUNDS):
        weights = _least_squares(basis, importance)
        errors = _errors(basis, weights, matrix[None])
        if errors.max() < least:
            least, best = errors.max(), weights
        if not errors.max() > 0:
            break
        importance = importance * (errors / errors.max() + 1e-3) ** 0.5
        importance = np.maximum(importance / importance.max(), _LEAST_IMPORTANCE)
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


def _moved(plain: np.ndarray, fine: np.ndarray, knots: list[int]) -> list[int]:
    """Move inner knots while that makes the worst error of the least squares splines smaller."""
    even = np.ones((plain if len(plain) else fine).shape[1])

    def worst(knots: list[int]) -> float:
        errors = []
        for matrices, halved in ((plain, False), (fine, True)):
            if len(matrices):
                basis = _basis(len(even), _places(knots, halved=halved))
                errors.append(float(_errors(basis, _least_squares(basis, even), matrices).max()))
        return max(errors)

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
