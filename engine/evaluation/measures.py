"""All statistics of an exemplar, measured once, and pictures held against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .copying import Nearest, nearest_elsewhere, nearest_patches
from .distributions import PatchDistribution, ValueDistribution
from .palette import Palette
from .portilla_simoncelli import PortillaSimoncelli
from .views import View, dithered
from .yardstick import Yardstick

Target = Sequence[tuple[int, float]]  # frames and their shares
_FRAMES = 0  # first of the seeds of the noise that is added; the synthesis has others


@dataclass(frozen=True)
class Distances:
    """How far a picture is from the exemplar; texture: [K], values, patches, palette: [1]."""

    texture: np.ndarray
    values: np.ndarray
    patches: np.ndarray
    palette: np.ndarray


@dataclass(frozen=True)
class Ratios:
    """Distances divided by the exemplar's floor; texture: by plane."""

    texture: dict[str, float]
    values: float
    patches: float
    palette: float


class Measures:
    """The statistics of those frames of a view's exemplar that `targets` need.

    report is called after each frame. Raises MissingLibraryError where plenoptic is not installed.
    """

    def __init__(self, view: View, targets: Sequence[Target], patch: int, report: Callable[[], None] = lambda: None):
        self.view = view
        self.side = patch // 4
        planes = {}
        for index in sorted({index for target in targets for index, _ in target}):
            planes[index] = dithered(view.planes_of(view.frame(index)), _FRAMES, index)
        self._planes = planes
        spread = np.sqrt(np.mean([np.var(some, axis=(1, 2)) for some in planes.values()], axis=0))
        values, patches = ValueDistribution(len(view.planes)), PatchDistribution(spread)
        self.texture = Yardstick(PortillaSimoncelli(patch), planes, patch, report=report)
        self.values = Yardstick(values, planes, patch, values.least)
        self.patches = Yardstick(patches, planes, patch, patches.least)
        self.palette = Yardstick(Palette(), planes, patch, Palette.least)

    def distances(self, target: Target, planes: np.ndarray) -> Distances:
        """Of the planes [K, H, W] of a picture."""
        sticks = (self.texture, self.values, self.patches, self.palette)
        return Distances(*(stick.figure(target, planes) for stick in sticks))

    def ratios(self, target: Target, pictures: Sequence[Distances]) -> Ratios:
        """Of pictures at one age: averaged, then divided by the floor."""

        def ratio(stick: Yardstick, figures: list[np.ndarray]) -> list[float]:
            return (np.mean(figures, axis=0) / stick.floor(target)).tolist()

        texture = ratio(self.texture, [some.texture for some in pictures])
        (values,) = ratio(self.values, [some.values for some in pictures])
        (patches,) = ratio(self.patches, [some.patches for some in pictures])
        (palette,) = ratio(self.palette, [some.palette for some in pictures])
        return Ratios(dict(zip(self.view.planes, texture, strict=True)), values, patches, palette)

    def floors(self, target: Target) -> dict[str, float]:
        """The floors of texture (mean over the judged planes), values, patches and palette."""
        texture = dict(zip(self.view.planes, self.texture.floor(target).tolist(), strict=True))
        return {
            "texture": float(np.mean([texture[name] for name in self.view.judged])),
            "values": float(self.values.floor(target)[0]),
            "patches": float(self.patches.floor(target)[0]),
            "palette": float(self.palette.floor(target)[0]),
        }

    def nearest(self, target: Target, pictures: Sequence[np.ndarray]) -> Nearest:
        """Distance of pictures' patches to the nearest of the frame next to their age, as ratios to the frame's own."""
        frame = self._planes[max(target, key=lambda part: part[1])[0]]
        own = Nearest.of(np.concatenate([nearest_elsewhere(frame, self.side, seed) for seed in range(len(pictures))]))
        found = [nearest_patches(frame, planes, self.side, seed) for seed, planes in enumerate(pictures)]
        theirs = Nearest.of(np.concatenate(found))
        return Nearest(theirs.mean / max(own.mean, 1e-6), theirs.tenth / max(own.tenth, 1e-6))
