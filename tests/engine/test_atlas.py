"""The tiles of an atlas, read back and blended as the node group does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from patina.engine.atlas.kept_life import keep_life
from patina.engine.atlas.layout import HALVES, PICTURES, SCALARS, margin_texels, side_texels, tile_file, tile_number
from patina.engine.atlas.make import look_at, make_atlas
from patina.engine.atlas.measure import decibels_of, unpacked
from patina.engine.channel.worker import Worker
from patina.engine.errors import InvalidRequestError
from patina.engine.lives.life import Life
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.pictures import to_bytes
from PIL import Image

EXTENT, COUNT = 32, 4


@pytest.fixture(scope="module")
def life(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Life:
    return Worker(LifeStore(tmp_path_factory.mktemp("lives"), 1 << 30)).life(tiny_path, "", 0, EXTENT)


def bake(life: Life, folder: Path, count: int = COUNT, bits: int = 8) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """What `make_atlas` returns, and what it said on its way."""
    steps, said = make_atlas(life, count, bits, folder, "Steel"), []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return end.value, said


def read(folder: Path, picture: str, index: int) -> np.ndarray:
    with Image.open(tile_file(folder, "Steel", picture, tile_number(index))) as image:
        return np.asarray(image, np.float64) / 255


def blend(folder: Path, result: dict[str, Any], age: float) -> dict[str, np.ndarray]:
    """The maps at an age, without the margins; base colour as its square root."""
    ages, margin = result["ages"], margin_texels(EXTENT)
    below = min(int(np.searchsorted(ages, age, "right")) - 1, len(ages) - 2)
    share = (age - ages[below]) / (ages[below + 1] - ages[below])

    def at(index: int) -> dict[str, np.ndarray]:
        pictures = {name: read(folder, name, index)[margin:-margin, margin:-margin] for name in PICTURES}
        encoded = pictures["base_color"][..., :3]
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        low, high, *_ = result["bounds"]["normal"]
        x, y, z = np.moveaxis(pictures["normal"][..., :3], -1, 0)
        normal = np.stack([x * (high - low) + low, y * (high - low) + low, z], axis=-1)
        tiles = {"base_color": np.sqrt(linear), "normal": normal}
        scalars = {name: pictures["surface"][..., channel] for channel, name in enumerate(SCALARS)}
        scalars |= {HALVES["metallic"]: pictures["base_color"][..., 3], HALVES["roughness"]: pictures["normal"][..., 3]}
        for name, values in scalars.items():
            low, high, *_ = result["bounds"][name.removesuffix(" halfway")]
            tiles[name] = values * (high - low) + low
        return tiles

    one, other = at(below), at(below + 1)
    maps = {name: one[name] + share * (other[name] - one[name]) for name in one}
    hat = min(2 * share, 2 - 2 * share)
    bends = {name: hat * (one[half] - (one[name] + other[name]) / 2) for name, half in HALVES.items()}
    for name in SCALARS:
        _, _, least, most = result["bounds"][name]
        bent = maps[name] + sum(part * bends[of] for of, part in result["shares"].get(name, {}).items())
        maps[name] = np.clip(bent, least, most)
    return maps


def test_the_tiles_show_the_life_as_nearly_as_is_said(life: Life, tmp_path: Path) -> None:
    result, _ = bake(life, tmp_path)
    worst = dict.fromkeys(("base_color", "metallic", "roughness", "normal"), np.inf)
    for age in np.linspace(0, 1, 161):
        exact = life.maps(float(age))
        exact["base_color"] = np.sqrt(exact["base_color"])
        shown = blend(tmp_path, result, float(age))
        for name in worst:
            worst[name] = min(worst[name], -10 * np.log10(((shown[name] - exact[name]) ** 2).mean() + 1e-12))
    # 8 bits alone cost about 59 dB.
    assert worst == pytest.approx({name: min(result["decibels"][name], 59) for name in worst}, abs=1.5)
    assert min(worst.values()) > 38


def test_how_near_the_files_come_is_told_with_their_rounding(life: Life, tmp_path: Path) -> None:
    result, _ = bake(life, tmp_path)
    margin = margin_texels(EXTENT)
    pictures = {
        picture: np.stack([read(tmp_path, picture, index)[margin:-margin, margin:-margin] for index in range(COUNT)])
        for picture in PICTURES
    }
    steps = look_at(life, 0)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            sampled, _ = end.value
            break
    parts = unpacked({name: to_bytes(values) for name, values in pictures.items()}, result["bounds"])
    told = decibels_of(sampled, keep_life(sampled, COUNT), parts)
    worst = dict.fromkeys(("base_color", "metallic", "roughness", "normal"), np.inf)
    for place, age in enumerate(np.linspace(0, 1, 161)):
        shown = blend(tmp_path, result, float(age))
        for name in worst:
            error = ((np.clip(shown[name], 0, 1).ravel() - sampled[name][place]) ** 2).mean()
            worst[name] = min(worst[name], -10 * np.log10(error + 1e-12))
    assert {name: told[name] for name in worst} == pytest.approx(worst, abs=0.05)
    assert told["normal"] < result["decibels"]["normal"] + 0.5


def test_the_first_and_the_last_age_are_the_lifes_own(life: Life, tmp_path: Path) -> None:
    result, _ = bake(life, tmp_path)
    for age in (0.0, 1.0):
        exact = life.maps(age)
        exact["base_color"] = np.sqrt(exact["base_color"])
        shown = blend(tmp_path, result, age)
        for name in ("base_color", "metallic", "roughness", "normal"):
            assert np.abs(shown[name] - exact[name]).max() < 3 / 255, name  # the root of a dark colour is steep
    middle = life.maps(result["ages"][1])
    assert np.abs(blend(tmp_path, result, result["ages"][1])["normal"] - middle["normal"]).max() > 3 / 255


def test_a_tile_repeats_the_texture_all_round(life: Life, tmp_path: Path) -> None:
    bake(life, tmp_path)
    tile, margin = read(tmp_path, "normal", 1), margin_texels(EXTENT)
    assert tile.shape == (side_texels(EXTENT), side_texels(EXTENT), 4)
    assert np.array_equal(tile[:margin], tile[EXTENT : EXTENT + margin])
    assert np.array_equal(tile[:, -margin:], tile[:, margin : 2 * margin])


def test_16_bits_hold_what_8_do_and_more(life: Life, tmp_path: Path) -> None:
    bake(life, tmp_path / "8")
    bake(life, tmp_path / "16", bits=16)
    with av.open(str(tile_file(tmp_path / "16", "Steel", "base_color", 1001))) as file:
        deep = next(file.decode(video=0)).to_ndarray(format="rgba64le").astype(np.float64) / 65535
    plain = read(tmp_path / "8", "base_color", 0)
    assert np.abs(deep - plain).max() < 0.6 / 255
    assert np.abs(deep * 255 - np.round(deep * 255)).max() > 0.4


def test_progress_ends_when_the_work_does(life: Life, tmp_path: Path) -> None:
    _, said = bake(life, tmp_path)
    done, total = zip(*said, strict=True)
    assert list(done) == sorted(set(done))
    assert set(total) == {done[-1]}


@pytest.mark.parametrize(("count", "bits"), [(1, 8), (65, 8), (4, 12)])
def test_what_cannot_be_kept_is_refused_before_anything_is_written(
    count: int, bits: int, life: Life, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequestError, match="atlas"):
        bake(life, tmp_path / "new", count, bits)
    assert not (tmp_path / "new").exists()
