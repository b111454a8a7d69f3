"""Materials of other files, and images that someone deleted: what is shown is right all the same."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, is_magenta, patina, render_frame, set_stage


def link(path: Path, name: str) -> bpy.types.Material:
    """The stage in an empty file, wearing a material that is linked from `path`."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    target = set_stage()
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.materials = [name]
    (material,) = wanted.materials
    target.data.materials.clear()
    target.data.materials.append(material)
    return material


@pytest.mark.parametrize("override", [False, True], ids=["linked", "overridden"])
def test_a_linked_material_ages_live(tmp_path: Path, override: bool) -> None:
    name = age_stage().name
    expected = {frame: render_frame(tmp_path, frame) for frame in (2, 9)}
    assert np.abs(expected[2] - expected[9]).mean() > 0.01
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    material = link(tmp_path / "library.blend", name)
    if override:
        material = material.override_create(remap_local_usages=True)
    assert (material.library is None) == override
    for frame, picture in expected.items():
        assert np.array_equal(render_frame(tmp_path, frame), picture)
    assert not patina("scene.playback").failures


def test_its_model_is_looked_for_from_its_own_file(tmp_path: Path) -> None:
    material = age_stage()
    folder = tmp_path / "assets"
    folder.mkdir()
    model = Path(bpy.path.abspath(material.patina.model))
    (folder / "mine.safetensors").write_bytes(model.read_bytes())
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "library.blend"))
    material.patina.model = "//mine.safetensors"
    expected = render_frame(tmp_path, 5)
    assert not is_magenta(material)
    bpy.ops.wm.save_mainfile()
    linked = link(folder / "library.blend", material.name)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert np.array_equal(render_frame(tmp_path, 5), expected)
    assert not is_magenta(linked)


def test_deleted_and_renamed_images_come_back(tmp_path: Path) -> None:
    material = age_stage()
    expected = render_frame(tmp_path, 5)
    images = patina("scene.node_group").group_images(patina("scene.materials").group_node(material).node_tree)
    images["normal"].name = "a / b 🦀"
    bpy.data.images.remove(images["roughness"])
    bpy.data.images.remove(images["height"])
    assert np.array_equal(render_frame(tmp_path, 5), expected)
    assert len([image for image in bpy.data.images if "patina_map" in image]) == 5


def test_the_last_bake_of_another_file_is_forgotten(tmp_path: Path) -> None:
    age_stage()
    bpy.ops.patina.bake_sequence(directory=str(tmp_path), frame_start=2, frame_end=2)
    assert patina("scene.baking.run").latest is not None
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert patina("scene.baking.run").latest is None
