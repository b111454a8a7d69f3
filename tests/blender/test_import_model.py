"""Models are taken into the library: checked before they are believed, there whole or not at all."""

import shutil
import struct
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage import TINY, new_material, patina, render_frame, set_stage
from test_library import draw, write_model
from trainings import stand

OFFICIAL = Path(TINY).parent / "official"
NO_ENGINE = "/no/such/python"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, empty; pictures are small, for the sake of time."""
    monkeypatch.setattr(patina("scene.library_import"), "SIDE", 32)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    patina("scene.engine.process").preferences().models = str(tmp_path / "models")
    yield tmp_path / "models"
    patina("scene.engine.process").preferences().models = ""
    patina("scene.library_import").close()
    patina("scene.library_pictures").close()
    shown = bpy.context.window_manager.patina_library
    shown.search, shown.chosen_stored = "", ""


def refused(match: str, **arguments: object) -> None:
    with pytest.raises(RuntimeError, match=match):
        bpy.ops.patina.import_model(**arguments)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def left_behind() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("patina-import-*"))


def test_a_model_is_checked_by_the_engine_copied_and_pictured(folder: Path, tmp_path: Path) -> None:
    source = write_model(tmp_path / "blue tin.safetensors", title="Blue tin", credit="Ada")
    assert bpy.ops.patina.import_model(filepath=str(source)) == {"FINISHED"}
    assert files(folder) == ["blue_tin.png", "blue_tin.safetensors"]
    assert (folder / "blue_tin.safetensors").read_bytes() == source.read_bytes()
    assert bpy.context.window_manager.patina_library.chosen == "blue_tin"
    pictures = patina("scene.library_pictures")
    pictures.refresh(patina("scene.library").entries("tin"))
    shown = pictures.pixels("blue_tin")[..., :3]
    assert shown.shape == (32, 32, 3) and shown.std() > 0.01
    assert not left_behind()


def test_the_imported_model_ages_a_material(folder: Path, tmp_path: Path) -> None:
    bpy.ops.patina.import_model(filepath=TINY, name="Tin")
    material = new_material(set_stage())
    material.patina.resolution = 64
    bpy.ops.patina.add_to_material(model="Tin")
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=10)
    assert np.abs(render_frame(tmp_path, 1) - render_frame(tmp_path, 10)).max() > 5 / 255
    assert not patina("scene.playback").failures


def test_without_an_engine_the_header_is_checked_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", NO_ENGINE)
    assert bpy.ops.patina.import_model(filepath=TINY) == {"FINISHED"}
    assert files(folder) == ["tiny.safetensors"]
    assert "checked by its header alone" in draw().text


def test_a_model_of_a_name_that_is_taken_is_refused(folder: Path, tmp_path: Path) -> None:
    source = write_model(tmp_path / "Rusting_Steel.safetensors", title="Another")
    refused("that of a model that came with Patina", filepath=str(source))
    stand(folder, "copper")
    refused("There is a training 'copper' already", filepath=str(source), name="copper")
    bpy.ops.patina.import_model(filepath=TINY, name="tin")
    refused("There is a model 'TIN' already", filepath=str(source), name="TIN")
    refused("in the library already, as 'tin'", filepath=TINY, name="other")
    assert "other.safetensors" not in files(folder)


@pytest.mark.parametrize("wrong", ["cut", "text", "tensor", "gone", "picture"])
def test_what_is_no_model_is_refused_and_leaves_nothing(folder: Path, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "wrong.safetensors"
    content = Path(TINY).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    match wrong:
        case "cut":
            path.write_bytes(content[:-100])
            sentence = "cut short"
        case "text":
            path.write_bytes(b"{}" * 100)
            sentence = "not a model file"
        case "tensor":  # only the engine can see it
            numbers = bytearray(content)
            numbers[8 + length : 12 + length] = struct.pack("<f", float("nan"))
            path.write_bytes(numbers)
            sentence = "has values that are no numbers: choose a model that Patina made"
        case "gone":
            sentence = "cannot be read"
        case "picture":
            path = tmp_path / "wrong.png"
            path.write_bytes(b"\x89PNG")
            sentence = "'wrong.png' is no model: choose a .safetensors file"
    refused(sentence, filepath=str(path))
    assert files(folder) == []
    assert not left_behind()


def test_weights_of_the_public_implementation_become_a_model(folder: Path, tmp_path: Path) -> None:
    source = shutil.copy(OFFICIAL / "rgb_tiny.eqx", tmp_path / "copper mine.eqx")
    assert bpy.ops.patina.import_model(filepath=str(source), kind="RGB", duration=7.0) == {"FINISHED"}
    header = patina("scene.library").model_header("copper_mine")
    assert (header.duration, header.appearance["form"], header.title) == (7.0, "rgb", "Copper mine")
    assert files(folder) == ["copper_mine.png", "copper_mine.safetensors"]
    assert "Imported from copper mine.eqx" in draw().text
    material = new_material(set_stage())
    material.patina.resolution = 64
    bpy.ops.patina.add_to_material(model="copper_mine")
    assert render_frame(tmp_path, 1).std() > 0.001
    assert not patina("scene.playback").failures


def test_reflectance_weights_take_their_brdf(folder: Path) -> None:
    source = str(OFFICIAL / "svbrdf_tiny.eqx")
    brdf = "DIFFUSE_SPECULAR"
    assert bpy.ops.patina.import_model(filepath=source, kind="SVBRDF", brdf=brdf) == {"FINISHED"}
    header = patina("scene.library").model_header("svbrdf_tiny")
    assert (header.duration, header.appearance["form"]) == (10.0, "diffuse_specular")


def test_weights_that_do_not_fit_are_refused_in_the_engines_words(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.eqx"
    path.write_bytes((OFFICIAL / "rgb_tiny.eqx").read_bytes()[:-10])
    refused("is no sequence of NumPy records", filepath=str(path))
    assert files(folder) == []
    assert "is no sequence of NumPy records" in draw().text


def test_weights_need_the_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATINA_PYTHON", NO_ENGINE)
    refused("does not exist: choose another one in the preferences", filepath=str(OFFICIAL / "rgb_tiny.eqx"))
    assert not left_behind()


def test_in_a_window_the_import_goes_on_by_a_timer_and_can_be_given_up(folder: Path, tmp_path: Path) -> None:
    """What a window does is done by hand: the background has none."""
    importing = patina("scene.library_import")
    began = time.perf_counter()
    importing.begin(importing.ImportOrder(OFFICIAL / "rgb_tiny.eqx"))
    assert time.perf_counter() - began < 2  # the work is the process's; the rest is this machine's
    assert importing.tick() is not None
    assert draw().bars == [0.0]
    with pytest.raises(RuntimeError, match="being imported already"):
        bpy.ops.patina.import_model(filepath=TINY)
    bpy.ops.patina.import_cancel()
    assert files(folder) == [] and not left_behind()

    importing.begin(importing.ImportOrder(OFFICIAL / "rgb_tiny.eqx"))
    deadline = time.monotonic() + 300
    while importing.tick() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert importing.latest.model == "rgb_tiny"
    assert "The model 'rgb_tiny' is in the library" in draw().text


def test_a_name_taken_while_a_model_is_checked_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    importing = patina("scene.library_import")
    importing.begin(importing.ImportOrder(Path(TINY), "tin"))
    other = write_model(folder / "tin.safetensors", title="Made meanwhile").read_bytes()
    with pytest.raises(patina("engine.errors").PatinaError, match="There is a model 'tin' already"):
        importing.wait()
    assert (folder / "tin.safetensors").read_bytes() == other
    assert files(folder) == ["tin.safetensors"]


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.write_bytes(b"a file in the folder's place")
    refused("cannot be used .*: choose another one in Patina's preferences", filepath=TINY)


def test_models_can_be_dropped_into_the_view() -> None:
    handler = bpy.types.FileHandler.bl_rna_get_subclass_py("PATINA_FH_model")
    assert handler.bl_import_operator == "patina.import_model"
    assert handler.bl_file_extensions.split(";") == [".safetensors", ".eqx"]
    assert handler.poll_drop(SimpleNamespace(area=SimpleNamespace(type="VIEW_3D")))
    assert not handler.poll_drop(SimpleNamespace(area=None))
