"""Archives of atlases: what is written is read; a stranger's is checked before it is believed."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import is_one_sentence
from patina.engine.atlas.archive import InvalidAtlasError, read_record, read_tiles, write_archive
from patina.engine.atlas.layout import GOOD, PICTURES, margin_texels, side_texels
from patina.engine.models.model_header import read_header
from patina.engine.models.shipped import shipped_models
from PIL import Image

EXTENT, AGES = 64, [0.0, 0.3, 1.0]
RECORD: dict[str, Any] = {
    "format": 2,
    "sha256": "0" * 64,
    "seed": 0,
    "extent": EXTENT,
    "bits": 8,
    "stem": "steel",
    "ages": AGES,
    "bounds": {name: [-0.5, 1.5, 0, 1] for name in ("metallic", "roughness", "height")},
    "shares": {"metallic": {"metallic": 1.0}, "height": {"metallic": 0.25, "roughness": -0.5}},
    "decibels": dict.fromkeys(("base_color", "metallic", "roughness", "normal", "height", "change"), 45.0),
    "enough": 3,
}
EARLIER = {key: value for key, value in RECORD.items() if key not in ("format", "shares")}


@pytest.fixture
def pictures() -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(0)
    return {name: numbers.integers(0, 256, (len(AGES), EXTENT, EXTENT, 4), np.uint8) for name in PICTURES}


@pytest.fixture
def path(tmp_path: Path, pictures: dict[str, np.ndarray]) -> Path:
    write_archive(tmp_path / "steel.atlas", RECORD, pictures)
    return tmp_path / "steel.atlas"


def png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (side, side), (10, 20, 30, 40)).save(file, "PNG")
    return file.getvalue()


def earlier(path: Path, side: int = side_texels(EXTENT), most: int = 99) -> dict[str, bytes]:
    """An archive as it was before format 2. Returns its tiles by name."""
    tiles = {f"steel_{name}.{1001 + index}.png": png(side) for name in PICTURES for index in range(len(AGES))}
    rewrite(path, {"atlas.json": json.dumps(EARLIER).encode(), **dict(list(tiles.items())[:most])}, {})
    return tiles


def rewrite(path: Path, entries: Mapping[str, bytes], about: Mapping[str, int]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content, about.get(name, zipfile.ZIP_STORED))


def entries_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(path: Path) -> str:
    with pytest.raises(InvalidAtlasError) as caught:
        list(read_tiles(path))
    assert is_one_sentence(str(caught.value))
    return str(caught.value)


def test_tiles_are_read_as_they_were_written_with_their_margins(path: Path, pictures: dict[str, np.ndarray]) -> None:
    margin, seen = margin_texels(EXTENT), set()
    for picture, number, tile in read_tiles(path):
        assert isinstance(tile, np.ndarray) and tile.shape == (side_texels(EXTENT), side_texels(EXTENT), 4)
        around = np.arange(-margin, EXTENT + margin) % EXTENT
        assert np.array_equal(tile, pictures[picture][number - 1001][around][:, around])
        seen.add((picture, number))
    assert len(seen) == len(PICTURES) * len(AGES)
    assert read_record(path) == RECORD


def test_the_same_content_makes_the_same_file(path: Path, pictures: dict[str, np.ndarray]) -> None:
    write_archive(path.with_name("again.atlas"), RECORD, pictures)
    assert path.with_name("again.atlas").read_bytes() == path.read_bytes()


def test_pictures_that_are_alike_pack_well(path: Path, tmp_path: Path, pictures: dict[str, np.ndarray]) -> None:
    """A grain that grows lighter from age to age: once the grain, then the same difference everywhere."""
    grain = {
        name: np.stack([values[0] + np.uint8(9 * index) for index in range(3)]) for name, values in pictures.items()
    }
    write_archive(tmp_path / "grain.atlas", RECORD, grain)
    assert (tmp_path / "grain.atlas").stat().st_size < 0.4 * path.stat().st_size


def test_an_archive_of_the_earlier_format_gives_its_files(tmp_path: Path) -> None:
    tiles = earlier(tmp_path / "steel.atlas")
    read = {f"steel_{picture}.{number}.png": tile for picture, number, tile in read_tiles(tmp_path / "steel.atlas")}
    assert read == tiles


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": 3},
        {"format": [2]},
        {"format": True},
        {"sha256": 5},
        {"seed": -1},
        {"seed": 1 << 31},
        {"extent": 64.0},
        {"extent": 1 << 30},
        {"extent": 4096},  # 64 MB a picture and age
        {"bits": 16},
        {"ages": [0.0, 1.0, 0.5]},
        {"ages": [0.0, 0.5, 0.5, 1.0]},
        {"ages": [0.0, 0.5]},
        {"ages": [float("nan"), 0.5, 1.0]},
        {"ages": [0, 10**400, 1]},
        {"ages": [index / 99 for index in range(100)]},
        {"ages": 7},
        {"bounds": {}},
        {"bounds": RECORD["bounds"] | {"height": [1, 1, 0, 1]}},
        {"bounds": RECORD["bounds"] | {"height": [0, float("inf"), 0, 1]}},
        {"shares": {"height": {"height": 1.0}}},
        {"shares": {"height": {"metallic": "1"}}},
        {"shares": None},
        {"decibels": {}},
        {"decibels": RECORD["decibels"] | {"metallic": None}},
        {"enough": "many"},
        {"stem": "../steel"},
        {"stem": "a\\b"},
        {"stem": ""},
        {"stem": None},
    ],
    ids=lambda wrong: json.dumps(wrong)[:40],
)
def test_a_record_that_cannot_be_is_refused(wrong: dict[str, Any], path: Path) -> None:
    content = json.dumps(RECORD | wrong).encode()
    rewrite(path, entries_of(path) | {"atlas.json": content}, {})
    refused(path)
    with pytest.raises(InvalidAtlasError):
        read_record(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 60_000, b"\xff", b'"' + b" " * (1 << 17) + b'"'])
def test_what_is_no_record_is_refused(content: bytes, path: Path) -> None:
    rewrite(path, entries_of(path) | {"atlas.json": content}, {})
    refused(path)


def _shorter(entries: dict[str, bytes]) -> dict[str, bytes]:
    return entries | {"normal": entries["normal"][:-1]}


def _longer(entries: dict[str, bytes]) -> dict[str, bytes]:
    return entries | {"normal": entries["normal"] + b"0"}


def _missing(entries: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in entries.items() if name != "surface"}


@pytest.mark.parametrize("spoil", [_shorter, _longer, _missing])
def test_pictures_of_another_size_are_refused(
    spoil: Callable[[dict[str, bytes]], dict[str, bytes]], path: Path
) -> None:
    rewrite(path, spoil(entries_of(path)), {})
    refused(path)


@pytest.mark.parametrize("name", ["atlas.json", "base_color"])
def test_no_more_is_unpacked_than_is_believed(name: str, path: Path) -> None:
    """A quarter of a gigabyte of zeros in 260 kB."""
    rewrite(path, entries_of(path) | {name: bytes(1 << 28)}, {name: zipfile.ZIP_DEFLATED})
    tracemalloc.start()
    refused(path)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_file_that_is_too_large_is_not_opened(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    assert "too large" in refused(path)


def test_other_ways_of_packing_are_not_known(path: Path) -> None:
    entries = entries_of(path)
    rewrite(path, entries, {"normal": zipfile.ZIP_LZMA})
    refused(path)
    rewrite(path, entries, {"normal": zipfile.ZIP_BZIP2})
    refused(path)


def test_an_encrypted_entry_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02")  # the last entry of the directory
    content[place + 8] |= 1
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize("side", [side_texels(EXTENT) + 1, EXTENT, 1])
def test_a_tile_of_the_earlier_format_that_has_another_size_is_refused(side: int, tmp_path: Path) -> None:
    earlier(tmp_path / "steel.atlas", side)
    assert "is no picture" in refused(tmp_path / "steel.atlas")


def test_an_archive_of_the_earlier_format_that_lacks_a_tile_is_refused(tmp_path: Path) -> None:
    earlier(tmp_path / "steel.atlas", most=4)
    refused(tmp_path / "steel.atlas")


def test_damaged_archives_are_refused_or_read(path: Path) -> None:
    """The seed is another on every run; that of a failure is in its words."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance, whole, refusals = random.Random(seed), path.read_bytes(), 0
    for number in range(200):
        content = bytearray(whole)
        start = chance.choice((0, len(content) - 600))  # the record, or the directory
        for _ in range(chance.randrange(1, 4)):
            content[start + chance.randrange(600)] = chance.randrange(256)
        path.write_bytes(content[: chance.choice((len(content), chance.randrange(len(content))))])
        try:
            assert all(isinstance(tile, np.ndarray | bytes) for _, _, tile in read_tiles(path)), (seed, number)
        except InvalidAtlasError:
            refusals += 1
        except Exception as error:
            pytest.fail(f"seed {seed}, {number}: {error!r}")
    assert refusals > 100


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_what_ships_is_whole_small_and_good(name: str) -> None:
    model = shipped_models()[name]
    archive = model.with_suffix(".atlas")
    record = read_record(archive)
    assert record["sha256"] == read_header(model).sha256, "run scripts/make_ready_atlases.py"
    assert archive.stat().st_size <= 3_000_000
    assert {key: value for key, value in record["decibels"].items() if value < GOOD} == {}
    tiles = {(picture, number) for picture, number, _ in read_tiles(archive)}
    assert len(tiles) == len(PICTURES) * len(record["ages"])
