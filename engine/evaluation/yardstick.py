"""How far pictures are from an exemplar, as ratios to how far parts of one of its frames are from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from .parts import Part, disjoint_parts


class Statistic(Protocol):
    """Describes parts of a picture, and says how far apart two descriptions are."""

    def describe(self, planes: np.ndarray, parts: Sequence[Part]) -> list[Any]: ...

    def scale(self, ages: Sequence[Any]) -> Any: ...

    def distance(self, reference: Any, other: Any, scale: Any) -> Tensor: ...


class Yardstick:
    """One statistic of an exemplar, measured once; pictures are then held against it.

    frames: planes [K, H, W] of the frames that are needed, by their index. least: a smaller floor counts as this.
    report is called after each frame.

    The floor of a frame is the distance between its disjoint parts, averaged over many pairs of them. A picture's
    figure is the distance from one part of a pair to the picture, at the place of the other: equal areas on both sides,
    and what uneven light does to one it does to the other. Where the picture has another size, its own parts are taken.
    Ratios are those of averages, never averages of ratios.
    """

    def __init__(
        self,
        statistic: Statistic,
        frames: Mapping[int, np.ndarray],
        patch: int,
        least: float = 0.0,
        report: Callable[[], None] = lambda: None,
    ):
        self._statistic = statistic
        self._patch = patch
        self._least = least
        self._size = next(iter(frames.values())).shape[-2:]
        self._pairs = _both_ways(disjoint_parts(self._size[0], self._size[1], patch))
        self._parts = list(dict.fromkeys(one for one, _ in self._pairs))
        self._frames = {}
        for index, planes in frames.items():
            self._frames[index] = dict(zip(self._parts, statistic.describe(planes, self._parts), strict=True))
            report()
        self._scales = {
            part: statistic.scale([described[part] for described in self._frames.values()]) for part in self._parts
        }
        self._floors = {
            index: self._mean(index, [(one, described[other]) for one, other in self._pairs])
            for index, described in self._frames.items()
        }

    def _mean(self, index: int, pairs: Sequence[tuple[Part, Any]]) -> Tensor:
        described = self._frames[index]
        return torch.stack(
            [self._statistic.distance(described[part], other, self._scales[part]) for part, other in pairs]
        ).mean(0)

    def floor(self, target: Sequence[tuple[int, float]]) -> np.ndarray:
        """The floor [R] of frames (index, share) whose shares add up to 1."""
        floor = sum((share * self._floors[index] for index, share in target), torch.zeros(()))
        return floor.clamp(min=self._least).numpy()

    def figure(self, target: Sequence[tuple[int, float]], planes: np.ndarray) -> np.ndarray:
        """How far [R] a picture's planes [K, h, w] are from those frames."""
        same = planes.shape[-2:] == self._size
        height, width = planes.shape[-2:]
        drawn = self._pairs if same else _both_ways(disjoint_parts(height, width, self._patch))
        parts = list(dict.fromkeys(one for one, _ in drawn))
        theirs = dict(zip(parts, self._statistic.describe(planes, parts), strict=True))
        if not same:
            drawn = [(one, other) for one in self._parts for other in parts if one.is_shaped_like(other)]
        pairs = [(one, theirs[other]) for one, other in drawn]
        return sum((share * self._mean(index, pairs) for index, share in target), torch.zeros(())).numpy()


def _both_ways(pairs: Sequence[tuple[Part, Part]]) -> list[tuple[Part, Part]]:
    return [ordered for one, other in pairs for ordered in ((one, other), (other, one))]
