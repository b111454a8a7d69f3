"""With no engine at all, a shipped model plays the atlas that came with it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import TINY, age_stage, new_material, patina, render_frame, set_stage


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with a ready-made atlas beside it, baked from the tiny model."""
    age_stage()
    bpy.ops.patina.bake_atlas(ages=5, pack=False, directory=str(tmp_path / "tiles"))
    record = patina("scene.atlas.kept").atlas_of(
        patina("scene.materials").group_node(bpy.data.materials["Steel"]).node_tree
    )
    tiles = sorted((tmp_path / "tiles").iterdir())
    bounds = {name: [0.0, 1.0, 0.0, 1.0] for name in ("metallic", "roughness", "height")}
    about = {
        "sha256": record.sha256,
        "seed": 0,
        "extent": 64,
        "bits": 8,
        "stem": tiles[0].name.rsplit("_base_color", 1)[0],
        "ages": record.ages,
        "bounds": bounds,
        "decibels": record.decibels,
        "enough": record.enough,
    }
    path = tmp_path / "model.safetensors"
    shutil.copy(TINY, path)
    with zipfile.ZipFile(path.with_suffix(".atlas"), "w") as archive:
        archive.writestr("atlas.json", json.dumps(about))
        for tile in tiles:
            archive.write(tile, tile.name)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return path


def test_a_model_plays_at_once_without_an_engine(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    material = new_material(set_stage())
    assert bpy.ops.patina.add_to_material(model=str(model)) == {"FINISHED"}
    assert (material.patina.playback, material.patina.resolution) == ("ATLAS", 64)
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
    fresh, aged = render_frame(tmp_path, 2), render_frame(tmp_path, 8)
    assert not patina("scene.playback").failures
    assert np.abs(fresh - aged).max() > 5 / 255
    assert fresh.std() > 0.01


def texels(png: bytes, folder: Path) -> np.ndarray:
    """The bytes [H, W, 4] of a PNG file, rows from the top, by Blender: its Python reads no pictures."""
    path = folder / "texels.png"
    path.write_bytes(png)
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.is_data = True
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return np.round(values * 255).astype(np.uint8).reshape(height, width, 4)[::-1]


def format_2(archive: Path) -> None:
    """Write an archive of the earlier format, with a file a tile, in the present one."""
    with zipfile.ZipFile(archive) as file:
        about = json.loads(file.read("atlas.json"))
        margin = about["extent"] // 4
        pictures = {
            picture: np.stack(
                [
                    texels(file.read(name), archive.parent)[margin:-margin, margin:-margin]
                    for name in sorted(file.namelist())
                    if f"_{picture}." in name
                ]
            )
            for picture in ("base_color", "surface", "normal")
        }
    patina("engine.atlas.archive").write_archive(archive, about, pictures)


def packed(image: bpy.types.Image, tile: int) -> bytes:
    """The file of one tile."""
    return next(file for file in image.packed_files if f"{tile}." in file.filepath).packed_file.data


def test_both_formats_of_archives_play_the_same(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    archive, shown = model.with_suffix(".atlas"), []
    for form in (1, 2):
        if form == 2:
            size = archive.stat().st_size
            format_2(archive)
            assert archive.stat().st_size < size
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        material = new_material(set_stage())
        assert bpy.ops.patina.add_to_material(model=str(model)) == {"FINISHED"}
        assert material.patina.playback == "ATLAS"
        group = patina("scene.materials").group_node(material).node_tree
        images = patina("scene.atlas.nodes").atlas_images(group)
        tiles = [texels(packed(image, 1001 + index), tmp_path) for image in images for index in range(5)]
        bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
        shown.append((tiles, [render_frame(tmp_path, frame) for frame in (1, 4, 9)]))
    (one_tiles, one), (other_tiles, other) = shown
    assert len(one_tiles) == 15 and all(map(np.array_equal, one_tiles, other_tiles))
    assert np.abs(one[0] - one[2]).max() > 5 / 255
    assert max(np.abs(a - b).max() for a, b in zip(one, other, strict=True)) < 1.5 / 255


def test_unpacking_says_how_far_it_is(model: Path) -> None:
    material = new_material(set_stage())
    bpy.ops.patina.add_to_material(model=str(model))
    said: list[int] = []
    patina("scene.atlas.ready").use_ready_atlas(material, said.append)
    assert material.patina.playback == "ATLAS"
    assert said == sorted(said) and len(set(said)) >= 15  # 3 pictures of 5 ages
    assert said[-1] < 100


def test_with_an_engine_it_plays_live(model: Path) -> None:
    material = new_material(set_stage())
    bpy.ops.patina.add_to_material(model=str(model))
    assert material.patina.playback == "LIVE"


@pytest.mark.parametrize("wrong", ["of another model", "damaged"])
def test_an_archive_that_is_not_this_models_is_not_played(
    wrong: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    archive = model.with_suffix(".atlas")
    if wrong == "damaged":
        archive.write_bytes(archive.read_bytes()[:1000])
    else:
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("atlas.json", json.dumps({"sha256": "0" * 64}))
    material = new_material(set_stage())
    assert bpy.ops.patina.add_to_material(model=str(model)) == {"FINISHED"}
    assert material.patina.playback == "LIVE"


@pytest.mark.parametrize("wrong", ["no tiles", "a tile of another size", "too few texels"])
def test_an_archive_without_its_tiles_is_told_and_the_material_stands(
    wrong: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    archive = model.with_suffix(".atlas")
    if wrong == "too few texels":
        format_2(archive)
    with zipfile.ZipFile(archive) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    if wrong == "no tiles":
        entries = {"atlas.json": entries["atlas.json"]}
    elif wrong == "too few texels":
        entries["surface"] = entries["surface"][:-1]
    else:
        larger = patina("scene.age.png").png(np.zeros((1024, 1024, 4)), 8)
        entries[next(name for name in entries if name.endswith("normal.1003.png"))] = larger
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    material = new_material(set_stage())
    assert bpy.ops.patina.add_to_material(model=str(model)) == {"FINISHED"}
    assert material.patina.playback == "LIVE"
    assert not [image for image in bpy.data.images if image.source == "TILED"]
