"""Texture sets as libraries and `patina synth` write them become one stack of maps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import is_one_sentence
from patina.engine.channel.worker import Worker
from patina.engine.cli import main
from patina.engine.errors import InvalidExemplarError
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.color import linear_to_srgb
from patina.engine.maps.normals import normal_from_height
from patina.engine.training import map_sets
from patina.engine.training.exemplar import read_exemplar
from patina.engine.training.map_sets import HEIGHT, METALLIC, ROUGHNESS
from patina.engine.training.map_spelling import map_of
from PIL import Image

SIZE = 24
RANDOM = np.random.Generator(np.random.PCG64(7))
COLOURS = RANDOM.integers(0, 255, (3, SIZE, SIZE, 3), dtype=np.uint8)
GREYS = RANDOM.integers(0, 65535, (3, SIZE, SIZE), dtype=np.uint16)
_Y, _X = np.mgrid[:SIZE, :SIZE] * 2 * np.pi / SIZE
RELIEF = np.stack([growth * (np.sin(_X) + 0.7 * np.cos(_Y + _X)) for growth in (0.2, 0.6, 1.0)])  # texels
NORMALS = np.stack([normal_from_height(torch.from_numpy(relief)).numpy() for relief in RELIEF])


def save(values: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def as_bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


def write_sets(folder: Path, ages: tuple[str, ...] = ("day_0", "day_1", "day_4"), **maps: np.ndarray) -> Path:
    """One sub-folder an age; base colour and roughness, and what `maps` says [N, ...]."""
    for index, age in enumerate(ages):
        for name, stack in {"base_color": COLOURS, "roughness": GREYS, **maps}.items():
            save(stack[index], folder / age / f"{name}.png")
    return folder


def refused(path: Path, culprit: str) -> None:
    with pytest.raises(InvalidExemplarError, match=culprit) as caught:
        read_exemplar(path, "maps")
    assert is_one_sentence(str(caught.value))


def test_a_folder_for_each_age_gives_all_maps_at_full_depth(tmp_path: Path) -> None:
    sets = write_sets(tmp_path / "rust", metallic=GREYS[::-1])
    (sets / "day_0" / "base_color_ao.png").write_bytes(b"not read")
    (sets / "notes").mkdir()
    exemplar = read_exemplar(sets, "maps")
    assert exemplar.name == "rust" and exemplar.ages.tolist() == [0, 0.25, 1]
    assert exemplar.frames.shape == (3, SIZE, SIZE, 6) and exemplar.frames.dtype == np.float32
    assert np.array_equal(exemplar.frames[..., :3], COLOURS.astype(np.float32) / 255)
    assert np.abs(exemplar.frames[..., ROUGHNESS] - GREYS / 65535).max() < 1e-6
    assert np.abs(exemplar.frames[..., METALLIC] - GREYS[::-1] / 65535).max() < 1e-6
    assert not exemplar.frames[..., HEIGHT].any()


def test_metal_that_no_set_has_is_0(tmp_path: Path) -> None:
    assert not read_exemplar(write_sets(tmp_path / "rust"), "maps").frames[..., METALLIC].any()


def test_gloss_is_the_inverse_of_roughness(tmp_path: Path) -> None:
    sets = write_sets(tmp_path / "rust", gloss=GREYS)
    both = read_exemplar(sets, "maps").frames[..., ROUGHNESS]
    for file in sets.rglob("roughness.png"):
        file.unlink()
    assert np.abs(read_exemplar(sets, "maps").frames[..., ROUGHNESS] - (1 - both)).max() < 1e-6


def test_a_second_form_of_a_map_may_be_missing_at_some_ages(tmp_path: Path) -> None:
    """Where roughness and y-up normals are there, gloss and DirectX's normals are not looked at."""
    normals = as_bytes(NORMALS)
    sets = write_sets(tmp_path / "rust", gloss=GREYS, normal_gl=normals, normal_dx=255 - normals)
    (sets / "day_1" / "gloss.png").unlink()
    (sets / "day_1" / "normal_dx.png").unlink()
    frames = read_exemplar(sets, "maps").frames
    assert np.abs(frames[..., ROUGHNESS] - GREYS / 65535).max() < 1e-6
    assert np.abs(frames[..., HEIGHT] - RELIEF).max() < 0.1


def test_what_synth_writes_is_read_back(
    tiny_path: Path, store: LifeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["patina", "synth", str(tiny_path), str(out), "--size", "32", "--ages", "0,0.3,1"])
    assert main() == 0
    exemplar = read_exemplar(out, "maps")
    worker = Worker(store, "cpu")
    life = worker.life(tiny_path, "", 0, 32)
    for _ in worker.solve(life, 1.0):
        pass
    maps = [life.maps(age) for age in (0, 0.3, 1)]
    assert exemplar.ages.tolist() == [0, 0.5, 1]  # numbers, as the files do not say the ages
    colour = np.stack([linear_to_srgb(torch.from_numpy(each["base_color"])).numpy() for each in maps])
    assert np.abs(exemplar.frames[..., :3] - colour).max() < 0.6 / 255
    assert np.abs(exemplar.frames[..., METALLIC] - np.stack([each["metallic"] for each in maps])).max() < 1e-4
    assert np.abs(exemplar.frames[..., ROUGHNESS] - np.stack([each["roughness"] for each in maps])).max() < 1e-4
    height = 256 * np.stack([each["height"] for each in maps])
    height -= height.mean()
    assert height.std() > 0.05
    # The unit is taken from the normals of 8 bits beside it.
    assert np.abs(exemplar.frames[..., HEIGHT] - height).max() < 0.03 * np.abs(height).max() + 0.01


def test_the_table_names_the_base_colours_of_files_side_by_side(tmp_path: Path) -> None:
    for index, age in enumerate("abc"):
        save(COLOURS[index], tmp_path / "rust" / f"plate_{age}_Color.png")
        save(GREYS[index], tmp_path / "rust" / f"plate_{age}_Roughness.png")
    (tmp_path / "rust" / "times.csv").write_text("plate_c_Color.png,1\nplate_a_Color.png,2\nplate_b_Color.png,5\n")
    exemplar = read_exemplar(tmp_path / "rust", "maps")
    assert exemplar.ages.tolist() == [0, 0.25, 1]
    assert np.array_equal(exemplar.frames[..., :3], COLOURS[[2, 0, 1]].astype(np.float32) / 255)


def test_the_table_names_the_folders_of_ages(tmp_path: Path) -> None:
    sets = write_sets(tmp_path / "rust", ages=("fresh", "old", "medium"))
    (sets / "times.csv").write_text("fresh,0\nmedium,1\nold,10\n")
    exemplar = read_exemplar(sets, "maps")
    assert exemplar.ages.tolist() == [0, 0.1, 1]
    assert np.array_equal(exemplar.frames[..., :3], COLOURS[[0, 2, 1]].astype(np.float32) / 255)


@pytest.mark.parametrize(
    "name", ["normal", "Plate_NormalGL", "rust_nor_gl_2k", "plate-normal-opengl", "plate_NormalDX", "rust_nor_dx_2k"]
)
def test_height_is_integrated_from_normals_of_either_kind(name: str, tmp_path: Path) -> None:
    normals = as_bytes(NORMALS)
    if "dx" in name.lower():
        normals[..., 1] = 255 - normals[..., 1]
    exemplar = read_exemplar(write_sets(tmp_path / "rust", **{name: normals}), "maps")
    assert np.abs(exemplar.frames[..., HEIGHT] - RELIEF).max() < 0.1
    assert np.corrcoef(exemplar.frames[..., HEIGHT].ravel(), RELIEF.ravel())[0, 1] > 0.995


def test_height_maps_are_fractions_of_the_width_of_256_texels(tmp_path: Path) -> None:
    heights = np.round((RELIEF / 256 + 0.5) * 65535).astype(np.uint16)
    exemplar = read_exemplar(write_sets(tmp_path / "rust", displacement=heights), "maps")
    assert np.abs(exemplar.frames[..., HEIGHT] - (RELIEF - RELIEF.mean())).max() < 0.01


def test_a_height_in_a_unit_of_its_own_gets_it_from_the_normals(tmp_path: Path) -> None:
    """Libraries stretch a displacement over all values, however shallow the relief."""
    heights = np.round((RELIEF - RELIEF.min()) / np.ptp(RELIEF) * 65535).astype(np.uint16)
    sets = write_sets(tmp_path / "rust", disp=heights)
    refused(sets, r"The height of rust rises by \d+\.\d texels from one to the next")
    exemplar = read_exemplar(write_sets(sets, nor_gl=as_bytes(NORMALS)), "maps")
    assert np.abs(exemplar.frames[..., HEIGHT] - RELIEF).max() < 0.03
    assert exemplar.frames[..., HEIGHT].mean() == pytest.approx(0, abs=1e-5)


def test_a_rising_ground_is_kept_over_the_ages(tmp_path: Path) -> None:
    """Heights are zero on average over all ages, and not at each: rust that builds up stays built up."""
    heights = np.stack([np.full((SIZE, SIZE), 32768 + 256 * step, np.uint16) for step in (0, 1, 5)])
    found = read_exemplar(write_sets(tmp_path / "rust", height=heights), "maps").frames[..., HEIGHT]
    assert found.mean((1, 2)) == pytest.approx([-2, -1, 3], abs=1e-3)


def test_large_maps_are_reduced_with_their_heights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = write_sets(tmp_path / "rust", normal=as_bytes(NORMALS))
    full = read_exemplar(sets, "maps").frames
    monkeypatch.setattr(map_sets, "LARGEST", SIZE // 2)
    monkeypatch.setattr("patina.engine.training.exemplar.SMALLEST", 8)
    halved = read_exemplar(sets, "maps").frames
    assert halved.shape == (3, SIZE // 2, SIZE // 2, 6)
    means = full[..., HEIGHT].reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean((2, 4))
    assert np.abs(halved[..., HEIGHT] - means / 2).max() < 1e-5


@pytest.mark.parametrize(
    ("stem", "kind", "rest"),
    [
        ("rust_base_color_0001", "base_color", "rust_0001"),
        ("Metal032_2K-PNG_Color", "base_color", "Metal032_2K-PNG"),
        ("rusty_metal_02_diff_4k", "base_color", "rusty_metal_02_4k"),
        ("T_Rust_BaseColor", "base_color", "T_Rust"),
        ("rust albedo 3", "base_color", "rust 3"),
        ("rusty_metal_02_rough_4k", "roughness", "rusty_metal_02_4k"),
        ("rough_wood_0012_metalness", "metallic", "rough_wood_0012"),
        ("metal_day12_metal", "metallic", "metal_day12"),
        ("Metal032_2K-PNG_NormalGL", "normal", "Metal032_2K-PNG"),
        ("Metal032_2K-PNG_NormalDX", "normal_dx", "Metal032_2K-PNG"),
        ("rust-normal-directx-7", "normal_dx", "rust-7"),
        ("plate_nor_gl_1k", "normal", "plate_1k"),
        ("rust_height_map_3", "height", "rust_3"),
        ("rust_disp_4k", "height", "rust_4k"),
        ("rust12_Displacement", "height", "rust12"),
        ("rust_glossiness", "gloss", "rust"),
        ("rusty_metal_02_ao_4k", "other", "rusty_metal_02_4k"),
        ("rusty_metal_AmbientOcclusion", "other", "rusty_metal"),
        ("roughness", "roughness", ""),
    ],
)
def test_maps_are_known_by_their_usual_spellings(stem: str, kind: str, rest: str) -> None:
    assert map_of(stem) == (kind, rest)


@pytest.mark.parametrize("stem", ["IMG_0001", "Metal032_2K-PNG", "photograph", "", "12"])
def test_other_names_speak_of_no_map(stem: str) -> None:
    assert map_of(stem) is None


def _without(name: str, *ages: str, **maps: np.ndarray) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        sets = write_sets(folder / "rust", **maps)
        for age in ages:
            (sets / age / f"{name}.png").unlink()
        return sets

    return make


def _with(path: str, content: bytes | np.ndarray, **maps: np.ndarray) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        sets = write_sets(folder / "rust", **maps)
        if isinstance(content, bytes):
            (sets / path).parent.mkdir(exist_ok=True)
            (sets / path).write_bytes(content)
        else:
            save(content, sets / path)
        return sets

    return make


def _photographs(folder: Path) -> Path:
    for day in ("monday", "tuesday"):
        save(COLOURS[0], folder / "rust" / day / "IMG_0001.png")
    return folder / "rust"


def _exr(folder: Path) -> Path:
    sets = write_sets(folder / "rust")
    for file in sets.rglob("roughness.png"):
        file.rename(file.with_suffix(".exr"))
    return sets


def _one_age(folder: Path) -> Path:
    save(COLOURS[0], folder / "rust" / "rust_color.png")
    save(GREYS[0], folder / "rust" / "rust_rough.png")
    return folder / "rust"


def _cut(folder: Path) -> Path:
    sets = write_sets(folder / "rust")
    file = sets / "day_1" / "roughness.png"
    file.write_bytes(file.read_bytes()[:200])
    return sets


def _no_folder(folder: Path) -> Path:
    save(COLOURS[0], folder / "rust.png")
    return folder / "rust.png"


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (_without("base_color", "day_1"), "The base colour of day_1 is missing"),
        (_without("roughness", "day_0", "day_1", "day_4"), "The roughness of day_0 is missing"),
        (_without("metallic", "day_4", metallic=GREYS), "The metallic of day_4 is missing"),
        (_without("height", "day_0", height=GREYS), "The height of day_0 is missing"),
        (_without("normal", "day_0", normal=COLOURS), "The normal of day_0 is missing"),
        (_exr, "The roughness of day_0 is missing"),
        (_with("day_1/roughness.png", GREYS[0][:20]), "day_1/roughness.png is 24 x 20 texels and .* 24 x 24"),
        (_with("day_1/base_color.png", COLOURS[0][:, :20]), "day_1/base_color.png is 20 x 24 texels"),
        (_with("day_1/albedo.png", COLOURS[0]), "albedo.png and base_color.png are both the base colour of one age"),
        (_with("day_4/roughness.png", b"no picture"), "roughness.png cannot be read as a picture"),
        (_cut, "roughness.png cannot be read as a picture"),
        (_with("times.csv", b"day_0,0\nday_1,1\n"), "times.csv does not name day_4"),
        (_photographs, r"The 1 picture\(s\) in monday are no maps"),
        (_one_age, r"rust has texture sets of 1 age\(s\)"),
        (_no_folder, "rust.png is no folder of texture sets"),
        (lambda folder: folder, "holds no texture sets"),
    ],
    ids=[
        "no colour", "no roughness", "metallic", "height", "normal", "exr", "size", "sizes of ages", "twice", "prose",
        "cut", "times", "photographs", "one age", "file", "empty",
    ],
)  # fmt: skip
def test_sets_that_cannot_be_learned_from_are_refused(
    make: Callable[[Path], Path], culprit: str, tmp_path: Path
) -> None:
    refused(make(tmp_path), culprit)


def test_maps_too_small_for_a_patch_are_refused(tmp_path: Path) -> None:
    sets = tmp_path / "rust"
    for index, age in enumerate(("1", "2")):
        save(COLOURS[index, :12, :12], sets / age / "color.png")
        save(GREYS[index, :12, :12], sets / age / "rough.png")
    refused(sets, "only 12 x 12 texels")


def test_nothing_is_written_beside_what_is_refused(tmp_path: Path) -> None:
    sets = _without("metallic", "day_4", metallic=GREYS)(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    refused(sets, "missing")
    assert sorted(tmp_path.rglob("*")) == before
    shutil.rmtree(sets)
