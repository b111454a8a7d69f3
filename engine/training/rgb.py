"""Learns an appearance ODE from RGB footage.

Source: Liu and Ritschel 2024, section 5 (segments, refresh, gradient normalisation, plateau schedule); the loss is
`patch_loss.PatchLoss` in place of VGG19 features. Departures from the paper are listed in docs/training.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..network import NetworkConfig, VectorField
from ..solver import integrate
from .exemplar import Exemplar
from .illumination import flatten_illumination
from .patch_loss import PatchLoss, overflow

COLOUR = slice(0, 3)


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides the outcome of a training, besides the exemplar.

    state_size: side in texels of the trained state. late_state_size: its side in the last `late_share` of the steps;
    only on a larger state does the loss see that spots do not flock together far apart. flatten: take uneven light out
    of the footage first. frame_time: duration of one frame in units of ODE time. warm_up: as a share of the duration.
    segments: a fresh start from noise every `segments` steps. steps_per_unit: the fewest and most Euler steps for a
    unit of ODE time, drawn anew for each segment so that the field does not lean on one step length. checks: full
    inferences over the whole training, by which the learning rate and the kept state are decided; the rate is halved
    when more than `patience` of them in a row did not better the loss by the share `plateau`.
    """

    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(12, 32, (1, 2, 4), True))
    iterations: int = 12_000
    state_size: int = 64
    late_state_size: int = 128
    late_share: float = 0.2
    flatten: bool = True
    frame_time: float = 0.05
    warm_up: float = 0.2
    segments: int = 6
    steps_per_unit: tuple[int, int] = (5, 8)
    learning_rate: float = 5e-4
    least_learning_rate: float = 1e-4
    patience: int = 4
    plateau: float = 0.01
    checks: int = 60
    overflow_weight: float = 100.0
    averaging: float = 0.999
    seed: int = 0
    loss: PatchLoss = field(default_factory=PatchLoss)


def to_state_range(frames: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] as float [N, 3, H, W] in [0, 1]."""
    return frames.permute(0, 3, 1, 2).float() / 255


def to_colour(state: Tensor) -> Tensor:
    """The display-encoded colour of a state, unclipped: 0.5 x + 0.5 of its first three channels."""
    return 0.5 * state[:, COLOUR] + 0.5


class RgbTraining:
    """One training: `step` until `iteration` reaches `config.iterations`; `state_dict` at any time to go on later.

    averaged: the exponential moving average of the weights, which is what is shipped: single steps are noisy.
    """

    def __init__(self, exemplar: Exemplar, config: TrainingConfig, device: str = "cpu"):
        self.config = config
        self.exemplar = exemplar
        self.device = device
        self.duration = len(exemplar.frames) * config.frame_time
        frames = flatten_illumination(exemplar.frames) if config.flatten else exemplar.frames
        self.frames = to_state_range(torch.from_numpy(frames)).to(device)
        torch.manual_seed(config.seed)
        self.field = VectorField(config.network)
        self.field.start_at_rest()
        self.field.to(device)
        self.averaged = VectorField(config.network).to(device)
        self.averaged.load_state_dict(self.field.state_dict())
        self.optimizer = torch.optim.Adam(self.field.parameters(), lr=config.learning_rate)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.iteration = 0
        self.state = torch.empty(0)
        self.time = 0.0
        self.targets: list[float] = []
        self.history: list[tuple[int, float, float]] = []  # iteration, loss of a full inference, learning rate
        self.best = math.inf
        self.best_weights = self.averaged.state_dict()
        self.bad_checks = 0
        self.checked_size = config.state_size

    def step(self) -> float:
        """One optimiser step over one segment; returns its loss."""
        if self.iteration % self.config.segments == 0:
            self._refresh()
            target = 0.0
        else:
            target = self.targets.pop(0)
        fewest, most = self.config.steps_per_unit
        density = int(torch.randint(fewest, most + 1, (), generator=self.generator))
        steps = max(1, math.ceil((target - self.time) * density))
        state = integrate(self.field, self.state, self.time, target, steps, "euler")
        loss = self._distance(state, target, self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._normalise_gradients()
        self.optimizer.step()
        self._average()
        self.state, self.time = state.detach(), target
        self.iteration += 1
        return loss.item()

    def check(self) -> float:
        """The loss over one full inference with the averaged weights; lowers the learning rate on a plateau."""
        loss = self._inference_loss()
        if self.state_size != self.checked_size:  # losses of states of different sizes do not compare
            self.checked_size, self.best, self.bad_checks = self.state_size, math.inf, 0
        rate = self.optimizer.param_groups[0]["lr"]
        self.history.append((self.iteration, loss, rate))
        self.bad_checks = 0 if loss < self.best * (1 - self.config.plateau) else self.bad_checks + 1
        if loss < self.best:
            self.best = loss
            self.best_weights = {name: value.clone() for name, value in self.averaged.state_dict().items()}
        if self.bad_checks > self.config.patience:
            self.bad_checks = 0
            for group in self.optimizer.param_groups:
                group["lr"] = max(rate / 2, self.config.least_learning_rate)
        return loss

    @property
    def state_size(self) -> int:
        """Side of the state at this iteration, in texels."""
        is_late = self.iteration >= round(self.config.iterations * (1 - self.config.late_share))
        return self.config.late_state_size if is_late else self.config.state_size

    def is_check_due(self) -> bool:
        return self.iteration % max(1, self.config.iterations // self.config.checks) == 0

    def _refresh(self) -> None:
        size = self.state_size
        shape = (1, self.config.network.channels, size, size)
        self.state = torch.randn(shape, generator=self.generator).to(self.device)
        self.time = -self.config.warm_up * self.duration
        count = self.config.segments - 1
        offsets = torch.rand(count, generator=self.generator).tolist()
        self.targets = [self.duration * (k + offset) / count for k, offset in enumerate(offsets)]

    def _distance(self, state: Tensor, time: float, generator: torch.Generator) -> Tensor:
        index = self.exemplar.index_at(time / self.duration)
        colour = to_colour(state)
        distance = self.config.loss(colour, self.frames[index : index + 1], generator)
        return distance + self.config.overflow_weight * overflow(colour)

    def _normalise_gradients(self) -> None:
        gradients = [parameter.grad for parameter in self.field.parameters() if parameter.grad is not None]
        norms = torch._foreach_norm(gradients)
        torch._foreach_add_(norms, 1e-8)
        torch._foreach_div_(gradients, norms)

    def _average(self) -> None:
        # The average follows closely at first, so that early checks see what is being trained.
        decay = min(self.config.averaging, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            ours: list[Tensor] = list(self.averaged.parameters())
            theirs: list[Tensor] = list(self.field.parameters())
            torch._foreach_lerp_(ours, theirs, 1 - decay)

    @torch.no_grad()
    def _inference_loss(self, frames: int = 11) -> float:
        """Mean loss at evenly spaced ages of one life; the same noise and directions at every check."""
        generator = torch.Generator().manual_seed(self.config.seed + 1)
        size = self.state_size
        state = torch.randn((1, self.config.network.channels, size, size), generator=generator).to(self.device)
        density = self.config.steps_per_unit[1]
        start, total = -self.config.warm_up * self.duration, 0.0
        for k in range(frames):
            end = self.duration * k / (frames - 1)
            state = integrate(self.averaged, state, start, end, math.ceil((end - start) * density), "euler")
            total += self._distance(state, end, generator).item()
            start = end
        return total / frames

    def state_dict(self) -> dict[str, object]:
        """All that a resumed training needs to continue as if it had not stopped."""
        return {
            "field": self.field.state_dict(),
            "averaged": self.averaged.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "state": self.state,
            "progress": (self.iteration, self.time, list(self.targets), list(self.history), self.best, self.bad_checks),
            "checked_size": self.checked_size,
        }

    def load_state_dict(self, saved: dict) -> None:
        self.field.load_state_dict(saved["field"])
        self.averaged.load_state_dict(saved["averaged"])
        self.best_weights = saved["best_weights"]
        self.optimizer.load_state_dict(saved["optimizer"])
        self.generator.set_state(saved["generator"].cpu())
        self.state = saved["state"].to(self.device)
        self.iteration, self.time, self.targets, self.history, self.best, self.bad_checks = saved["progress"]
        self.checked_size = saved["checked_size"]

    def best_field(self) -> VectorField:
        """The averaged weights of the best check."""
        best = VectorField(replace(self.config.network))
        best.load_state_dict({name: value.cpu() for name, value in self.best_weights.items()})
        return best.eval()
