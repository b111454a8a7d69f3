"""The noise that a life starts from."""

from __future__ import annotations

import numpy as np
import pytest
from patina.engine.lives.noise import initial_noise, initial_state


def test_a_smaller_extent_is_the_corner_of_a_larger_one() -> None:
    assert np.array_equal(initial_noise(5, 16, 24, 3), initial_noise(5, 64, 64, 3)[:, :16, :24])


def test_seeds_give_unrelated_noise() -> None:
    one, other = initial_noise(3, 64, 64, 0), initial_noise(3, 64, 64, 1)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.03


def test_the_noise_is_standard_normal_and_white() -> None:
    noise = initial_noise(4, 96, 96, 11)
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02
    assert abs((noise**4).mean() - 3) < 0.15
    for axis in (0, 1, 2):  # neither channels nor neighbours know of each other
        assert abs((noise * np.roll(noise, 1, axis)).mean()) < 0.02


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((0, 0, 0), -1.2224977016448975),
        ((11, 0, 0), 0.6016553044319153),
        ((0, 31, 0), 1.1876198053359985),
        ((3, 7, 30), -0.9804129600524902),
        ((11, 31, 31), 0.586229681968689),
        ((6, 16, 15), -0.19406186044216156),
    ],
)
def test_the_numbers_stay_what_they_were(place: tuple[int, int, int], value: float) -> None:
    """Another number here is another piece of metal in every scene that was ever saved."""
    assert initial_noise(12, 32, 32, 5)[place] == np.float32(value)


def test_a_plain_start_replaces_the_first_channels_and_no_other() -> None:
    noise, state = initial_noise(5, 16, 24, 3), initial_state(5, 16, 24, 3, (0.25, -1.0))
    assert (state[0] == 0.25).all() and (state[1] == -1.0).all()
    assert np.array_equal(state[2:], noise[2:])
    assert np.array_equal(initial_state(5, 16, 24, 3), noise)
