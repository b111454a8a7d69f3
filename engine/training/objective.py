"""What a state is compared with: one class for each kind of exemplar."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..models.model_header import ModelHeader
from .config import TrainingError
from .critic_loss import CriticLoss
from .exemplar import Exemplar
from .patch_loss import LEAST_SPREAD, Loss, Target


class Objective(ABC, nn.Module):
    """Compares states with an exemplar. Its parameters (a light, where there is one) are learned with the model.

    kind: the exemplar's. observed: how many of a state's first channels are seen. initialisation: the first so many
    steps of a training compare by `initial_distance` instead, in segments of `initial_segments` steps. plain_share: of
    the steps, the last, in which what is seen starts from `start` and not from noise. loss: between what is seen and
    the exemplar. least: what hardly shows in each of its channels, or in all of them alike. early: what
    `TrainingConfig.early` is where it is not stated.
    """

    kind: str
    observed: int
    loss: Loss
    least: tuple[float, ...] = (LEAST_SPREAD,)
    initialisation = 0
    initial_segments = 2
    plain_share = 0.4
    early = 1.0

    def __init__(self, exemplar: Exemplar):
        super().__init__()
        self.exemplar = exemplar

    @abstractmethod
    def distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        """How far (a scalar) a state [1, C, H, W] is from the exemplar at `age` in [0, 1]."""

    @property
    @abstractmethod
    def start(self) -> tuple[float, ...]:
        """What the observed channels hold before the warm-up in a plain start: about the fresh surface's mean."""

    def initial_distance(self, state: Tensor, age: float, generator: torch.Generator) -> Tensor:
        """The same in the first `initialisation` steps."""
        raise NotImplementedError(f"{self.kind} has no initialisation")

    def add_critic(self, share: float) -> None:
        """Let a critic take part, pulling `share` times as strongly as the loss; see `CriticLoss`."""
        self.loss = CriticLoss(self.loss, share, self.least)

    @property
    def is_contested(self) -> bool:
        """Does a critic take part? Then losses, which leave it out, do not say which state is the best."""
        return isinstance(self.loss, CriticLoss)

    def go_on_from(self, header: ModelHeader) -> None:
        """Begin with a model that has settled already, and that starts as it was trained to.

        Raises TrainingError for one whose state is seen in another form.
        """
        ours, theirs = self.appearance()["form"], header.appearance["form"]
        if theirs != ours:
            raise TrainingError(
                f"{header.title!r} has the form {theirs}, and what this exemplar teaches has the form {ours}",
                "go on from a model that learned from an exemplar of this kind",
            )
        self.initialisation = 0
        self.plain_share = 1.0 if header.start else self.plain_share

    @abstractmethod
    def appearance(self) -> dict[str, Any]:
        """The form and the rules of the model's header."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """All that decides what is learned besides the exemplar and the recipe, as JSON values."""

    @property
    def estimated(self) -> tuple[str, ...]:
        """Maps that follow from a rule and were not learned."""
        return ()

    def light(self) -> dict[str, float]:
        """The light of the model's header."""
        return {}

    @abstractmethod
    def exemplar_pictures(self, age: float) -> list[np.ndarray]:
        """What there is to see of the exemplar, each [H, W, 3] uint8."""

    @abstractmethod
    def synthesis_pictures(self, state: Tensor) -> list[np.ndarray]:
        """The same of a state [1, C, H, W], and what else it shows."""


def shares(frames: Tensor, exemplar: Exemplar, age: float) -> Target:
    """The frames [N, C, H, W] next to `age`, in proportion."""
    return [(frames[index : index + 1], share) for index, share in exemplar.neighbours(age)]


def picture(values: Tensor) -> np.ndarray:
    """Values [C, H, W] in [0, 1], C = 1 or 3, as [H, W, 3] uint8."""
    shown = values.detach().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return shown.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
