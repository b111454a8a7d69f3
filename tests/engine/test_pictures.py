"""Maps as picture files: the right bytes, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import is_one_sentence
from patina.engine.maps import pictures
from patina.engine.maps.pictures import PictureError, to_bytes, write_map
from PIL import Image


def test_values_are_rounded_and_not_cut() -> None:
    values = np.array([-0.2, 0, 0.5 / 255 - 1e-4, 0.5 / 255 + 1e-4, 1, 1.7], np.float32)
    assert to_bytes(values).tolist() == [0, 0, 0, 1, 255, 255]
    assert to_bytes(np.array([0.5, 1.0]), depth=16).tolist() == [32768, 65535]


def test_base_colour_is_written_display_encoded(tmp_path: Path) -> None:
    linear = np.full((4, 4, 3), 0.21586, np.float32)
    write_map(tmp_path / "a.png", "base_color", linear)
    assert np.asarray(Image.open(tmp_path / "a.png"))[0, 0].tolist() == [128] * 3


@pytest.mark.parametrize(
    ("name", "value", "pixel"),
    [("roughness", 0.25, 16384), ("metallic", 1.0, 65535), ("height", 0.0, 32768), ("height", -0.25, 16384)],
)
def test_data_is_written_as_it_is_with_16_bits(name: str, value: float, pixel: int, tmp_path: Path) -> None:
    write_map(tmp_path / "a.png", name, np.full((4, 4), value, np.float32))
    assert np.asarray(Image.open(tmp_path / "a.png"))[0, 0] == pixel


def test_a_flat_normal_is_written_as_the_usual_blue(tmp_path: Path) -> None:
    write_map(tmp_path / "a.png", "normal", np.broadcast_to(np.float32([0.5, 0.5, 1.0]), (4, 4, 3)))
    assert np.asarray(Image.open(tmp_path / "a.png"))[0, 0].tolist() == [128, 128, 255]


def test_rows_are_written_from_the_top(tmp_path: Path) -> None:
    values = np.zeros((4, 4), np.float32)
    values[0] = 1
    write_map(tmp_path / "a.png", "roughness", values)
    assert np.asarray(Image.open(tmp_path / "a.png"))[:, 0].tolist() == [65535, 0, 0, 0]


def test_a_picture_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    write_map(path, "height", np.zeros((4, 4), np.float32))
    before = path.read_bytes()

    def full_disk(image: Image.Image, target: Path, format: str) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures.Image.Image, "save", full_disk)
    with pytest.raises(PictureError, match="No space left on device") as caught:
        write_map(path, "height", np.ones((4, 4), np.float32))
    assert is_one_sentence(str(caught.value))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
