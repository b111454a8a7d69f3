"""Holds a model against its exemplar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidRequestError
from ..lives.life import Life, LifeSettings
from ..lives.life_store import LifeStore
from ..models.model_file import Model
from ..training.exemplar import Exemplar, cut, reduced
from ..training.memory import peak_memory
from ..training.white_balance import balanced
from .ages import is_near_a_frame, judged_ages
from .coherence import changes, intervals
from .coherence import ratio as change_ratio
from .diversity import likeness
from .measures import Measures, Target
from .parts import PATCHES, largest_patch
from .seam import seam
from .verdict import AgeFigures, Evaluation, IntervalFigures
from .views import View, dithered, kind_of, view_of

_STORE_BYTES = 4 << 30
_SYNTHESIS = 1  # first of the seeds of the noise that is added; the exemplar has others


@dataclass(frozen=True)
class Settings:
    """size: extent of the states, in texels. seeds: whose figures are averaged, two or more."""

    size: int = 128
    seeds: tuple[int, ...] = (0, 1, 2)


def as_trained(exemplar: Exemplar, model: Model) -> Exemplar:
    """The exemplar as the model was trained on it, by the record in its header: its white, as few texels, the region.

    Raises InvalidExemplarError or InvalidRequestError for a white balance or a region that is none.
    """
    record = model.header.training
    texels, region = _numbers(record, "texels", int), _numbers(record, "region", float)
    gains = _numbers(record, "white_balance", float)
    if len(gains) == 3:
        red, green, blue = gains
        exemplar = balanced(exemplar, (red, green, blue))
    if texels and min(texels) < min(exemplar.frames.shape[1:3]):
        exemplar = reduced(exemplar, min(texels))
    if len(region) == 4:
        left, top, right, bottom = region
        exemplar = cut(exemplar, (left, top, right, bottom))
    return exemplar


def _numbers(record: dict[str, Any], name: str, kind: type) -> list:
    """A list of numbers in a model's record; empty where there is none, for anything may stand there."""
    value = record.get(name)
    return value if isinstance(value, list) and all(type(number) is kind for number in value) else []


class Judge:
    """One evaluation: `run` does it; `pictures` shows afterwards what was compared.

    folder: where lives are kept meanwhile. Raises InvalidExemplarError, InvalidModelError or InvalidRequestError for
    what cannot be compared.
    """

    def __init__(self, model: Model, exemplar: Exemplar, settings: Settings, device: str, folder: Path):
        self.model = model
        self.exemplar = as_trained(exemplar, model)
        self.settings = settings
        self.view: View = view_of(self.exemplar, model.appearance, model.header)
        self.size = self.view.extent(settings.size)
        if self.size < 2 * PATCHES[-1]:
            raise InvalidRequestError(
                f"States of {self.size} texels are too few to be compared", f"use {2 * PATCHES[-1]} or more"
            )
        self.patch = largest_patch(self.view.height, self.view.width, self.size)
        self.ages = judged_ages(self.exemplar.ages, model.grid.steps)
        self.targets = [self.exemplar.neighbours(age) for age in self.ages]
        store = LifeStore(folder, _STORE_BYTES)
        self.lives = [Life(model, seed, self.size, store, LifeSettings(), device) for seed in settings.seeds]
        self.wide = Life(model, settings.seeds[0], 2 * self.size, store, LifeSettings(), device)

    def run(self, report: Callable[[float], None] = lambda share: None) -> Evaluation:
        """Measure everything, telling which share of the work is done."""
        started = time.monotonic()
        work = _Work(self, report)
        measures = Measures(self.view, self.targets, self.patch, lambda: work.add(work.frame))
        for life in (*self.lives, self.wide):
            while life.index < life.steps:
                life.advance()
                work.add(work.step * (life.extent / self.size) ** 2)
        ages = []
        for age, target in zip(self.ages, self.targets, strict=True):
            ages.append(self._figures(age, target, measures))
            work.add(work.age)
        found, whole = self._changes()
        return Evaluation(
            model=self.model.header.name,
            sha256=self.model.header.sha256,
            exemplar=self.exemplar.name,
            kind=kind_of(self.model.header),
            size=self.size,
            patch=self.patch,
            seeds=list(self.settings.seeds),
            ages=ages,
            intervals=found,
            whole_change=whole,
            seconds=round(time.monotonic() - started, 1),
            memory=peak_memory("cpu"),
        )

    def pictures(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each judged age a frame of the exemplar and the first seed's picture."""
        for age, target in zip(self.ages, self.targets, strict=True):
            index = max(target, key=lambda part: part[1])[0]
            yield self.view.frame(index), self.view.picture(self.lives[0].observed(age))

    def _planes(self, life: Life, age: float) -> np.ndarray:
        return self.view.planes_of(self.view.picture(life.observed(age)))

    def _frame_of(self, life: Life, index: int) -> np.ndarray:
        """What is seen of a life at the age of the exemplar's frame `index`."""
        return self._planes(life, float(self.exemplar.ages[index]))

    def _figures(self, age: float, target: Target, measures: Measures) -> AgeFigures:
        number = self.ages.index(age)
        lives = enumerate((*self.lives, self.wide))
        *planes, wide = (dithered(self._planes(life, age), _SYNTHESIS, k, number) for k, life in lives)
        each = [measures.distances(target, some) for some in planes]
        ratios, by_seed = measures.ratios(target, each), [measures.ratios(target, [some]).texture for some in each]
        wide_ratios = measures.ratios(target, [measures.distances(target, wide)])
        nearest = measures.nearest(target, planes)
        channels = [(0.5 * life.observed(age) + 0.5).numpy() for life in self.lives]
        judged = self.view.judged
        return AgeFigures(
            age=age,
            near_frame=is_near_a_frame(age, self.exemplar.ages),
            frames=[(index, round(share, 4)) for index, share in target],
            texture=ratios.texture,
            judged=judged,
            by_seed=[max(texture[name] for name in judged) for texture in by_seed],
            values=ratios.values,
            patches=ratios.patches,
            palette=ratios.palette,
            nearest=nearest.mean,
            nearest_tenth=nearest.tenth,
            wide_texture=max(wide_ratios.texture[name] for name in judged),
            wide_values=wide_ratios.values,
            wide_patches=wide_ratios.patches,
            likeness=max(likeness(one, other).excess for one, other in combinations(planes, 2)),
            seam=float(np.mean([seam(some) for some in channels])),
            floors=measures.floors(target),
        )

    def _changes(self) -> tuple[list[IntervalFigures], float]:
        """The change in every interval, and over the life, as ratios to the exemplar's."""
        inside = intervals(self.ages, self.exemplar.ages)
        theirs = changes(inside, lambda index: self.view.planes_of(self.view.frame(index)))
        each = [changes(inside, partial(self._frame_of, life)) for life in self.lives]
        found = [
            IntervalFigures(
                float(self.exemplar.ages[frames[0]]),
                float(self.exemplar.ages[frames[-1]]),
                change_ratio(float(np.mean([change.steps for change in ours])), exemplar.steps),
                change_ratio(float(np.mean([change.whole for change in ours])), exemplar.whole),
            )
            for frames, exemplar, ours in zip(inside, theirs, zip(*each, strict=True), strict=True)
        ]
        ours_whole = float(np.mean([change.whole for one in each for change in one]))
        return found, change_ratio(ours_whole, float(np.mean([change.whole for change in theirs])))


class _Work:
    """How much of the work is done, in seconds of one core (measured for 128 x 128 with the standard network)."""

    def __init__(self, judge: Judge, report: Callable[[float], None]):
        area = (judge.size / 128) ** 2
        parameters = sum(parameter.numel() for parameter in judge.model.field.parameters())
        self.step = 0.07 * area * parameters / 560_000
        self.frame = 0.6
        self.age = 4.0
        frames = {index for target in judge.targets for index, _ in target}
        steps = sum(life.steps * (life.extent / judge.size) ** 2 for life in (*judge.lives, judge.wide))
        self.total = self.step * steps + self.frame * len(frames) + self.age * len(judge.ages)
        self.spent = 0.0
        self.report = report

    def add(self, amount: float) -> None:
        self.spent += amount
        self.report(min(1.0, self.spent / self.total))
