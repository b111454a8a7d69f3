"""What a bake makes of the maps: formats exact to their depth, sizes, tiles, conventions, packing."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from conftest import is_one_sentence
from patina.engine.channel.worker import write_files
from patina.engine.errors import InvalidRequestError
from patina.engine.maps.baked_maps import baked_maps
from patina.engine.maps.occlusion import ambient_occlusion
from patina.engine.maps.picture_settings import PictureSettings
from patina.engine.maps.pictures import write_map
from patina.engine.maps.uv_window import sample_window

RANDOM = np.random.Generator(np.random.PCG64(11))
COLOUR = RANDOM.random((12, 16, 3), dtype=np.float32)
SCALAR = RANDOM.random((12, 16), dtype=np.float32)


def read(path: Path, layout: str) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format=layout)


def read_halves(path: Path) -> np.ndarray:
    """The half floats of an EXR file, [H, W, 3] or [H, W]."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert frame.format.name in ("gbrpf16le", "grayf16le")
    planes = [np.frombuffer(plane, np.float16).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes]
    return np.stack([planes[2], planes[0], planes[1]], axis=-1) if len(planes) == 3 else planes[0]


def test_colour_of_16_bits_is_written_to_the_last_bit(tmp_path: Path) -> None:
    write_map(tmp_path / "a.png", "normal", COLOUR, "png16")
    assert np.array_equal(read(tmp_path / "a.png", "rgb48be"), np.floor(COLOUR * 65535 + 0.5).astype(np.uint16))


def test_base_colour_of_16_bits_is_display_encoded(tmp_path: Path) -> None:
    write_map(tmp_path / "a.png", "base_color", np.full((4, 4, 3), 0.21404114, np.float32), "png16")
    assert np.abs(read(tmp_path / "a.png", "rgb48be").astype(int) - 32768).max() <= 1


def test_half_exr_keeps_the_nearest_halves_of_linear_values(tmp_path: Path) -> None:
    write_map(tmp_path / "a.exr", "base_color", COLOUR, "exr")
    assert np.array_equal(read_halves(tmp_path / "a.exr"), COLOUR.astype(np.float16))
    write_map(tmp_path / "b.exr", "height", SCALAR - 0.5, "exr")
    assert np.array_equal(read_halves(tmp_path / "b.exr"), (SCALAR - 0.5).astype(np.float16))


def test_heights_of_8_bits_are_shifted_like_those_of_16(tmp_path: Path) -> None:
    write_map(tmp_path / "a.png", "height", np.float32([[-0.5, 0.0], [0.25, 0.5]]), "png8")
    assert read(tmp_path / "a.png", "gray").tolist() == [[0, 128], [191, 255]]


def test_the_texture_itself_is_not_touched() -> None:
    maps = {"base_color": COLOUR[:12, :12]}
    assert np.array_equal(baked_maps(maps, maps, PictureSettings())["base_color"], COLOUR[:12, :12])
    assert np.allclose(sample_window(COLOUR[:12, :12], 12, 1.0, (3, 2)), COLOUR[:12, :12], atol=1e-6)


@pytest.mark.parametrize("tile", [(0, 0), (1, 0), (0, 1), (2, 3)])
@pytest.mark.parametrize(("size", "repeats"), [(96, 1.5), (40, 1.0), (300, 0.4)])
def test_a_tile_shows_what_lies_at_its_place_in_uv(tile: tuple[int, int], size: int, repeats: float) -> None:
    def surface(u: np.ndarray, v: np.ndarray) -> np.ndarray:  # periodic over the unit square, unlike in u and v
        return np.sin(2 * np.pi * u) + 0.5 * np.cos(2 * np.pi * (v + 0.1))

    texels = (np.arange(256) + 0.5) / 256
    texture = surface(texels[None, :], 1 - texels[:, None]).astype(np.float32)  # rows from the top
    pixels = (np.arange(size) + 0.5) / size
    wanted = surface((tile[0] + pixels[None, :]) * repeats, (tile[1] + 1 - pixels[:, None]) * repeats)
    assert np.abs(sample_window(texture, size, repeats, tile) - wanted).max() < 0.01


def test_a_smaller_picture_leaves_nothing_out() -> None:
    spot = np.zeros((64, 64), np.float32)
    spot[37, 5] = 1
    small = sample_window(spot, 16, 1.0, (0, 0))
    assert small.mean() == pytest.approx(spot.mean(), rel=1e-5)


def test_resampled_normals_are_normals_and_directx_turns_y() -> None:
    normals = RANDOM.normal((0, 0, 3), 1, (32, 32, 3))
    maps = {"normal": (normals / np.linalg.norm(normals, axis=-1, keepdims=True) * 0.5 + 0.5).astype(np.float32)}
    small = baked_maps(maps, ["normal"], PictureSettings(size=8))["normal"]
    assert np.allclose(np.linalg.norm(small * 2 - 1, axis=-1), 1, atol=1e-5)
    flipped = baked_maps(maps, ["normal"], PictureSettings(size=8, directx=True))["normal"]
    assert np.allclose(flipped + small * (0, 1, 0), small * (1, 0, 1) + (0, 1, 0), atol=1e-6)


@pytest.mark.parametrize("slope", [0.2, 1.0, 2.0])
def test_occlusion_in_a_groove_is_the_closed_form(slope: float) -> None:
    """At the bottom of an endless groove of slope s the mean of cos^2 of the horizon is 1 / sqrt(1 + s^2)."""
    across = np.abs(np.arange(64) - 32)
    occlusion = ambient_occlusion(np.broadcast_to(slope * across / 256, (64, 64)))
    assert occlusion[:, 32] == pytest.approx(1 / np.sqrt(1 + slope**2), abs=0.03)
    assert np.array_equal(ambient_occlusion(np.zeros((8, 8))), np.ones((8, 8)))


def test_the_packed_picture_holds_occlusion_roughness_and_metallic() -> None:
    maps = {name: RANDOM.random((16, 16), dtype=np.float32) for name in ("roughness", "metallic", "height")}
    packed = baked_maps(maps, ["orm"], PictureSettings())["orm"]
    assert np.array_equal(packed[..., 1], maps["roughness"])
    assert np.array_equal(packed[..., 2], maps["metallic"])
    assert np.array_equal(packed[..., 0], ambient_occlusion(maps["height"]))


@pytest.mark.parametrize(
    "wrong", [{"color": "jpeg"}, {"data": ""}, {"size": -1}, {"size": 1 << 20}, {"repeats": 0.0}, {"repeats": np.nan}]
)
def test_settings_that_cannot_be_are_one_sentence(wrong: dict) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        PictureSettings(**wrong)
    assert is_one_sentence(str(caught.value))


def test_a_map_that_no_one_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="There is no map 'gloss'"):
        write_files({"gloss": str(tmp_path / "a.png")}, {}, PictureSettings())
