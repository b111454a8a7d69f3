"""The picture of a training under way."""

from __future__ import annotations

import numpy as np
from footage import SMALL, rgb_objective
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.preview import AGES, SIZE, preview
from patina.engine.training.training import Training


def test_tall_footage_is_not_squeezed() -> None:
    """A square in the middle of frames twice as high as wide stays a square."""
    frames = np.full((3, 64, 32, 3), 20, np.uint8)
    frames[:, 24:40, 8:24] = 220
    objective = rgb_objective(Exemplar("square", frames, np.linspace(0, 1, 3)))
    picture = np.asarray(preview(Training(objective, SMALL).field, objective, SMALL, objective.start))
    assert picture.shape == (2 * SIZE, AGES * SIZE, 3)
    bright = picture[:SIZE, :SIZE].mean(2) > 120
    assert bright.any(1).sum() == bright.any(0).sum() == SIZE // 2
