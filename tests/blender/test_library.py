"""The library: every model with its picture, searched by its words, told with its credit; chosen first."""

import json
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage import TINY, age_stage, new_material, patina, set_stage
from test_training_panel import TrainingLayout
from trainings import write_picture

SHIPPED = [
    "ageing_bronze",
    "brushed_copper",
    "clay_drying",
    "copper_patina",
    "crystallising_copper",
    "rusting_painted_metal",
    "rusting_steel",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's folder, with a model of two words' title in it."""
    patina("scene.engine.process").preferences().models = str(tmp_path)
    write_model(tmp_path / "grey_zinc.safetensors", title="Zinc turning grey", credit="Photographed by Ada")
    yield tmp_path
    patina("scene.engine.process").preferences().models = ""
    shown = bpy.context.window_manager.patina_library
    shown.search, shown.chosen_stored = "", ""
    patina("scene.library_pictures").close()


def write_model(path: Path, **changes: object) -> Path:
    """The tiny model, saying something else of itself."""
    content = Path(TINY).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    description = json.loads(header["__metadata__"]["patina"]) | changes
    header["__metadata__"]["patina"] = json.dumps(description)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return path


class LibraryLayout(TrainingLayout):
    """Also knows the grid of thumbnails."""

    def template_icon_view(self, data: bpy.types.bpy_struct, name: str, **_: object) -> None:
        self.prop(data, name)


def draw(panel: str = "LibraryMaterialPanel") -> LibraryLayout:
    layout = LibraryLayout()
    getattr(patina("panels.library"), panel).draw(SimpleNamespace(layout=layout), bpy.context)
    return layout


def listed(search: str) -> list[str]:
    return [entry.model for entry in patina("scene.library").entries(search)]


def test_shipped_and_trained_models_are_found_by_any_of_their_words(folder: Path) -> None:
    assert listed("") == [*SHIPPED, "grey_zinc"]
    assert listed("RUST steel") == ["rusting_steel"]
    assert listed("ada") == ["grey_zinc"]
    assert listed("turning GREY") == ["grey_zinc"]
    assert listed("marble") == []


def test_the_choice_follows_the_search_and_comes_back_with_it(folder: Path) -> None:
    shown = bpy.context.window_manager.patina_library
    shown.chosen = "rusting_steel"
    shown.search = "zinc"
    assert shown.chosen == "grey_zinc"
    shown.search = ""
    assert shown.chosen == "rusting_steel"
    shown.search = "marble"
    assert shown.chosen == "NONE"
    assert "No model has these words" in draw().text


@pytest.mark.parametrize("panel", ["LibraryMaterialPanel", "LibrarySidebarPanel"])
def test_the_chosen_model_is_shown_with_its_credit_and_licence_and_can_be_added(folder: Path, panel: str) -> None:
    new_material(set_stage())
    bpy.context.window_manager.patina_library.chosen = "rusting_steel"
    layout = draw(panel)
    assert "Came with Patina" in layout.text
    assert "Estimated: metallic, roughness, normal, height" in layout.text
    assert "Credit: Trained on 'rusting_steel' of the dynamic appearance data set" in layout.text
    assert "Licence: CC-BY-4.0" in layout.text
    assert layout.given["patina.add_to_material"].model == "rusting_steel"


def test_a_material_that_ages_already_is_given_the_chosen_model(folder: Path) -> None:
    age_stage()
    bpy.context.window_manager.patina_library.chosen = "grey_zinc"
    layout = draw()
    assert layout.given["patina.use_model"].model == "grey_zinc"
    assert "Credit: Photographed by Ada" in layout.text
    bpy.ops.patina.use_model(model=layout.given["patina.use_model"].model)
    assert bpy.context.object.active_material.patina.model == "grey_zinc"


def test_with_several_objects_selected_all_of_them_can_age(folder: Path) -> None:
    first = set_stage()
    bpy.ops.mesh.primitive_plane_add(size=1)
    first.select_set(True)
    bpy.context.window_manager.patina_library.chosen = "rusting_steel"
    given = draw().given["patina.add_to_material"]
    assert (given.model, given.selected) == ("rusting_steel", True)


def test_a_file_that_is_no_model_is_listed_with_what_is_wrong(folder: Path) -> None:
    (folder / "broken.safetensors").write_bytes(b"\x89PNG" * 100)
    bpy.context.window_manager.patina_library.chosen = "broken"
    layout = draw()
    assert "broken.safetensors is not a model file" in layout.text
    assert "patina.add_to_material" not in layout.given


def test_a_models_file_that_changes_is_read_again(folder: Path) -> None:
    assert listed("zinc") == ["grey_zinc"]
    write_model(folder / "grey_zinc.safetensors", title="A longer title of something else", credit="")
    assert listed("turning") == []
    assert listed("longer title") == ["grey_zinc"]


def strip(*rows: float) -> np.ndarray:
    """Eight ages of squares of 16 pixels, brighter with age; each row of squares of its own red."""
    picture = np.zeros((16 * len(rows), 8 * 16, 3), np.float32)
    picture[..., 1] = np.repeat(np.arange(8) / 10, 16)
    picture[..., 0] = np.repeat(rows, 16)[:, None]
    return picture


@pytest.mark.parametrize(
    "rows, red",
    [((0.5,), 0.5), ((0.9, 0.4), 0.4), ((0.9, 0.3, 0.1, 0.7, 0, 0), 0.3), ((0.9, 0, 0, 0, 0.6, 0, 0, 0), 0.6)],
)
def test_a_thumbnail_ages_from_left_to_right_in_the_row_that_the_model_made(
    folder: Path, rows: tuple[float, ...], red: float
) -> None:
    write_picture(folder / "grey_zinc.png", strip(*rows))
    pictures = patina("scene.library_pictures")
    pictures.refresh(patina("scene.library").entries("zinc"))
    shown = pictures.pixels("grey_zinc")
    assert shown.shape == (16, 16, 4)
    assert np.allclose(shown[..., 0], red, atol=0.01)
    assert np.allclose(shown[..., 1], np.linspace(0, 0.7, 16), atol=0.01)


def test_every_shipped_model_has_a_thumbnail_that_shows_it_ageing(folder: Path) -> None:
    pictures = patina("scene.library_pictures")
    pictures.refresh(patina("scene.library").entries())
    for model in SHIPPED:
        shown = pictures.pixels(model)[..., :3]
        assert shown.shape == (128, 128, 3)
        fresh, aged = shown[:, :24], shown[:, -24:]
        assert max(abs(fresh.mean((0, 1)) - aged.mean((0, 1))).max(), abs(fresh.std() - aged.std())) > 0.025
        assert aged.std() > 0.02
    assert pictures.pixels("grey_zinc") is None


def test_a_picture_that_is_replaced_or_removed_is_noticed(folder: Path) -> None:
    pictures, library = patina("scene.library_pictures"), patina("scene.library")
    write_picture(folder / "grey_zinc.png", strip(0.5))
    pictures.refresh(library.entries("zinc"))
    shutil.copy(folder / "grey_zinc.png", folder / "other.png")
    write_picture(folder / "grey_zinc.png", strip(0.2, 0.1))
    pictures.refresh(library.entries("zinc"))
    assert np.allclose(pictures.pixels("grey_zinc")[..., 0], 0.1, atol=0.01)


def test_reading_thumbnails_leaves_the_file_alone(folder: Path) -> None:
    before = len(bpy.data.images)
    patina("scene.library_pictures").refresh(patina("scene.library").entries())
    assert len(bpy.data.images) == before
