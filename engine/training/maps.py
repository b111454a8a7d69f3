"""Learns all maps jointly from PBR texture sets: the loss sees every channel of a patch at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..appearance import PrincipledAppearance
from ..models.model_header import ModelHeader
from .evenness import Evenness
from .exemplar import Exemplar
from .flash import map_pictures
from .grain_loss import GrainLoss
from .objective import Objective, shares
from .patch_loss import LEAST_SPREAD, Loss, PatchLoss, overflow
from .rgb import OVERFLOW_WEIGHT

_HEIGHT = 5
_LEAST_SPREAD = 0.03  # of a channel's values: a map that hardly varies is not blown up beyond it
_LEAST_RELIEF = 0.1  # texels
_EARLY = 1.5  # what breaks out first is small and sudden


class MapsObjective(Objective):
    """Patches of base colour (display-encoded), metallic, roughness and height, each channel in units of its spread.

    The spread (standard deviation over all frames; one for the three of colour) makes rust as visible in height as in
    colour. The height channel of the state is in units of `relief` texels, so that it is about as large as the others.
    Where a training goes on from a model, what is even in a set is asked for exactly, and early ages are drawn more
    often: a training from nothing would be held back by both.
    """

    kind = "maps"
    observed = 6
    is_refined = False
    frames: Tensor  # [N, 6, H, W] in units of their spread
    spread: Tensor  # [6, 1, 1]

    def __init__(self, exemplar: Exemplar, loss: Loss | None = None):
        super().__init__(exemplar)
        frames = torch.from_numpy(exemplar.frames).permute(0, 3, 1, 2).clone()
        self.evenness = Evenness(frames[:, :_HEIGHT])
        self.relief = max(_LEAST_RELIEF, 4 * float(frames[:, _HEIGHT].std()))
        frames[:, _HEIGHT] = frames[:, _HEIGHT] / self.relief + 0.5
        colour, others = frames[:, :3].std().expand(3), frames[:, 3:].transpose(0, 1).flatten(1).std(dim=1)
        spread = torch.cat((colour, others)).clamp(min=_LEAST_SPREAD)[:, None, None]
        self.least = tuple((LEAST_SPREAD / spread).flatten().tolist())
        self.loss = loss or GrainLoss(PatchLoss(inner=3, least=self.least))
        self.register_buffer("spread", spread, persistent=False)
        self.register_buffer("frames", frames / spread, persistent=False)
        self.look = PrincipledAppearance(self.relief / 2)  # maps are 0.5 x + 0.5, and so is height here

    def distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        maps = 0.5 * state[:, : self.observed] + 0.5
        distance = self.loss(maps / self.spread, shares(self.frames, self.exemplar, age), generator)
        if self.is_refined:
            distance = distance + self.evenness.distance(maps[:, :_HEIGHT], self.exemplar.neighbours(age))
        return distance + OVERFLOW_WEIGHT * overflow(maps[:, :_HEIGHT])

    def go_on_from(self, header: ModelHeader) -> None:
        super().go_on_from(header)
        self.is_refined, self.early = True, _EARLY

    def appearance(self) -> dict[str, Any]:
        return {"form": "principled", "relief": [self.look.relief]}

    @property
    def start(self) -> tuple[float, ...]:
        return tuple((2 * (self.frames[0] * self.spread).mean((1, 2)) - 1).tolist())

    def settings(self) -> dict[str, Any]:
        refined = {"evenness": self.evenness.describe()} if self.is_refined else {}
        return {"loss": self.loss.describe()} | refined

    def exemplar_pictures(self, age: float) -> list[np.ndarray]:
        frame = self.frames[self.exemplar.index_at(age)] * self.spread
        return map_pictures(self.look, (2 * frame - 1)[None])

    def synthesis_pictures(self, state: Tensor) -> list[np.ndarray]:
        return map_pictures(self.look, state)
