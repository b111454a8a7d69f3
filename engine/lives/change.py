"""Change of a life (see `maps.change`), and the reach of its model, which that is measured by."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..maps.change import change, departure, look
from .arithmetic import EXACT
from .life import Life

_EXTENT = 32  # texels that the reach is measured on: its median is within 4 % of that of 128 texels
_LEAST_REACH = 0.05  # of a model that does not age


class Change:
    """Change of one life, whose age 0 must have been solved. reach: of its model (see `solve_reach`)."""

    def __init__(self, life: Life, reach: float):
        self.reach = reach
        # Half floats: five numbers for every texel are kept as long as the life is open.
        self._fresh = _rounded_look(life.maps(0.0))

    def departure(self, maps: Mapping[str, np.ndarray]) -> np.ndarray:
        """How far the life's maps at an age are from its fresh ones: [H, W] from 0, 1 at 1.25 times the reach."""
        now = _rounded_look(maps)
        return departure(now.float().numpy(), self._fresh.float().numpy(), self.reach)

    def of(self, maps: Mapping[str, np.ndarray]) -> np.ndarray:
        """Change [H, W] in [0, 1], float32, of the life's maps at an age."""
        return change(self.departure(maps)).astype(np.float32, copy=False)


def _rounded_look(maps: Mapping[str, np.ndarray]) -> Tensor:
    """`look` in half floats, [5, H, W]; by torch, for NumPy converts them ten times more slowly."""
    return torch.from_numpy(look(maps)).half()


def solve_reach(life: Life) -> Generator[tuple[int, int], None, float]:
    """The reach of a life's model, measured on a small life beside it in the store.

    Yields the steps of `life` itself after each of its own, twice: how far a request has come is told in one measure,
    by which a process that dies is found to have died in vain.
    """
    multiple = life.model.header.extent_multiple
    extent = -(-_EXTENT // multiple) * multiple
    # One reach, whether a draft asks for it first or not.
    settings = replace(life.settings, arithmetic=EXACT, is_draft=False)
    small = Life(life.model, 0, extent, life._store, settings, life.device)
    while small.index < small.steps:
        small.advance()
        yield life.index, life.index
    distance = np.linalg.norm(look(small.maps(1.0)) - look(small.maps(0.0)), axis=0)
    return max(_LEAST_REACH, float(np.median(distance)))
