"""An evaluation for people: a table, a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image

from .verdict import GOOD, Evaluation
from .views import View

FORMAT = 1
_GAP = 4  # texels between pictures
_PAPER = 255


def table(evaluation: Evaluation) -> str:
    """A row an age, then what holds for the whole life, then the verdict in one line."""
    planes = list(evaluation.ages[0].texture)
    head = ["age", *planes, "values", "patches", "palette", "copies", "4x area", "likeness", "seam", ""]
    rows = [head]
    for figures in evaluation.ages:
        verdict = ("good" if figures.is_good else "not good") if figures.near_frame else "between frames"
        numbers = [*figures.texture.values(), figures.values, figures.patches, figures.palette]
        numbers += [figures.nearest, figures.wide_texture, figures.likeness, figures.seam]
        rows.append([f"{figures.age:.3f}", *(f"{number:.2f}" for number in numbers), verdict])
    judged = ", ".join(evaluation.ages[0].judged)
    lines = [
        f"{evaluation.model} against {evaluation.exemplar}: ratios to the exemplar's own floor, 1 is ideal; texture of"
        f" {evaluation.patch} x {evaluation.patch} patches by plane, good is {GOOD} in {judged}",
        "",
        *_aligned(rows),
        "",
        "change between ages, of the exemplar's: from frame to frame, and from start to end",
        *_aligned(
            [
                ["", *(f"{step.end:.2f}" for step in evaluation.intervals)],
                ["frames", *(f"{step.steps:.2f}" for step in evaluation.intervals)],
                ["whole", *(f"{step.whole:.2f}" for step in evaluation.intervals)],
            ]
        ),
        "",
        evaluation.summary,
    ]
    return "\n".join(lines)


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def as_json(evaluation: Evaluation) -> str:
    """All figures, with the verdict."""
    found: dict[str, Any] = {"format": FORMAT, "good": evaluation.is_good, "summary": evaluation.summary}
    found |= {"mean_texture": evaluation.mean_texture, "complaints": evaluation.complaints}
    found |= asdict(evaluation)
    for figures, row in zip(evaluation.ages, found["ages"], strict=True):
        row |= {"good": figures.is_good if figures.near_frame else None, "worst_texture": figures.worst_texture}
    return json.dumps(found, indent=1) + "\n"


def side_by_side(pictures: Iterable[tuple[np.ndarray, np.ndarray]], view: View) -> Image.Image:
    """The exemplar above the synthesis, a column an age, both with texels of the same size."""
    columns = []
    for frame, picture in pictures:
        side = min(*frame.shape[:2], *picture.shape[:2])
        shown = [view.shown(some[:side, :side]) for some in (frame, picture)]
        columns.append(np.vstack([_framed(image) for images in shown for image in images]))
    return Image.fromarray(np.hstack(columns))


def _framed(image: np.ndarray) -> np.ndarray:
    return np.pad(image, ((0, _GAP), (0, _GAP), (0, 0)), constant_values=_PAPER)
