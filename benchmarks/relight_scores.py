"""What is measured of relit textures, age by age and light by light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .relight_measures import STATISTICS, decibels, expected, halves, patch_distance, shifted, similarity, squared_error
from .relight_subjects import Exemplar, Subject

HALVES, UNLIT = "halves of the truth", "not relit"


@dataclass
class Scores:
    """What was measured of one subject under one light; lists run over the ages, each value a mean over pieces.

    errors: mean squared ones. patches: distances from the reference photograph's.
    """

    errors: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STATISTICS})
    similarities: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STATISTICS})
    patches: list[float] = field(default_factory=list)

    def add(self, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Take in one age: pairs of `expected` photographs."""
        for k, name in enumerate(STATISTICS):
            self.errors[name].append(float(np.mean([squared_error(one[k], other[k]) for one, other in pairs])))
            self.similarities[name].append(float(np.mean([similarity(one[k], other[k]) for one, other in pairs])))

    def psnr(self, statistic: str) -> float:
        """In dB, of the squared error averaged over the ages."""
        return decibels(float(np.mean(self.errors[statistic])))

    def psnr_by_age(self, statistic: str) -> list[float]:
        return [decibels(error) for error in self.errors[statistic]]

    def ssim(self, statistic: str) -> float:
        return float(np.mean(self.similarities[statistic]))


Row = dict[str, Scores]  # by light


def renderer_agreement(exemplar: Exemplar) -> dict[str, tuple[list[float], list[float]]]:
    """By light: PSNR in dB and SSIM of the engine's photographs of the true maps against Blender's, at each age."""
    found = {}
    for light, references in exemplar.references.items():
        pairs = [(exemplar.truth.photograph(light, 0, age), theirs) for age, theirs in enumerate(references)]
        found[light] = (
            [decibels(squared_error(ours, theirs)) for ours, theirs in pairs],
            [similarity(ours, theirs) for ours, theirs in pairs],
        )
    return found


def compare(
    exemplar: Exemplar, subjects: list[Subject], places: int, spacing: int, report: Callable[[float], None]
) -> dict[str, Row]:
    """Scores of each subject by its name; between them and above, what they are to be seen beside.

    `HALVES`: left against right, upper against lower. `UNLIT`: the truth under the flash in place of each light.
    """
    truth, lights = exemplar.truth, list(exemplar.references)
    names = [HALVES, UNLIT, *(subject.name for subject in subjects)]
    rows: dict[str, Row] = {name: {light: Scores() for light in lights} for name in names}
    done, total = 0, len(exemplar.ages) * len(lights)
    for age in range(len(exemplar.ages)):
        flashlit: np.ndarray | None = None
        for light in lights:
            values = shifted(truth.look, truth.states[0][age], truth.lights[light], places, spacing)
            whole = expected(values)
            flashlit = whole if flashlit is None else flashlit
            rows[HALVES][light].add([(expected(one), expected(two)) for one, two in halves(values)])
            rows[UNLIT][light].add([(flashlit, whole)])
            for subject in subjects:
                ours = [
                    expected(shifted(subject.look, states[age], subject.lights[light], places, spacing))
                    for states in subject.states
                ]
                scores = rows[subject.name][light]
                scores.add([(one, whole) for one in ours])
                reference = exemplar.references[light][age]
                pictures = [subject.photograph(light, piece, age) for piece in range(len(subject.states))]
                scores.patches.append(float(np.mean([patch_distance(picture, reference) for picture in pictures])))
            done += 1
            report(done / total)
    return rows


def map_averages(subject: Subject, intensity: float) -> dict[str, list[float]]:
    """What a subject's maps are on average, a value an age.

    brightness: linear base colour times the subject's own intensity, over the true `intensity`. slope: RMS.
    """
    found: dict[str, list[float]] = {"brightness": [], "metallic": [], "roughness": [], "slope": []}
    share = float(list(subject.lights.values())[-1].intensity) / intensity
    for age in range(len(subject.states[0])):
        pieces = [subject.look.maps(states[age][: subject.look.observed]) for states in subject.states]
        normals = [2 * maps["normal"].astype(np.float64) - 1 for maps in pieces]
        slopes = [np.square(normal[..., :2] / normal[..., 2:]).sum(-1).mean() for normal in normals]
        found["brightness"].append(share * float(np.mean([maps["base_color"] for maps in pieces])))
        found["metallic"].append(float(np.mean([maps["metallic"] for maps in pieces])))
        found["roughness"].append(float(np.mean([maps["roughness"] for maps in pieces])))
        found["slope"].append(float(np.sqrt(np.mean(slopes))))
    return found
