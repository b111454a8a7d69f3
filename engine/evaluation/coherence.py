"""How much a surface changes from frame to frame, and from one judged age to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .views import STEP

_MOST_FRAMES = 5  # in an interval between two judged ages
_FEWEST_FRAMES = 3  # that tell what lasts from what flickers


@dataclass(frozen=True)
class Change:
    """Of one interval: `steps`, from frame to frame within it; `whole`, from its start to its end.

    Root mean squares over texels of the distance in all planes together (for colour: in CIELAB / 100). Of the whole,
    the change from frame to frame is taken off in quadrature: a camera's noise is no ageing.
    """

    steps: float
    whole: float


def intervals(judged: Sequence[float], frames: np.ndarray) -> list[list[int]]:
    """Intervals between the frames next to neighbouring judged ages: at most `_MOST_FRAMES` + 1 frames of each.

    frames: [N] ages of the exemplar's frames.
    """
    edges = sorted({int(np.abs(frames - age).argmin()) for age in judged})
    return [
        np.linspace(start, end, min(_MOST_FRAMES, end - start) + 1).round().astype(int).tolist()
        for start, end in pairwise(edges)
    ]


def changes(frames: Sequence[Sequence[int]], planes: Callable[[int], np.ndarray]) -> list[Change]:
    """The change in each of `intervals`; planes: what is seen [K, H, W] at the age of the exemplar's frame k."""
    return [_change([planes(index) for index in inside]) for inside in frames]


def _change(seen: Sequence[np.ndarray]) -> Change:
    steps = float(np.mean([_squared(one, other) for one, other in pairwise(seen)]))
    flicker = steps if len(seen) > _FEWEST_FRAMES else 0.0
    return Change(math.sqrt(steps), math.sqrt(max(_squared(seen[0], seen[-1]) - flicker, 0.0)))


def _squared(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(one - other).sum(0).mean())


def ratio(synthesis: float, exemplar: float) -> float:
    """The ratio of two changes; the exemplar's counts as no less than what is hardly seen."""
    return synthesis / max(exemplar, STEP)
