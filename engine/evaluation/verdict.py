"""What was found out about a model, and whether it is good."""

from __future__ import annotations

from dataclasses import dataclass

from .copying import is_recited

GOOD = 1.3  # times the exemplar's own floor, at every age, in texture statistics
_SEAMLESS = 1.2
_SAME_COLOURS = 2.0  # of the palette, on average: then hues are plainly others
_STEADY = (0.5, 2.0)  # change over a life, as a ratio to the exemplar's


@dataclass(frozen=True)
class AgeFigures:
    """Ratios to the exemplar's own floor at one age; where nothing else is said, 1 is what an ideal model has.

    near_frame: whether the exemplar has a frame near this age; else it is compared with `frames`, (index, share), in
    proportion, and not judged. texture: Portilla-Simoncelli statistics, by plane. judged: the planes that count.
    by_seed: the greatest of them for each seed. values, patches: distributions. palette: the colours that occur.
    nearest, nearest_tenth: distance to the nearest exemplar patch, 0 for footage that is repeated; over all patches,
    and over the nearest tenth. wide_texture, wide_values, wide_patches: the same on four times the area. likeness: of
    two seeds, 0 if unrelated, 1 if one is the other shifted. seam: gradients across the tile's border, as a ratio to
    those inside.
    floors: of texture (units of a spread), values (units of the planes), patches (units of a spread) and palette
    (CIELAB over 100).
    """

    age: float
    near_frame: bool
    frames: list[tuple[int, float]]
    texture: dict[str, float]
    judged: tuple[str, ...]
    by_seed: list[float]
    values: float
    patches: float
    palette: float
    nearest: float
    nearest_tenth: float
    wide_texture: float
    wide_values: float
    wide_patches: float
    likeness: float
    seam: float
    floors: dict[str, float]

    @property
    def worst_texture(self) -> float:
        """The figure that the verdict stands on: of several maps, the worst."""
        return max(self.texture[name] for name in self.judged)

    @property
    def is_good(self) -> bool:
        return self.worst_texture <= GOOD


@dataclass(frozen=True)
class IntervalFigures:
    """Change between two ages as ratios to the exemplar's: from frame to frame, and from start to end."""

    start: float
    end: float
    steps: float
    whole: float


@dataclass(frozen=True)
class Evaluation:
    """All that was measured. size: extent of the states. patch: side of the patches whose texture was compared."""

    model: str
    sha256: str
    exemplar: str
    kind: str
    size: int
    patch: int
    seeds: list[int]
    ages: list[AgeFigures]
    intervals: list[IntervalFigures]
    whole_change: float
    seconds: float
    memory: int

    @property
    def judged(self) -> list[AgeFigures]:
        return [figures for figures in self.ages if figures.near_frame]

    @property
    def is_good(self) -> bool:
        return all(figures.is_good for figures in self.judged) and not self.complaints

    @property
    def mean_texture(self) -> float:
        """The mean over the judged ages of the figure that the verdict stands on."""
        return sum(figures.worst_texture for figures in self.judged) / len(self.judged)

    @property
    def complaints(self) -> list[str]:
        """What is wrong besides the textures, each a short clause."""
        least, most = _STEADY
        seam = sum(figures.seam for figures in self.ages) / len(self.ages)
        # Once is chance: rare features resemble each other.
        recited = sum(is_recited(figures.nearest, figures.nearest_tenth) for figures in self.ages)
        palette = sum(figures.palette for figures in self.judged) / len(self.judged)
        found = {
            f"its colours are not its footage's ({palette:.2f})": palette > _SAME_COLOURS,
            f"recites its footage at {recited} ages": recited > 1,
            "seeds are shifted copies of each other": max(figures.likeness for figures in self.ages) > 0.5,
            f"the tile's border shows ({seam:.2f})": seam > _SEAMLESS,
            f"changes {self.whole_change:.2f} times as much as its footage": not least <= self.whole_change <= most,
        }
        return [clause for clause, is_so in found.items() if is_so]

    @property
    def summary(self) -> str:
        """One line."""
        good = sum(figures.is_good for figures in self.judged)
        worst = max(self.judged, key=lambda figures: figures.worst_texture)
        clauses = [
            f"texture {self.mean_texture:.2f} times the floor",
            f"at worst {worst.worst_texture:.2f} at age {worst.age:.2f}",
            f"good at {good} of {len(self.judged)} ages",
            *self.complaints,
        ]
        return f"{self.model}: {'good' if self.is_good else 'not good'}: {'; '.join(clauses)}"
