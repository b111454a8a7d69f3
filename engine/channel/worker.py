"""Answers requests: loads models, keeps lives open, solves as far as a request needs, and ahead when there is time."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from ..errors import InvalidModelError, InvalidRequestError
from ..lives.change import Change, solve_reach
from ..lives.draft import draft_arithmetic
from ..lives.life import Life, LifeSettings
from ..lives.life_store import LifeStore
from ..maps.baked_maps import baked_maps
from ..maps.map_names import CHANGE, MAPS
from ..maps.picture_settings import PACKED, PictureSettings
from ..maps.pictures import write_map
from ..models.model_file import Model, load_model
from ..models.model_header import read_header

_OPEN_LIVES = 4
_OPEN_MODELS = 4
AHEAD = 8  # steps: so far the engine runs before the playhead, and rests when that stands still or goes back


@dataclass
class Worker:
    """Solves on `device` and keeps lives in `store`.

    A request is worked off by `solve`, a generator that pauses after every step, so that its caller can listen for a
    change of mind in between; then `map_buffer.write_buffer` or `write_files` hands the maps over.
    """

    store: LifeStore
    device: str = "cpu"
    settings: LifeSettings = field(default_factory=LifeSettings)
    _models: OrderedDict[tuple[str, str], Model] = field(default_factory=OrderedDict)
    _lives: OrderedDict[str, Life] = field(default_factory=OrderedDict)
    _reaches: dict[str, float] = field(default_factory=dict)  # by the model's hash
    _changes: OrderedDict[str, Change] = field(default_factory=OrderedDict)
    _playhead: int = 0  # up to where the life last asked for had to be solved

    def life(self, model: Path, sha256: str, seed: int, extent: int, draft: bool = False) -> Life:
        """The life of a model file. Raises InvalidModelError where the file is not the one that `sha256` names.

        draft: for a first look, see `lives.draft`; another life than the exact one.
        """
        loaded = self._model(model, sha256)
        settings = self.settings
        if draft:
            settings = replace(settings, arithmetic=draft_arithmetic(self.device), is_draft=True)
        key = f"{loaded.header.sha256} {seed} {extent} {draft}"
        if key not in self._lives:
            self._lives[key] = Life(loaded, seed, extent, self.store, settings, self.device)
            while len(self._lives) > _OPEN_LIVES:
                self._lives.popitem(last=False)
        self._lives.move_to_end(key)
        return self._lives[key]

    def _model(self, path: Path, sha256: str) -> Model:
        key = (str(path), sha256 or read_header(path).sha256)
        if key not in self._models:
            model = load_model(path)
            if sha256 and model.header.sha256 != sha256:
                raise InvalidModelError(
                    f"{path.name} is not the model that this material was made with",
                    "choose the model again to use it as it is now",
                )
            model.field.to(self.device)
            self._models[key] = model
            while len(self._models) > _OPEN_MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]

    def release(self) -> None:
        """Give back the memory of the open lives; what they have on disk is where they go on from."""
        self._lives.clear()
        self._changes.clear()
        gc.collect()
        if self.device != "cpu":
            torch.accelerator.empty_cache()

    def solve(self, life: Life, age: float) -> Generator[tuple[int, int], None, None]:
        """Solve up to `age`, yielding (steps done, steps to do) after each."""
        self._playhead = target = life.index_for(age)
        while life.index < target:
            life.advance()
            yield life.index, target

    def solve_change(self, life: Life) -> Generator[tuple[int, int], None, None]:
        """Get ready for `change` of a life that is solved to age 0; yields (steps done, steps to do)."""
        sha256 = life.model.header.sha256
        if sha256 not in self._reaches:
            self._reaches[sha256] = yield from solve_reach(life)
        if life.name not in self._changes:
            self._changes[life.name] = Change(life, self._reaches[sha256])
            while len(self._changes) > _OPEN_LIVES:
                self._changes.popitem(last=False)
        self._changes.move_to_end(life.name)

    def change(self, life: Life) -> Change:
        """What measures how far a life has changed, after `solve_change`."""
        return self._changes[life.name]

    def ahead(self) -> bool:
        """Solve one more step of the life last asked for; False where AHEAD of them, or all, are done.

        Not the whole life: who has stopped to look wants a quiet machine, and who goes back no step to wait for.
        """
        life = next(reversed(self._lives.values()), None)
        if life is None or life.index >= min(life.steps, self._playhead + AHEAD):
            return False
        life.advance()
        return True


def write_files(files: dict[str, str], maps: dict[str, np.ndarray], settings: PictureSettings | None = None) -> None:
    """Write the maps named in `files` as pictures; with settings, as a bake wants them."""
    known = (*MAPS, CHANGE, PACKED) if settings is not None else tuple(MAPS)
    for name in files:
        if name not in known:
            raise InvalidRequestError(f"There is no map {name[:40]!r}", f"choose among {', '.join(known)}")
    if settings is not None:
        maps = baked_maps(maps, files, settings)
    for name, path in files.items():
        write_map(Path(path), name, maps[name], settings.form(name) if settings is not None else "")
