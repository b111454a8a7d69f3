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


def test_an_archive_without_its_tiles_is_told_and_the_material_stands(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    archive = model.with_suffix(".atlas")
    with zipfile.ZipFile(archive) as file:
        about = file.read("atlas.json")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("atlas.json", about)
    material = new_material(set_stage())
    assert bpy.ops.patina.add_to_material(model=str(model)) == {"FINISHED"}
    assert material.patina.playback == "LIVE"
    assert not [image for image in bpy.data.images if image.source == "TILED"]
