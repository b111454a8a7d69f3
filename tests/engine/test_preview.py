"""The picture of a training under way."""

from __future__ import annotations

import numpy as np
import pytest
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


@pytest.mark.parametrize("side", [32, 200])
def test_exemplar_and_synthesis_are_shown_at_one_scale(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripes as wide in the footage as in the synthesis are as wide in the picture, however large the footage is."""
    stripes = np.where(np.arange(max(side, SIZE)) % 8 < 4, 220, 20).astype(np.uint8)
    frames = np.broadcast_to(stripes[:side, None], (3, side, side, 3)).copy()
    objective = rgb_objective(Exemplar("stripes", frames, np.linspace(0, 1, 3)))
    synthesis = np.broadcast_to(stripes[:SIZE, None], (SIZE, SIZE, 3)).copy()
    monkeypatch.setattr(type(objective), "synthesis_pictures", lambda self, state: [synthesis])
    picture = np.asarray(preview(Training(objective, SMALL).field, objective, SMALL, objective.start))[..., 0]
    above, below = (np.abs(np.diff((row > 120).astype(int))).sum() for row in picture[[0, SIZE], :SIZE])
    assert above == pytest.approx(below, abs=1) and below > 5
