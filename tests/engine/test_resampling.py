"""Fewer texels show the same light."""

from __future__ import annotations

import numpy as np
import pytest
from patina.engine.errors import InvalidExemplarError
from patina.engine.training.exemplar import Exemplar, reduced
from patina.engine.training.resampling import reduce_colour, reduce_values

RANDOM = np.random.Generator(np.random.PCG64(3))


def test_half_the_texels_are_means_of_four() -> None:
    values = RANDOM.random((8, 12), dtype=np.float32)
    expected = values.reshape(4, 2, 6, 2).mean((1, 3))
    assert np.abs(reduce_values(values, 4) - expected).max() < 1e-6


@pytest.mark.parametrize("texels", [3, 5, 7, 9])
def test_the_mean_is_kept_at_any_ratio(texels: int) -> None:
    values = RANDOM.random((10, 10), dtype=np.float32)
    assert reduce_values(values, texels).mean() == pytest.approx(values.mean(), abs=1e-6)


def test_a_ramp_stays_a_ramp() -> None:
    """Three texels of ten: the first covers three and a third of them, (0.5 + 1.5 + 2.5 + 3.5 / 3) / (10 / 3)."""
    ramp = np.tile(np.arange(10, dtype=np.float32) + 0.5, (10, 1))
    assert reduce_values(ramp, 3)[0] == pytest.approx([1.7, 5, 8.3], abs=1e-5)


def test_colour_is_averaged_as_light() -> None:
    """A chequerboard of black and white reflects half the light, which is displayed as 188 and not as 128."""
    board = np.indices((32, 32)).sum(0)[..., None].repeat(3, -1) % 2
    assert np.unique(reduce_colour((board * 255).astype(np.uint8), 16)).tolist() == [188]
    assert reduce_colour(board.astype(np.float32), 16) == pytest.approx(0.7354, abs=1e-4)


def test_a_uniform_colour_is_left_exactly() -> None:
    for level in range(256):
        frame = np.full((5, 5, 3), level, np.uint8)
        assert np.unique(reduce_colour(frame, 3)).tolist() == [level]


def test_frames_keep_their_proportions_and_are_never_enlarged() -> None:
    exemplar = Exemplar("wide", RANDOM.integers(0, 255, (2, 40, 60, 3), dtype=np.uint8), np.array([0.0, 1.0]))
    assert reduced(exemplar, 20).frames.shape == (2, 20, 30, 3)
    assert reduced(exemplar, 20).ages is exemplar.ages
    assert np.array_equal(reduced(exemplar, 50).frames, exemplar.frames)


def test_heights_shrink_with_the_number_of_texels() -> None:
    """The same relief, seen with half as many texels, is half as many texels high: its slopes stay."""
    maps = np.zeros((2, 64, 64, 6), np.float32)
    maps[..., 5] = 8 * np.sin(2 * np.pi * np.arange(64) / 64)
    halved = reduced(Exemplar("maps", maps, np.array([0.0, 1.0])), 32).frames
    assert halved.shape == (2, 32, 32, 6) and halved.dtype == np.float32
    assert halved[..., 5].max() == pytest.approx(4, abs=0.03)
    steepest = np.abs(np.diff(maps[..., 5])).max()
    assert np.abs(np.diff(halved[..., 5])).max() == pytest.approx(steepest, rel=0.01)


def test_fewer_texels_than_can_be_learned_from_are_refused() -> None:
    exemplar = Exemplar("wide", np.zeros((2, 40, 60, 3), np.uint8), np.array([0.0, 1.0]))
    with pytest.raises(InvalidExemplarError, match="15 texels are too small"):
        reduced(exemplar, 15)
