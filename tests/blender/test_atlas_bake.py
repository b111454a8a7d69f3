"""Baking an atlas: what cannot be is one sentence and changes nothing; what is out of date is said."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from stage import age_stage, patina, tree_state
from test_atlas import AGES, bake, group_of
from test_panels import Layout, draw


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files go here, where a test sees what is left of them."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def refused(material: bpy.types.Material, sentence: str, **arguments: object) -> None:
    """Baking fails with that sentence, and leaves everything as it was."""
    before = tree_state(group_of(material)), set(bpy.data.images.keys()), material.patina.playback
    with pytest.raises(RuntimeError, match=sentence) as failure:
        bake(**arguments)
    assert str(failure.value).strip().count("\n") == 0
    assert (tree_state(group_of(material)), set(bpy.data.images.keys()), material.patina.playback) == before


def test_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    material = age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    refused(material, "does not exist")


def test_beside_a_file_that_was_never_saved() -> None:
    refused(age_stage(), "not saved yet", pack=False, directory="//textures")


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused(age_stage(), "choose another folder", pack=False, directory=str(tmp_path / "file" / "textures"))


def test_larger_than_memory() -> None:
    material = age_stage()
    material.patina.resolution = 4096
    with pytest.raises(RuntimeError, match=r"would take .* GB of memory.*choose fewer ages"):
        bpy.ops.patina.bake_atlas(ages=64, bits="16")
    assert not [image for image in bpy.data.images if image.source == "TILED"]


def test_on_a_full_disk(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    material = age_stage()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 18))
    refused(material, "are free in")
    assert not list(temporary.glob(".patina*"))


def test_of_a_model_that_changed() -> None:
    material = age_stage()
    material.patina.model_hash = "0" * 64
    refused(material, "not the one")


def test_nothing_temporary_is_left(temporary: Path, tmp_path: Path) -> None:
    age_stage()
    bake()
    bake(pack=False, directory=str(tmp_path / "textures"))
    assert not list(temporary.glob(".patina*"))
    assert not list((tmp_path / "textures").glob(".*"))


def test_another_atlas_never_overwrites_the_tiles_of_one(tmp_path: Path) -> None:
    material = age_stage()
    bake(pack=False, directory=str(tmp_path / "textures"))
    first = {path: path.read_bytes() for path in (tmp_path / "textures").iterdir()}
    material.patina.seed = 3
    bake(pack=False, directory=str(tmp_path / "textures"))
    assert all(path.read_bytes() == content for path, content in first.items())


def test_undo_and_redo_take_it_out_and_bring_it_back() -> None:
    age_stage()
    bpy.ops.ed.undo_push(message="before")
    assert bake() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="bake")
    bpy.ops.ed.undo()
    material = bpy.data.materials["Steel"]
    assert material.patina.playback == "LIVE"
    assert patina("scene.atlas.kept").atlas_of(group_of(material)) is None
    bpy.ops.ed.redo()
    material = bpy.data.materials["Steel"]
    assert material.patina.playback == "ATLAS"
    assert {tuple(image.size) for image in bpy.data.images if image.source == "TILED"} == {(96, 96)}


def test_a_bake_finds_its_material_again_after_an_undo_and_misses_a_deleted_one(temporary: Path) -> None:
    age_stage()
    bpy.data.materials.new("Another")
    bpy.ops.ed.undo_push(message="before")
    engine = patina("scene.engine.process").engine()
    under_way = patina("scene.atlas.bake").plan_atlas(bpy.data.materials["Steel"], AGES, 8, None)
    bpy.data.materials["Steel"].name = "Renamed"
    bpy.ops.ed.undo_push(message="renamed")
    bpy.ops.ed.undo()
    while under_way.step(engine, block=True):
        pass
    assert len(under_way.finish().ages) == AGES
    assert bpy.data.materials["Steel"].patina.playback == "ATLAS"
    bpy.data.materials.remove(bpy.data.materials["Steel"])
    with pytest.raises(patina("scene.errors").BakeError, match="ages no more"):
        under_way.finish()
    under_way.stop()


def test_what_is_not_baked_cannot_be_played() -> None:
    material = age_stage()
    material.patina.playback = "ATLAS"
    assert material.patina.playback == "LIVE"
    assert "has no atlas yet" in material.patina.notice


def test_the_panel_says_what_the_atlas_is_and_when_it_is_out_of_date() -> None:
    material = age_stage()
    assert "patina.bake_atlas" in draw().operators
    bake()
    layout = draw()
    assert "5 ages, 8 bits, 0.5 MB of memory" in layout.text
    assert "dB at the worst moment" in layout.text
    assert (material.patina, "playback") in layout.properties
    assert "out of date" not in layout.text
    material.patina.seed, material.patina.resolution = 8, 128
    assert "another seed and resolution than set above" in draw().text
    assert material.patina.playback == "ATLAS"
    bake()
    assert "out of date" not in draw().text


def test_the_panel_says_when_tiles_are_lost(tmp_path: Path) -> None:
    age_stage()
    bake(pack=False, directory=str(tmp_path / "textures"))
    assert "are lost" not in draw().text
    shutil.rmtree(tmp_path / "textures")
    assert "The tiles of the atlas are lost" in draw().text


def test_the_size_is_shown_before_baking() -> None:
    material = age_stage()
    layout = Layout()
    asked = SimpleNamespace(layout=layout, ages=17, bits="8", pack=True)
    asked.bl_rna = bpy.ops.patina.bake_atlas.get_rna_type()
    layout_of = patina("operators.bake_atlas").BakeAtlas.draw
    layout_of(asked, bpy.context)
    assert material.patina.resolution == 64
    assert "Takes 1.8 MB of memory" in layout.text
