"""What training costs, as ratios to its plain form, measured side by side in one run.

The plain form: Heun's method with 4 steps a unit of time, all in float32 with the field as it is written, and torch's
own sort. All forms start from the same weights and are shown the same times of the same footage.
"""

from __future__ import annotations

import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from ..appearance import DEFAULT_RULES
from ..models.network import NetworkConfig
from .benchmark_footage import rusting, rusting_under_flash
from .benchmark_time import Timed, texture_of
from .config import TrainingConfig
from .exemplar import Exemplar
from .flash import FlashObjective
from .memory import peak_memory
from .objective import Objective
from .patch_loss import PatchLoss
from .rgb import RgbObjective
from .training import Training

KINDS = ("rgb", "flash")
_STEPS = 6  # a turn: one life


@dataclass(frozen=True)
class Size:
    """How much is measured.

    turns: of each form in the race. steps: at most, until the texture is near; 0 leaves it out. between: steps from
    one model that is kept to the next.
    """

    width: int = 32
    texels: int = 64
    footage: int = 128
    turns: int = 5
    steps: int = 1200
    between: int = 30


SHORT = Size(width=8, texels=16, footage=32, turns=2, steps=0, between=6)


@dataclass(frozen=True)
class Form:
    """One way to train."""

    name: str
    method: str = Training.method
    steps_per_unit: tuple[int, int] = TrainingConfig.steps_per_unit
    precision: str = "auto"
    own_sort: bool = True


PLAIN = Form("plain: Heun, 4 steps a unit of time", "heun2", (4, 4), "plain", own_sort=False)
FORMS = (
    PLAIN,
    Form("Euler, 5 to 8 steps", precision="plain", own_sort=False),
    Form("and NumPy's sort", precision="plain"),
    Form("and arranged for the CPU", precision="float32"),
    Form("as it trains"),
)
AS_IT_TRAINS = FORMS[-1]


@dataclass(frozen=True)
class Row:
    """One line of the table. value: seconds or bytes, None where it was not reached. ratio: the plain form's to it."""

    kind: str
    measure: str
    form: str
    value: float | None
    ratio: float | None


class PlainPatchLoss(PatchLoss):
    """Sorts with torch."""

    @staticmethod
    def sorted(values: Tensor) -> Tensor:
        return values.detach().sort(dim=1).values

    @staticmethod
    def sorted_with_gradient(values: Tensor) -> Tensor:
        return values.sort(dim=1).values


def rows(
    kinds: tuple[str, ...], size: Size, exemplars: dict[str, Exemplar], device: str, texture: float
) -> Iterator[Row]:
    """Measure, and yield each row as it is known.

    exemplars: footage by kind, in place of that made here. texture: what `patina evaluate` has to find in the mean of
    all ages, in times the exemplar's own scatter.
    """
    exemplars = {kind: exemplars.get(kind) or _footage(kind, size) for kind in kinds}
    # First of all, while this process is small: Linux counts a parent's memory as its children's.
    for kind, exemplar in exemplars.items():
        yield from memory_rows(kind, size, exemplar, device)
    for kind, exemplar in exemplars.items():
        yield from step_rows(kind, size, exemplar, device)
        if size.steps:
            yield from time_rows(kind, size, exemplar, device, texture)


def step_rows(kind: str, size: Size, exemplar: Exemplar, device: str) -> Iterator[Row]:
    """Seconds of one optimiser step of each form: medians of turns that alternate."""
    trainings = {form: training_of(kind, form, size, exemplar, device) for form in FORMS}
    seconds: dict[Form, list[float]] = {form: [] for form in FORMS}
    for turn in range(1 + size.turns):
        for form, training in trainings.items():
            spent = _seconds(lambda training=training: _work(training, _STEPS), device) / _STEPS  # type: ignore[misc]
            if turn:  # the first warms up
                seconds[form].append(spent)
    for form in FORMS:
        ratios = [plain / own for plain, own in zip(seconds[PLAIN], seconds[form], strict=True)]
        yield Row(kind, "a step", form.name, statistics.median(seconds[form]), statistics.median(ratios))


def memory_rows(kind: str, size: Size, exemplar: Exemplar, device: str) -> Iterator[Row]:
    """Bytes at most, of the plain form and as it trains."""
    peaks = {}
    for form in (PLAIN, AS_IT_TRAINS):
        # A process of its own: a system tells a process's peak, and never forgets it.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            peaks[form] = pool.submit(_peak, kind, form, size, exemplar, device, torch.get_num_threads()).result()
    for form, peak in peaks.items():
        known = bool(peak and peaks[PLAIN])
        yield Row(kind, "memory", form.name, peak or None, peaks[PLAIN] / peak if known else None)


def time_rows(kind: str, size: Size, exemplar: Exemplar, device: str, texture: float) -> Iterator[Row]:
    """Seconds until `patina evaluate` finds a mean texture of `texture` times the exemplar's own scatter."""
    forms = (PLAIN, AS_IT_TRAINS)

    def is_near(path: Path) -> bool:
        return texture_of(path, exemplar, size.footage, device) <= texture

    with TemporaryDirectory() as folder:
        timed = {
            form: Timed(training_of(kind, form, size, exemplar, device), Path(folder) / str(number))
            for number, form in enumerate(forms)
        }
        looks = math.ceil(size.steps / size.between)
        for number in range(1, looks + 1):
            for one in timed.values():
                if one.until is None:
                    one.seconds += _seconds(lambda one=one: _work(one.training, size.between), device)  # type: ignore[misc]
                    one.look()
                    one.search(is_near, last=number == looks)
            if all(one.until is not None for one in timed.values()):
                break
    plain = timed[PLAIN].until
    for form, one in timed.items():
        ratio = plain / one.until if plain and one.until else None
        yield Row(kind, f"until a texture of {texture:g}", form.name, one.until, ratio)


def _footage(kind: str, size: Size) -> Exemplar:
    return rusting(size.footage) if kind == "rgb" else rusting_under_flash(size.footage)


def training_of(kind: str, form: Form, size: Size, exemplar: Exemplar, device: str) -> Training:
    objective = _objective(kind, form, exemplar)
    multipliers, attention = ((1, 2, 4), True) if kind == "rgb" else ((1, 2), False)
    config = TrainingConfig(
        network=NetworkConfig(objective.observed + 9, size.width, multipliers, attention),
        state_size=size.texels,
        late_share=0.0,
        steps_per_unit=form.steps_per_unit,
        precision=form.precision,
    )
    training = Training(objective, config, device)
    training.method = form.method
    return training


def _objective(kind: str, form: Form, exemplar: Exemplar) -> Objective:
    scales = 4 if kind == "rgb" else 3
    loss = PatchLoss(scales=scales) if form.own_sort else PlainPatchLoss(scales=scales)
    if kind == "rgb":
        return RgbObjective(exemplar, DEFAULT_RULES, loss=loss)
    return FlashObjective(exemplar, initialisation=0, loss=loss)


def _work(training: Training, steps: int) -> None:
    for _ in range(steps):
        training.step()


def _seconds(work: Callable[[], None], device: str) -> float:
    _synchronise(device)
    started = time.perf_counter()
    work()
    _synchronise(device)
    return time.perf_counter() - started


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _peak(kind: str, form: Form, size: Size, exemplar: Exemplar, device: str, threads: int) -> int:
    """Bytes that the whole process needs at most for two lives; 0 where that is not known."""
    torch.set_num_threads(threads)
    _work(training_of(kind, form, size, exemplar, device), 2 * _STEPS)
    return peak_memory(device)
