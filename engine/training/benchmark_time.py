"""How long a training takes until `patina evaluate` finds textures near enough to the footage's."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..evaluation.judge import Judge, Settings
from ..models.model_file import load_model, save_model
from .exemplar import Exemplar
from .record import Description, header_of
from .training import Training

_SEEDS = (0, 1)  # the fewest that are taken: forms of training differ by far more than seeds do
_DENSITY = 8  # steps of midpoint a unit of time, alike for all: each form is judged by a well solved life


@dataclass
class Timed:
    """A training under way, and the models that it would have given, in `folder`, by the seconds that it had taken.

    until: the seconds after which its textures were near enough; None as long as they were not.
    """

    training: Training
    folder: Path
    seconds: float = 0.0
    until: float | None = None
    _looks: list[tuple[float, Path]] = field(default_factory=list)

    def look(self) -> None:
        """Keep the model that the training would give now."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"look_{len(self._looks)}.safetensors"
        header = header_of(self.training, path, Description("a look", "none", "none"), self.seconds)
        save_model(self.training.averaged, replace(header, light=self.training.objective.light()), path)
        self._looks.append((self.seconds, path))

    def search(self, is_near: Callable[[Path], bool], last: bool) -> None:
        """Judge the model of now where it is the 1st, 2nd, 4th ... (or the last); where it is near enough, find the
        first that was, by halving: a later model is taken to be no worse than an earlier one."""
        count = len(self._looks)
        if not last and count & (count - 1):
            return
        if is_near(self._looks[-1][1]):
            tried = (1 << (count - 1).bit_length()) >> 1  # the power of two before: the one that was not near
            place = bisect_left(self._looks, True, lo=tried, hi=count - 1, key=lambda look: is_near(look[1]))
            self.until = self._looks[place][0]


def texture_of(path: Path, exemplar: Exemplar, texels: int, device: str) -> float:
    """The mean over all ages of the texture that `patina evaluate` judges by, in times the exemplar's own scatter."""
    model = load_model(path)
    grid = model.grid
    steps = round(_DENSITY * grid.warm_up), round(_DENSITY * grid.duration)
    solved = replace(model, grid=replace(grid, method="midpoint", warm_up_steps=steps[0], steps=steps[1]))
    solved.field.to(device)
    return Judge(solved, exemplar, Settings(texels, _SEEDS), device, path.parent / "lives").run().mean_texture
