"""The optimisation: segments of a life, each ending at a time of the exemplar, and what is learned from them.

Source: Liu and Ritschel 2024, section 5 (segments, refresh, gradient normalisation, plateau schedule, initialisation).
Departures from the paper are listed in docs/training.md.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ..lives.solver import Velocity, integrate
from ..models.model_file import Model
from ..models.network import VectorField
from .config import TrainingConfig, TrainingError
from .fast_field import FastField
from .objective import Objective
from .precision import precision_of

_MOST_SETBACKS = 5
_DIVERGED = 5.0  # times the best loss of its stage
_CHECK_APART = 25  # steps, where the training has them; a check and its picture take as long as four or five


class Training:
    """One training: `step` until `iteration` reaches `config.iterations`; `state_dict` at any time to go on later.

    averaged: the exponential moving average of the weights, which is what is shipped: single steps are noisy.
    method: of the solver, a fixed-step one of torchdiffeq. setbacks: how often it diverged since the last sound check
    and went back to it. is_sound: was that check? beginning: a model with the network of `config` whose weights it
    starts from, in place of a field at rest.
    """

    method = "euler"

    def __init__(
        self, objective: Objective, config: TrainingConfig, device: str = "cpu", beginning: Model | None = None
    ):
        self.config = config
        self.beginning = beginning
        self.device = device
        self._precision = precision_of(config.precision, device)
        self.objective = objective.to(device)
        torch.manual_seed(config.seed)
        self.field = VectorField(config.network)
        self.field.start_at_rest()
        if beginning is not None:
            objective.go_on_from(beginning.header)
            self.field.load_state_dict(beginning.field.state_dict())
        self.field.to(device)
        self.averaged = VectorField(config.network).to(device)
        self.averaged.load_state_dict(self.field.state_dict())
        self.optimizer = self._new_optimizer()
        self.generator = torch.Generator().manual_seed(config.seed)
        self.iteration = 0
        self.plateau_rate = config.learning_rate
        self.state = torch.empty(0)
        self.time = 0.0
        self.targets: list[float] = []
        self.lives = 0
        self.history: list[tuple[int, float, float]] = []  # iteration, loss of a full inference, learning rate
        self.best = math.inf
        self.best_weights = _copy(self.averaged)
        self.best_light = objective.light()
        self.bad_checks = 0
        self.checked_stage = self.stage
        self.setbacks = 0
        self.is_sound = True
        self._safe = _frozen(self._own_state())

    @property
    def stage(self) -> tuple[bool, int, bool]:
        """Losses compare only within a stage: is it the initialisation, the side of the state, does it start plain?"""
        config = self.config
        step = min(self.iteration, config.iterations - 1)  # once all are done, the last one's
        is_late, is_plain = (
            step >= round(config.iterations * (1 - share)) for share in (config.late_share, self.objective.plain_share)
        )
        size = config.late_state_size if is_late else config.state_size
        return self.iteration < self.objective.initialisation, size, is_plain

    @property
    def start(self) -> tuple[float, ...]:
        """What the observed channels hold before the warm-up, for `best_field`; empty where they are noise."""
        return self.objective.start if self.checked_stage[2] else ()

    @property
    def early(self) -> float:
        """The power to which ages that are drawn evenly are raised."""
        return self.objective.early if self.config.early is None else self.config.early

    @property
    def learning_rate(self) -> float:
        """That of the plateau; in the last `config.settling` of the steps it falls to nothing, along half a cosine.

        Where the training begins with a model, it rises first: Adam's first steps have the full length in every
        parameter, for it knows nothing of their slopes yet, and would undo what the model had settled to.
        """
        settling = max(1.0, self.config.settling * self.config.iterations)  # steps
        left = min(1.0, max(0, self.config.iterations - self.iteration) / settling)
        risen = 1.0 if self.beginning is None else min(1.0, (self.iteration + 1) / self.config.rising)
        return risen * self.plateau_rate * 0.5 * (1 - math.cos(math.pi * left))

    def step(self) -> float:
        """One optimiser step over one segment; returns its loss."""
        is_initial, size, _ = self.stage
        if self.iteration and self.iteration == self.objective.initialisation:
            self.optimizer = self._new_optimizer()  # what was learned without structure says nothing of its slopes
            self.plateau_rate = self.config.learning_rate
            self.targets = []
        if not self.targets or self.state.shape[-1] != size:
            self._refresh(size, self.objective.initial_segments if is_initial else self.config.segments)
        target = self.targets.pop(0)
        fewest, most = self.config.steps_per_unit
        density = int(torch.randint(fewest, most + 1, (), generator=self.generator))
        steps = max(1, math.ceil((target - self.time) * density))
        velocity = self._arranged(self.field, self._precision)
        state = integrate(velocity, self.state, self.time, target, steps, self.method)
        loss = self._distance(state, target, self.generator, is_initial)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._normalise_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.step()
        self._average()
        self.state, self.time = state.detach(), target
        self.iteration += 1
        return loss.item()

    def is_check_due(self) -> bool:
        """A sixtieth or so of the way; seldomer in a short training, which would be mostly checks."""
        iterations = self.config.iterations
        return self.iteration % max(1, iterations // self.config.checks, min(_CHECK_APART, iterations // 5)) == 0

    def check(self) -> float:
        """The loss over one full inference with the averaged weights; lowers the learning rate on a plateau.

        A loss that is no number or far above the best one changes nothing: see `is_sound`, `go_back`.
        """
        loss = self._inference_loss()
        if self.stage != self.checked_stage:
            self.checked_stage, self.best, self.bad_checks = self.stage, math.inf, 0
        self.is_sound = loss <= _DIVERGED * self.best  # False for nan
        if not self.is_sound:
            return loss
        self.history.append((self.iteration, loss, self.learning_rate))
        if loss < self.best * (1 - self.config.plateau) or self.objective.is_contested:
            self.bad_checks = 0
        else:
            self.bad_checks += 1
        if loss < self.best or self.objective.is_contested:
            self.best_weights = _copy(self.averaged)
            self.best_light = self.objective.light()
        self.best = min(self.best, loss)
        if self.bad_checks > self.config.patience:
            self.bad_checks = 0
            self.plateau_rate = max(self.plateau_rate / 2, self.config.least_learning_rate)
        self.setbacks = 0
        self._safe = _frozen(self._own_state())
        return loss

    def go_back(self) -> None:
        """Return to the last sound check, with half the learning rate and other noise, from a state that diverged.

        Raises TrainingError where that did not help several times in a row.
        """
        self.is_sound = True
        setbacks = self.setbacks + 1
        if setbacks > _MOST_SETBACKS:
            raise TrainingError(
                f"The training diverged {setbacks} times behind step {self.iteration}",
                "use brighter or longer footage, or another seed",
            )
        self._load_own_state(_frozen(self._safe))
        self.setbacks = setbacks
        self.generator.manual_seed(self.config.seed + 1000 * setbacks + self.iteration)
        self.plateau_rate *= 0.5**setbacks
        self.targets = []

    def _new_optimizer(self) -> torch.optim.Adam:
        # One pass over all parameters where there is one: a quarter of the time.
        fused = True if self.device in ("cpu", "cuda") else None
        return torch.optim.Adam(self._parameters(), lr=self.config.learning_rate, fused=fused)

    def _arranged(self, field: VectorField, precision: torch.dtype | None) -> Velocity:
        return field if precision is None else FastField(field, precision)

    def _parameters(self) -> list[nn.Parameter]:
        return [*self.field.parameters(), *self.objective.parameters()]

    def _refresh(self, size: int, segments: int) -> None:
        """A new life from noise: the fresh texture first, then stratified random times, in order.

        Every other life ends at the fresh texture: that is the farthest from noise, and what converges last.
        """
        self.state = self._initial_state(size, self.generator)
        self.time = -self.config.warm_up_time
        count = segments - 1
        self.lives += 1
        if self.lives % 2 and count > 1:
            self.targets = [0.0]
            return
        offsets = torch.rand(count, generator=self.generator).tolist()
        ages = [((k + offset) / count) ** self.early for k, offset in enumerate(offsets)]
        self.targets = [0.0, *(self.config.duration * age for age in ages)]

    def _initial_state(self, size: int, generator: torch.Generator) -> Tensor:
        """Noise, and where it is seen the fresh surface's plain colour if it is time for that."""
        state = torch.randn((1, self.config.network.channels, size, size), generator=generator)
        start = self.objective.start if self.stage[2] else ()
        state[:, : len(start)] = torch.tensor(start)[:, None, None]
        return state.to(self.device)

    def _distance(self, state: Tensor, time: float, generator: torch.Generator, is_initial: bool) -> Tensor:
        distance = self.objective.initial_distance if is_initial else self.objective.distance
        return distance(state, time / self.config.duration, generator)

    def _normalise_gradients(self) -> None:
        gradients = [parameter.grad for parameter in self._parameters() if parameter.grad is not None]
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
        is_initial, size, _ = self.stage
        state = self._initial_state(size, generator)
        density = self.config.steps_per_unit[1]
        # Judged as it will be used: in float32.
        velocity = self._arranged(self.averaged, self._precision and torch.float32)
        start, total = -self.config.warm_up_time, 0.0
        for k in range(frames):
            end = self.config.duration * k / (frames - 1)
            state = integrate(velocity, state, start, end, math.ceil((end - start) * density), self.method)
            total += self._distance(state, end, generator, is_initial).item()
            start = end
        return total / frames

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs to continue as if it had not stopped."""
        return self._own_state() | {"safe": self._safe}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self._load_own_state(saved)
        self._safe = _frozen(saved["safe"])

    def _own_state(self) -> dict[str, Any]:
        return {
            "field": self.field.state_dict(),
            "averaged": self.averaged.state_dict(),
            "objective": self.objective.state_dict(),
            "best_weights": self.best_weights,
            "best_light": self.best_light,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "state": self.state,
            "progress": (self.iteration, self.time, list(self.targets), list(self.history), self.best, self.bad_checks),
            "checked_stage": self.checked_stage,
            "setbacks": self.setbacks,
            "lives": self.lives,
            "plateau_rate": self.plateau_rate,
        }

    def _load_own_state(self, saved: dict[str, Any]) -> None:
        self.field.load_state_dict(saved["field"])
        self.averaged.load_state_dict(saved["averaged"])
        self.objective.load_state_dict(saved["objective"])
        self.best_weights, self.best_light = saved["best_weights"], saved["best_light"]
        self.optimizer.load_state_dict(saved["optimizer"])
        self.generator.set_state(saved["generator"].cpu())
        self.state = saved["state"].to(self.device)
        self.iteration, self.time, targets, history, self.best, self.bad_checks = saved["progress"]
        self.targets, self.history = list(targets), list(history)
        self.checked_stage = tuple(saved["checked_stage"])
        self.setbacks, self.lives, self.plateau_rate = saved["setbacks"], saved["lives"], saved["plateau_rate"]

    def best_field(self) -> VectorField:
        """The averaged weights of the best check."""
        best = VectorField(self.config.network)
        best.load_state_dict({name: value.cpu() for name, value in self.best_weights.items()})
        return best.eval()


def _copy(field: VectorField) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in field.state_dict().items()}


def _frozen(saved: Any) -> Any:
    """A copy of nested dictionaries, lists and tuples whose tensors no later step changes."""
    if isinstance(saved, Tensor):
        return saved.detach().clone()
    if isinstance(saved, dict):
        return {key: _frozen(value) for key, value in saved.items()}
    if isinstance(saved, list | tuple):
        return type(saved)(_frozen(value) for value in saved)
    return saved
