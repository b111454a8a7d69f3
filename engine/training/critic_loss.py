"""A contest beside a distance: a critic learns to tell the synthesis from the exemplar, the model not to be told.

Sums over patches, which the other losses compare, are alike for a crystal and for a blot of the same colours. What
tells the two apart differs from texture to texture, so it is learned (`critic`). That the contest settles is owed to
the penalty of Mescheder et al., "Which training methods for GANs do actually converge?", ICML 2018.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InvalidRequestError
from .critic import Critic, Scale
from .patch_loss import LEAST_SPREAD, Loss, Target

_LEARNING_RATE = 1e-3
_BETAS = (0.5, 0.99)
_SLOPE = 0.1  # weight of the scores' squared slope, by values in units of their spread (Mescheder et al. 2018)
_SLOPE_EVERY = 4  # steps of the critic, at four times the weight: it costs as much as the rest
_WINDOW = 64  # texels each way
_TOLD = 4  # windows of either kind a step: the newest synthesis, and older ones that it must not forget
_KEPT = 64  # of those older ones, which have all ages among them
_LEAST_LENGTH = 1e-12
_MOST = 100
_RISING = 400  # steps in which the critic's say grows from nothing


class _Pair(NamedTuple):
    """Windows [1, C, 64, 64] of a synthesis and of the exemplar at its age, and what both are measured by."""

    synthesis: Tensor
    exemplar: Tensor
    scale: Scale


class CriticLoss(nn.Module):
    """The distance of another loss and, for a synthesis that learns, `share` times as strong a pull by a critic.

    share: the length of the gradient with respect to the synthesis, in lengths of the other loss' own. least: what
    hardly shows in each channel, or in all of them alike. It has no parameters: those of the critic learn against the
    model. Where the contest stands is in its `state_dict`. Raises InvalidRequestError for a share that means nothing.
    """

    def __init__(self, loss: Loss, share: float, least: tuple[float, ...] = (LEAST_SPREAD,)):
        super().__init__()
        if not 0 < share <= _MOST:
            raise InvalidRequestError(f"A critic cannot pull {share:g} times as strongly", f"choose up to {_MOST}")
        self.loss = loss
        self.share = share
        self.least = least
        self._critic: tuple[Critic, torch.optim.Adam] | tuple[()] = ()  # hidden from `parameters`
        self._kept: list[_Pair] = []
        self._steps = 0

    def forward(self, synthesis: Tensor, target: Target, generator: torch.Generator, periodic: bool = True) -> Tensor:
        """Distance (a scalar) of synthesis [1, C, H, W] from the target; periodic as for `PatchLoss`.

        One step of the critic where the synthesis has a gradient. Raises InvalidRequestError where there is no window
        of 64 texels each way in both.
        """
        distance = self.loss(synthesis, target, generator, periodic)
        if not synthesis.requires_grad:
            return distance
        scale = Scale.of(target, self.least)
        newest = _window(synthesis.detach(), generator, periodic), _window(_drawn(target, generator), generator)
        self._learn(_Pair(*newest, scale), generator)
        pull = self.doubt(_shifted(synthesis, generator) if periodic else synthesis, scale)
        ours, theirs = (torch.autograd.grad(term, synthesis, retain_graph=True)[0] for term in (distance, pull))
        rising = min(1.0, self._steps / _RISING)
        share = self.share * rising * ours.norm() / theirs.norm().clamp(min=_LEAST_LENGTH)
        # The slopes are known now, and before they are asked for the critic may learn again, from another crop.
        learned = (ours + share * theirs) * (synthesis - synthesis.detach())
        return distance.detach() + share * pull.detach() + learned.sum()

    def doubt(self, picture: Tensor, scale: Scale) -> Tensor:
        """How little (a scalar) the critic believes a picture [1, C, H, W] to be the exemplar that has the scale."""
        critic, _ = self._learner(picture)
        return _doubt(critic(picture, scale))

    def describe(self) -> str:
        return f"{self.loss.describe()}; a critic of windows of {_WINDOW}, pulling {self.share:g} times as strongly"

    def get_extra_state(self) -> dict[str, Any]:
        critic, optimizer = (part.state_dict() for part in self._critic) if self._critic else ({}, {})
        kept = [(pair.synthesis, pair.exemplar, *pair.scale.parts()) for pair in self._kept]
        return {"critic": critic, "optimizer": optimizer, "kept": kept, "steps": self._steps}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self._kept = [_Pair(ours, theirs, Scale(*parts)) for ours, theirs, *parts in state["kept"]]
        self._steps, self._critic = state["steps"], ()
        if self._kept:
            critic, optimizer = self._learner(self._kept[0].synthesis)
            critic.load_state_dict(state["critic"])
            optimizer.load_state_dict(state["optimizer"])

    def _learner(self, like: Tensor) -> tuple[Critic, torch.optim.Adam]:
        """The critic and its optimiser, made for pictures like these [1, C, H, W] when they are first seen."""
        if not self._critic:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                critic = Critic(like.shape[1]).to(like.device)
            self._critic = (critic, torch.optim.Adam(critic.parameters(), lr=_LEARNING_RATE, betas=_BETAS))
        return self._critic

    def _learn(self, newest: _Pair, generator: torch.Generator) -> None:
        """One step of the critic: the exemplar's windows score high, the synthesis' low."""
        critic, optimizer = self._learner(newest.synthesis)
        told = [newest]
        while self._kept and len(told) < _TOLD:
            told.append(self._kept[int(torch.randint(len(self._kept), (), generator=generator))])
        self._kept = [*self._kept, newest][-_KEPT:]
        scale = Scale.joined([pair.scale for pair in told])
        false, true = torch.cat([pair.synthesis for pair in told]), torch.cat([pair.exemplar for pair in told])
        with_slope = self._steps % _SLOPE_EVERY == 0
        self._steps += 1
        scores = critic(true.requires_grad_(with_slope), scale)
        loss = _doubt(scores) + _doubt([-score for score in critic(false, scale)])
        if with_slope:
            total = torch.stack([score.sum() / score.shape[1] ** 0.5 for score in scores]).sum()
            (slope,) = torch.autograd.grad(total, true, create_graph=True)
            loss = loss + _SLOPE_EVERY * _SLOPE * (slope * scale.spread).square().sum((1, 2, 3)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def check_windows(height: int, width: int) -> None:
    """Raises InvalidRequestError where a picture of so many texels is too small for a critic."""
    if min(height, width) < _WINDOW:
        raise InvalidRequestError(
            f"A critic looks through windows of {_WINDOW} texels, and these are {width} x {height}",
            "train on a larger size, or without a critic",
        )


def _doubt(scores: Iterable[Tensor]) -> Tensor:
    return torch.stack([functional.softplus(-score).mean() for score in scores]).sum()


def _drawn(target: Target, generator: torch.Generator) -> Tensor:
    """One of the pictures, by chance in their proportions."""
    left = float(torch.rand((), generator=generator))
    for picture, share in target:
        left -= share
        if left <= 0:
            return picture
    return target[-1][0]


def _window(picture: Tensor, generator: torch.Generator, periodic: bool = False) -> Tensor:
    """A random window [1, C, 64, 64] of a picture, across its borders where it repeats."""
    height, width = picture.shape[-2:]
    check_windows(height, width)
    if periodic:
        return _shifted(picture, generator)[..., :_WINDOW, :_WINDOW].clone()
    top, left = (int(torch.randint(n - _WINDOW + 1, (), generator=generator)) for n in (height, width))
    return picture[..., top : top + _WINDOW, left : left + _WINDOW].clone()


def _shifted(picture: Tensor, generator: torch.Generator) -> Tensor:
    """A picture that repeats, from a random place on: where it wraps is seen like any other place."""
    shifts = [int(torch.randint(n, (), generator=generator)) for n in picture.shape[-2:]]
    return picture.roll(shifts, (2, 3))
