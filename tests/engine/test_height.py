"""Heights come back from their normals, and the unit of a height map from the normals beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from patina.engine.maps.normals import normal_from_height
from patina.engine.training.height import height_from_normal
from patina.engine.training.height_unit import HeightUnit


def normals_of(height: np.ndarray) -> np.ndarray:
    return normal_from_height(torch.from_numpy(height)).numpy()


def waves(rows: int = 48, columns: int = 64) -> np.ndarray:
    """Periodic and zero on average; no two directions alike."""
    y, x = np.mgrid[:rows, :columns] * 2 * np.pi / np.array([rows, columns])[:, None, None]
    return 3 * np.sin(x) + 2 * np.cos(2 * y - x) + 0.5 * np.sin(5 * x + 3 * y)


def test_a_height_comes_back_from_its_normals() -> None:
    height = waves()
    assert np.abs(height_from_normal(normals_of(height)) - height).max() < 1e-4


def test_the_normals_of_a_slope_along_x_give_its_closed_form() -> None:
    """h = a cos(w x) has the slope -a w sin(w x); central differences see sin(w) / w of it."""
    columns, a, w = 32, 1.5, 2 * np.pi * 3 / 32
    slope = np.tile(-a * w * np.sin(w * np.arange(columns)), (16, 1))
    normal = np.stack((-slope, np.zeros_like(slope), np.ones_like(slope)), axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    expected = a * np.cos(w * np.arange(columns)) * w / np.sin(w)
    assert np.abs(height_from_normal(0.5 * normal + 0.5) - expected).max() < 1e-5


def test_y_runs_up() -> None:
    """Of a ridge along the middle row the upper side leans up: there green is above one half."""
    normal = np.full((32, 16, 3), 0.5)
    normal[..., 2] = 1
    normal[4:12, :, 1] = 0.6
    normal[20:28, :, 1] = 0.4
    found = height_from_normal(normal).mean(1)
    assert found[13:19] == pytest.approx(8 * 0.2 / 2, rel=0.01)
    assert found[[0, 1, 2, 29, 30, 31]] == pytest.approx(-8 * 0.2 / 2, rel=0.01)


def test_bytes_cost_little() -> None:
    height = waves()
    encoded = np.round(normals_of(height) * 255) / 255
    assert np.sqrt(np.square(height_from_normal(encoded) - height).mean()) < 0.1


def test_what_central_differences_hardly_see_is_not_blown_up() -> None:
    """Slopes of 0.01 that change sign from texel to texel, as rounding has them, would come back as 0.1."""
    slope = np.tile(0.01 * np.cos(2 * np.pi * np.arange(64) * 31 / 64), (64, 1))
    normal = np.stack((-slope, 0 * slope, 1 + 0 * slope), axis=-1)
    assert np.abs(height_from_normal(0.5 * normal + 0.5)).max() < 1e-6


def test_a_normal_that_lies_flat_gives_a_finite_height() -> None:
    normal = normals_of(waves())
    normal[5, 5] = (1.0, 0.5, 0.5)
    normal[6, 6] = (0.5, 0.0, 0.1)
    assert np.isfinite(height_from_normal(normal)).all()


def unit_of(height: np.ndarray, normal: np.ndarray | None) -> float:
    unit = HeightUnit()
    unit.compare(height.astype(np.float32), normal)
    return unit.scale("rust")


@pytest.mark.parametrize("texels", [4.0, 256.0])
def test_the_unit_of_a_height_is_taken_from_its_normals(texels: float) -> None:
    assert unit_of(waves() / texels, normals_of(waves())) == pytest.approx(texels, rel=1e-4)


def test_normals_labelled_with_the_wrong_y_still_give_the_unit() -> None:
    flipped = normals_of(waves())
    flipped[..., 1] = 1 - flipped[..., 1]
    assert unit_of(waves() / 10, flipped) == pytest.approx(10, rel=1e-4)


def test_normals_of_another_surface_say_nothing_of_the_unit() -> None:
    assert unit_of(waves() / 256, normals_of(waves()[:, ::-1].copy())) == 256


def test_one_unit_serves_all_ages() -> None:
    """The flat age has no slopes to compare, and is not scaled by them."""
    unit = HeightUnit()
    unit.compare(waves().astype(np.float32) / 10, normals_of(waves()))
    unit.compare(np.zeros((48, 64), np.float32), normals_of(np.zeros((48, 64))))
    assert unit.scale("rust") == pytest.approx(10, rel=1e-4)
