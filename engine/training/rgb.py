"""Learns colour from footage in any light."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..appearance import RGB_ESTIMATED
from .exemplar import Exemplar
from .illumination import flatten_illumination
from .objective import Objective, picture, shares
from .patch_loss import Loss, PatchLoss, overflow

OVERFLOW_WEIGHT = 100.0  # Liu and Ritschel 2024
COLOUR = slice(0, 3)


def to_colour(state: Tensor) -> Tensor:
    """The display-encoded colour of a state, unclipped: 0.5 x + 0.5 of its first three channels."""
    return 0.5 * state[:, COLOUR] + 0.5


def fresh_color(exemplar: Exemplar) -> list[float]:
    """The median display-encoded colour of the first frame: what a texel leaves as it ages."""
    return [round(float(value) / 255, 4) for value in np.median(exemplar.frames[0].reshape(-1, 3), axis=0)]


class RgbObjective(Objective):
    """Patches of display-encoded colour.

    rules: by which the other maps are estimated (`appearance.RgbAppearance`). flatten: take uneven light out of the
    footage first.
    """

    kind = "rgb"
    observed = 3
    frames: Tensor  # [N, 3, H, W] display-encoded

    def __init__(self, exemplar: Exemplar, rules: dict[str, Any], flatten: bool = True, loss: Loss | None = None):
        super().__init__(exemplar)
        self.rules = rules
        self.flatten = flatten
        self.loss = loss or PatchLoss()
        frames = flatten_illumination(exemplar.frames) if flatten else exemplar.frames
        self.register_buffer("frames", torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255, persistent=False)

    def distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        colour = to_colour(state)
        distance = self.loss(colour, shares(self.frames, self.exemplar, age), generator)
        return distance + OVERFLOW_WEIGHT * overflow(colour)

    def appearance(self) -> dict[str, Any]:
        return self.rules | {"form": "rgb", "fresh_color": fresh_color(self.exemplar)}

    @property
    def start(self) -> tuple[float, ...]:
        return tuple(2 * value - 1 for value in fresh_color(self.exemplar))

    def settings(self) -> dict[str, Any]:
        return {"loss": self.loss.describe(), "flattened": self.flatten}

    @property
    def estimated(self) -> tuple[str, ...]:
        return RGB_ESTIMATED

    def exemplar_pictures(self, age: float) -> list[np.ndarray]:
        return [picture(self.frames[self.exemplar.index_at(age)])]

    def synthesis_pictures(self, state: Tensor) -> list[np.ndarray]:
        return [picture(to_colour(state)[0])]
