"""What an atlas keeps of a life at each of its ages, and what blending that shows.

All of it is linear in the life's maps. A map is shown on straight lines between the kept ages. Metallic and roughness,
which may change steeply, have a value halfway through each interval too: how far that lies off the straight line, times
the hat function over the interval, is the map's *bend*. Height and the departure that Change is made of have none, but
change where those do, as metal turns to rust: of their bends each takes a share, the same for all texels and ages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..maps.map_names import DEPARTURE
from .kept_ages import KeptAges, choose_knots, fit, gram
from .layout import HALVES

SHADED = ("base_color", "metallic", "roughness", "normal")  # these decide which ages are kept
FOLLOWING = ("height", DEPARTURE)
_LEAST_WEIGHT = 1e-4
_INEXACT = 3e-4  # about how far a bend is off, root mean square, where its pictures have 8 bits


@dataclass(frozen=True)
class KeptLife:
    """knots: indices of the n kept ages among S. weights: {part: {map: [n, S]}}, how much of each map at each age is in
    each part of what is kept; a part is a map, or a map halfway to the next age. shares: {map: {map with halves: how
    much of its bend the first one takes}}."""

    knots: list[int]
    weights: dict[str, dict[str, np.ndarray]]
    shares: dict[str, dict[str, float]]

    def stored(self, part: str, maps: Mapping[str, np.ndarray]) -> np.ndarray:
        """A part of what is kept, [n, texels], of maps [S, texels]."""
        return np.sum([weights @ maps[name] for name, weights in self.weights[part].items()], axis=0)

    def shown(self, name: str, stored: Mapping[str, np.ndarray]) -> np.ndarray:
        """A map at each of the S ages, [S, texels], of what is kept, as the node group blends it."""
        samples = len(next(iter(self.weights[name].values()))[0])
        lines, hats = _basis(self.knots, samples)
        shown = lines @ stored[name]
        for other, share in self.shares.get(name, {}).items():
            shown = shown + share * (hats @ _bends(stored[other], stored[HALVES[other]]))
        return shown


def keep_life(maps: Mapping[str, np.ndarray], count: int) -> KeptLife:
    """Choose `count` ages and what is kept at each. maps: [S, texels] of each map and of the departure.

    Kept are some of every second of the S ages, an odd number, so that the middle between two is among the S too.
    """
    grams = {name: gram(values) for name, values in maps.items()}
    sought = {name: grams[name][::2, ::2] for name in SHADED}
    knots = [2 * knot for knot in choose_knots(sought, count, halved=HALVES)]
    kept = KeptAges(knots, {name: fit(matrix, knots, halved=name in HALVES) for name, matrix in grams.items()})
    weights = {name: {name: own} for name, own in kept.weights.items() if name not in HALVES}
    for name, half in HALVES.items():
        own = kept.weights[name]
        weights[name] = {name: own[::2]}
        weights[half] = {name: np.concatenate([own[1::2], own[-1:]])}  # after the last age there is no interval
    shares = {name: {name: 1.0} for name in HALVES}
    for name in FOLLOWING:
        weights[name], shares[name] = _follow(kept, name, maps)
    return KeptLife(kept.knots, {part: _pruned(own) for part, own in weights.items()}, shares)


def _follow(
    kept: KeptAges, name: str, maps: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Weights and shares of a map that follows the bends of others, by least squares."""
    samples = len(maps[name])
    lines, hats = _basis(kept.knots, samples)
    bent = {}  # [S, S]: the bend of a halved map at each age, from its life
    for other in HALVES:
        own = kept.weights[other]
        bent[other] = hats @ _bends(own[::2], np.concatenate([own[1::2], own[-1:]]))
    left = np.eye(samples) - lines @ np.linalg.pinv(lines)  # what straight lines cannot show
    columns = np.stack([(left @ bend @ maps[other]).ravel() for other, bend in bent.items()], axis=1)
    # A bend is as exact as its pictures: what is hardly there must not be taken many times over.
    columns = np.concatenate([columns, _INEXACT * np.sqrt(len(columns)) * np.eye(len(bent))])
    found = np.linalg.lstsq(columns, np.append(left @ maps[name], np.zeros(len(bent))), rcond=None)[0]
    shares = {other: float(share) for other, share in zip(bent, found, strict=True)}
    rest = maps[name] - np.sum([share * (bent[other] @ maps[other]) for other, share in shares.items()], axis=0)
    weights = fit(gram(rest), kept.knots)
    return {name: weights} | {other: -share * (weights @ bent[other]) for other, share in shares.items()}, shares


def _basis(knots: list[int], samples: int) -> tuple[np.ndarray, np.ndarray]:
    """[S, n] each: how much of each kept age is shown at each age, and of the bend in the interval after it."""
    positions = np.interp(np.arange(samples), knots, np.arange(len(knots)))
    lines = np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(len(knots))))
    hats = np.maximum(0, 1 - np.abs(2 * (positions[:, None] - np.arange(len(knots))) - 1))
    return lines, hats


def _bends(values: np.ndarray, halfway: np.ndarray) -> np.ndarray:
    """How far [n, ...] what is halfway to the next age lies off the straight line there; nothing after the last."""
    following = np.concatenate([values[1:], values[-1:]])
    return halfway - (values + following) / 2


def _pruned(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Without the weights that make no difference, so that a tile is mixed from a few ages; the sums stay."""
    pruned = {}
    for name, matrix in weights.items():
        kept = np.abs(matrix) > _LEAST_WEIGHT * np.abs(matrix).max(1, keepdims=True)
        lost = np.where(kept, 0.0, matrix).sum(1, keepdims=True)
        pruned[name] = np.where(kept, matrix + lost / np.maximum(kept.sum(1, keepdims=True), 1), 0.0)
    return pruned
