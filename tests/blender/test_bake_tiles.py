"""UDIM tiles: each shows what lies at its place, and together they show what the material shows."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, image_pixels, load_picture, patina, render_frame
from test_bake import bake


def test_the_tiles_in_use_are_baked_and_join(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.scale = 0.375  # 1.5 repeats over a tile: neighbours differ
    bpy.context.object.data.uv_layers.active.uv.foreach_set("vector", [0, 0, 1, 0, 1, 1, 0, 1])
    bpy.ops.mesh.primitive_plane_add(location=(0, 0, -1))  # a second face, on the tile to the right and one up
    bpy.context.object.data.materials.append(material)
    bpy.context.object.data.uv_layers.active.uv.foreach_set("vector", [1, 1, 2, 1, 2, 2, 1, 2])
    assert bake(tmp_path, 5, 5, udim=True, size=96, maps={"BASE_COLOR", "ROUGHNESS"}) == {"FINISHED"}
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {f"Steel_{name}_0005.{tile}.png" for name in ("base_color", "roughness") for tile in (1001, 1012)}
    render_frame(tmp_path, 5)
    texture = image_pixels(material, "roughness")[..., 0]  # 64 texels, rows from the bottom
    first, second = (load_picture(tmp_path / f"Steel_roughness_0005.{tile}.png")[..., 0] for tile in (1001, 1012))
    # 96 pixels over 1.5 repeats of 64 texels: a pixel a texel; tile 1012 begins in the middle of the texture.
    assert np.abs(first[:64, :64] - texture).max() < 1e-4
    assert np.abs(second - np.roll(np.tile(texture, (2, 2)), (-32, -32), (0, 1))[:96, :96]).max() < 1e-4


def test_named_tiles_are_baked_without_objects_and_cannot_be_played(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path, 5, 5, udim=True, tiles="1003, 1001-1002", maps={"ROUGHNESS"})
    assert len(list(tmp_path.glob("Steel_roughness_0005.100[123].png"))) == 3
    material.patina.playback = "SEQUENCE"
    assert "bake without tiles" in material.patina.notice


def test_other_coordinates_than_uvs_and_uvs_outside_the_tiles_are_refused(tmp_path: Path) -> None:
    material = age_stage()
    bpy.context.object.data.uv_layers.active.uv.foreach_set("vector", [-2, 0, -1, 0, -1, 1, -2, 1])
    with pytest.raises(RuntimeError, match="lie on no UDIM tile"):
        bake(tmp_path, 5, 5, udim=True)
    node = patina("scene.materials").group_node(material)
    coordinates = node.inputs["Vector"].links[0].from_node
    material.node_tree.links.new(coordinates.outputs["Generated"], node.inputs["Vector"])
    with pytest.raises(RuntimeError, match="samples other coordinates"):
        bake(tmp_path, 5, 5, udim=True)
