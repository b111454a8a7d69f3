"""The sRGB transfer function against known values."""

from __future__ import annotations

import pytest
import torch
from patina.engine.maps.color import linear_to_srgb, srgb_to_linear


@pytest.mark.parametrize(("encoded", "linear"), [(0.0, 0.0), (0.02, 0.0015480), (0.5, 0.2140411), (1.0, 1.0)])
def test_known_values_of_the_standard(encoded: float, linear: float) -> None:
    assert float(srgb_to_linear(torch.tensor(encoded))) == pytest.approx(linear, abs=1e-7)
    assert float(linear_to_srgb(torch.tensor(linear))) == pytest.approx(encoded, abs=1e-5)


def test_every_byte_survives_there_and_back() -> None:
    bytes_ = torch.arange(256)
    back = (linear_to_srgb(srgb_to_linear(bytes_ / 255)) * 255).round()
    assert torch.equal(back.long(), bytes_)


def test_linear_light_outside_the_range_gives_no_nonsense() -> None:
    assert torch.isfinite(linear_to_srgb(torch.tensor([-1.0, 2.0]))).all()
    assert torch.isfinite(srgb_to_linear(torch.tensor([-1.0, 2.0]))).all()
