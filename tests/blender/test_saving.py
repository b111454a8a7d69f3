"""A saved file remembers how a texture is made, not its pixels."""

from pathlib import Path

import bpy
from stage import age_stage, is_magenta, patina, render_frame


def saved_size(path: Path) -> int:
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    return path.stat().st_size


def test_a_file_does_not_grow_with_the_resolution(tmp_path: Path) -> None:
    material = age_stage()
    render_frame(tmp_path, 2)
    small = saved_size(tmp_path / "small.blend")
    material.patina.resolution = 512
    render_frame(tmp_path, 2)
    assert saved_size(tmp_path / "large.blend") < small + 10_000


def test_what_save_all_packed_is_thrown_out_and_rebuilt(tmp_path: Path) -> None:
    material = age_stage()
    render_frame(tmp_path, 2)
    small = saved_size(tmp_path / "small.blend")
    images = patina("scene.node_group").group_images(patina("scene.materials").group_node(material).node_tree)
    for image in images.values():
        image.pack()
    assert saved_size(tmp_path / "packed.blend") < small + 10_000
    before = render_frame(tmp_path, 2)
    assert not is_magenta(material)
    assert before.mean() > 0
    assert not list(tmp_path.glob("*.png"))


def test_a_loaded_file_holds_blank_images_until_it_is_shown(tmp_path: Path) -> None:
    age_stage()
    render_frame(tmp_path, 2)
    saved_size(tmp_path / "scene.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    sizes = {tuple(image.size) for image in bpy.data.images if "patina_map" in image}
    assert sizes == {(8, 8)}
