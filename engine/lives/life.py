"""A life: one model, seed and extent, solved once and seen at any age.

The ODE is solved on a fixed grid of steps. What is seen of the state (its observed channels) is kept at each grid time
from age 0 on; between two of them it is blended linearly. So a life is a pure function of what its name is made from:
neither the order in which ages are asked for, nor a restart, nor another process changes a bit of it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidRequestError
from ..models.model_file import Model
from .arithmetic import EXACT, velocity_of
from .draft import draft_grid
from .life_store import LifeStore
from .noise import initial_state
from .solver import step

LARGEST_EXTENT = 4096
_SMALLEST_EXTENT = 16
_SAVING_SHARE = 0.5  # of the time since, that keeping the whole state takes at most: every step's, but on a slow disk
_OBSERVED_BYTES = 256 << 20  # observed channels held in memory, over what the disk keeps


@dataclass(frozen=True)
class LifeSettings:
    """What decides a life's numbers besides model, seed and extent.

    kept: the type in which observed channels are kept; float16 is exact to 1/4096 of a map's range. arithmetic: of the
    solve (see `arithmetic`); what is rendered or baked is solved in the one in which all machines agree. is_draft: in
    fewer steps than the model asks for (see `draft`).
    """

    kept: str = "float16"
    arithmetic: str = EXACT
    is_draft: bool = False


class Life:
    """One life, solved as far as was needed.

    Raises InvalidRequestError for a seed or an extent that the model cannot have.
    """

    def __init__(self, model: Model, seed: int, extent: int, store: LifeStore, settings: LifeSettings, device: str):
        check_extent(model, extent)
        if not 0 <= seed < 2**63:
            raise InvalidRequestError(f"The seed {seed} is not between 0 and 2^63", "choose a positive seed")
        self.model = model
        self.seed = seed
        self.extent = extent
        self.settings = settings
        self.device = device
        self.grid = draft_grid(model.grid) if settings.is_draft else model.grid
        self.times = self.grid.times()
        self.name = self._name()
        self._velocity = velocity_of(model.field, settings.arithmetic, device, extent)
        self._store = store
        self._folder = store.open(self.name)
        self._observed: OrderedDict[int, np.ndarray] = OrderedDict()
        self._shape = (model.header.network["channels"], extent, extent)
        self._save_after = 0.0  # monotonic seconds
        resumed = self._folder.read_state(self._shape)
        self.index, state = resumed or (0, self._initial_state())
        self._state = self._to_tensor(state)

    def _name(self) -> str:
        header = self.model.header
        arithmetic = {"kept": self.settings.kept, "arithmetic": self.settings.arithmetic}
        decisive = [header.sha256, self.seed, self.extent, asdict(self.grid), arithmetic, self.device]
        return "life-" + hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:32]

    def _to_tensor(self, state: np.ndarray) -> Tensor:
        # Copied into memory that torch aligns itself: kernels may round differently where arrays start elsewhere.
        tensor = torch.empty((1, *self._shape), dtype=torch.float32, device=self.device)
        return tensor.copy_(torch.from_numpy(state)[None])

    @property
    def steps(self) -> int:
        """How many steps the whole life has, warm-up included."""
        return len(self.times) - 1

    def index_for(self, age: float) -> int:
        """The grid index up to which the life must be solved to be seen at `age`."""
        below, share = self._position(age)
        return self.grid.warm_up_steps + below + (share > 0)

    def _position(self, age: float) -> tuple[int, float]:
        if not 0 <= age <= 1:
            raise InvalidRequestError(f"The age {age} is not between 0 and 1", "choose an age between 0 and 1")
        position = age * self.grid.steps
        below = min(int(position), self.grid.steps)
        return below, position - below

    def advance(self) -> None:
        """Solve one more step and keep what is seen of it."""
        start, end = self.times[self.index], self.times[self.index + 1]
        with torch.inference_mode():
            state = step(self._velocity, self._state, start, end, self.grid.method)
        if not (state.abs() <= np.finfo(self.settings.kept).max).all():
            raise InvalidRequestError(
                f"The state of {self.model.header.name} grows beyond all numbers at the time {end:.3g}",
                "choose another model or seed",
            )
        self.index, self._state = self.index + 1, state
        self._keep()

    def _keep(self) -> None:
        kept = self.index - self.grid.warm_up_steps
        if kept >= 0:
            observed = self._state[0, : self.model.appearance.observed].cpu().numpy().astype(self.settings.kept)
            self._write(lambda: self._folder.write_observed(kept, observed))
            self._hold(kept, observed)
        started = time.monotonic()
        if self.index == self.steps or started > self._save_after:
            self._write(lambda: self._folder.write_state(self.index, self._state[0].cpu().numpy()))
            self._store.trim(keep=self.name)
            ended = time.monotonic()
            self._save_after = ended + (ended - started) / _SAVING_SHARE

    def _write(self, write: Callable[[], None]) -> None:
        """Keep on disk where the disk lets us: a full or vanished disk costs time later, never the picture now."""
        try:
            write()
        except OSError:
            self._folder.touch()
            with suppress(OSError):
                write()

    def _hold(self, kept: int, observed: np.ndarray) -> None:
        self._observed[kept] = observed
        self._observed.move_to_end(kept)
        while len(self._observed) > max(2, _OBSERVED_BYTES // observed.nbytes):
            self._observed.popitem(last=False)

    def _observed_at(self, kept: int) -> np.ndarray:
        if kept in self._observed:
            self._observed.move_to_end(kept)
            return self._observed[kept]
        shape = (self.model.appearance.observed, self.extent, self.extent)
        observed = self._folder.read_observed(kept, shape, self.settings.kept)
        if observed is None:  # lost or damaged on disk: solve again from the noise, to the same numbers
            furthest = self.index, self._state
            self._restart()
            while self.index < self.grid.warm_up_steps + kept:
                self.advance()
            self.index, self._state = furthest
            return self._observed[kept]
        self._hold(kept, observed)
        return observed

    def _initial_state(self) -> np.ndarray:
        return initial_state(*self._shape, self.seed, self.model.header.start)

    def _restart(self) -> None:
        self.index = 0
        self._state = self._to_tensor(self._initial_state())

    def observed(self, age: float) -> Tensor:
        """The observed channels [C, H, W] of the state at `age` in [0, 1], solving as far as that takes."""
        while self.index < self.index_for(age):
            self.advance()
        below, share = self._position(age)
        observed = torch.from_numpy(self._observed_at(below)).float()
        if share > 0:
            observed = observed.lerp(torch.from_numpy(self._observed_at(below + 1)).float(), share)
        return observed

    def maps(self, age: float) -> dict[str, np.ndarray]:
        """The five maps at `age` in [0, 1] (see `appearance`)."""
        return self.model.appearance.maps(self.observed(age))


def check_extent(model: Model, extent: int) -> None:
    """Raise InvalidRequestError where the network cannot halve `extent` often enough, or it is out of range."""
    multiple = model.header.extent_multiple
    if extent % multiple or not _SMALLEST_EXTENT <= extent <= LARGEST_EXTENT:
        raise InvalidRequestError(
            f"The resolution {extent} is not a multiple of {multiple} from {_SMALLEST_EXTENT} to {LARGEST_EXTENT}",
            f"choose {min(LARGEST_EXTENT, max(64, round(extent / 64) * 64))}",
        )
