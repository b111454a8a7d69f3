"""What `benchmarks.relight` measured, for people: a table, a picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from patina.engine.maps.pictures import to_bytes
from PIL import Image, ImageDraw

from .relight_measures import STATISTICS
from .relight_scores import HALVES, UNLIT, Row, map_averages
from .relight_subjects import Exemplar, Subject

_GAP = 4  # texels between pictures
_MARGIN = 110  # texels for the name of a row
_PAPER = 255
_LABELS = {"mean": "mean", "tenth": "10 %", "ninetieth": "90 %"}


def table(exemplar: Exemplar, agreement: dict, rows: dict[str, Row], subjects: list[Subject]) -> str:
    """What holds over the ages, by light; mean photograph and maps by age. `subjects[0]`: what a ratio of 1 means."""
    lights = list(exemplar.references)
    floor = rows[subjects[0].name]
    lines = [
        f"{exemplar.material}: {len(exemplar.ages)} ages, {len(subjects[0].states)} piece(s) each",
        "",
        "the engine's photographs of the true maps against Blender's, the worst age",
        *_aligned(
            [
                ["", *lights],
                ["PSNR, dB", *(f"{min(agreement[light][0]):.1f}" for light in lights)],
                ["SSIM", *(f"{min(agreement[light][1]):.5f}" for light in lights)],
            ]
        ),
    ]
    for name in STATISTICS:
        cells = [
            [f"{row[light].psnr(name):.1f} ({row[light].ssim(name):.3f})" for light in lights] for row in rows.values()
        ]
        lines += ["", f"expected photographs, {_LABELS[name]}: PSNR over all ages, dB (SSIM)"]
        lines += _aligned([["", *lights], *([who, *line] for who, line in zip(rows, cells, strict=True))])
    lines += ["", "patches of photographs, distance from the reference's over that of other pieces of the truth"]
    ratios = {
        name: [np.mean(row[light].patches) / np.mean(floor[light].patches) for light in lights]
        for name, row in rows.items()
        if name not in (HALVES, UNLIT)
    }
    lines += _aligned([["", *lights], *([name, *(f"{ratio:.2f}" for ratio in line)] for name, line in ratios.items())])
    lines += ["", "the mean photograph by age: PSNR, dB", *_aligned(_by_age(exemplar, rows))]
    lines += ["", "maps on average by age (brightness: base colour times intensity, in units of the true intensity)"]
    return "\n".join([*lines, *_aligned(_averages(exemplar, [exemplar.truth, *subjects[1:]]))])


def _by_age(exemplar: Exemplar, rows: dict[str, Row]) -> Iterable[list[str]]:
    yield ["light", "", *(f"{age:.2f}" for age in exemplar.ages)]
    for light in exemplar.references:
        for name, row in rows.items():
            if name != UNLIT:
                yield [light, name, *(f"{value:.1f}" for value in row[light].psnr_by_age("mean"))]


def _averages(exemplar: Exemplar, subjects: list[Subject]) -> Iterable[list[str]]:
    yield ["map", "", *(f"{age:.2f}" for age in exemplar.ages)]
    found = [map_averages(subject, exemplar.intensity) for subject in subjects]
    for name in found[0]:
        for subject, averages in zip(subjects, found, strict=True):
            yield [name, subject.name, *(f"{value:.3f}" for value in averages[name])]


def _aligned(rows: Iterable[list[str]]) -> list[str]:
    rows = list(rows)
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def side_by_side(exemplar: Exemplar, models: list[Subject]) -> Image.Image:
    """A block for each light: Blender's reference, below it each model relit; a column an age."""
    rows, names = [], []
    for light, references in exemplar.references.items():
        shown = [references, *([model.photograph(light, 0, k) for k in range(len(references))] for model in models)]
        rows += [np.hstack([_framed(picture) for picture in pictures]) for pictures in shown]
        names += [f"{light}\n{name}" for name in ("reference", *(model.name for model in models))]
    image = Image.fromarray(np.pad(np.vstack(rows), ((0, 0), (_MARGIN, 0), (0, 0)), constant_values=_PAPER))
    draw = ImageDraw.Draw(image)
    for k, name in enumerate(names):
        draw.multiline_text((_GAP, k * rows[0].shape[0] + _GAP), name, fill=(0, 0, 0))
    return image


def _framed(picture: np.ndarray) -> np.ndarray:
    return np.pad(to_bytes(picture).transpose(1, 2, 0), ((0, _GAP), (0, _GAP), (0, 0)), constant_values=_PAPER)
