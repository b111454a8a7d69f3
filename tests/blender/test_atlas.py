"""Atlas playback: every Age at its place, in both render engines, without the engine, without the extension."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from conftest import PACKAGE
from stage import TINY, WIDTH, age_stage, patina, psnr, render_frame, tree_state, use_cycles
from test_live import settle, submitted

AGES = 5


def bake(**arguments: object) -> set[str]:
    return bpy.ops.patina.bake_atlas(ages=AGES, **arguments)


def group_of(material: bpy.types.Material) -> bpy.types.NodeTree:
    return patina("scene.materials").group_node(material).node_tree


def atlas_images() -> list[bpy.types.Image]:
    return [image for image in bpy.data.images if image.source == "TILED"]


@pytest.fixture
def material() -> bpy.types.Material:
    """A material whose Age is not keyed, on the stage."""
    material = age_stage()
    material.node_tree.animation_data_clear()
    material.patina.age = 0.4
    return material


def both(material: bpy.types.Material, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What the atlas shows and what Live shows."""
    pictures = []
    for playback in ("ATLAS", "LIVE"):
        material.patina.playback = playback
        pictures.append(render_frame(folder, 1))
    return pictures[0], pictures[1]


def test_an_atlas_shows_what_live_shows_in_both_engines(material: bpy.types.Material, tmp_path: Path) -> None:
    # 16 bits: Cycles filters bytes display-encoded, which tells in a texture as noisy as the tiny model's.
    assert bake(bits="16") == {"FINISHED"}
    for age, scale in ((0.15, 1.0), (0.85, 4.0)):
        material.patina.age, material.patina.scale = age, scale
        atlas, live = both(material, tmp_path)
        assert psnr(atlas, live) > 38
        assert live.std() > 0.01
    use_cycles()
    atlas, live = both(material, tmp_path)
    assert psnr(atlas, live) > 38


def test_what_lies_halfway_between_two_ages_is_seen(
    material: bpy.types.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])
    use_cycles()
    bake(bits="16")
    ages = patina("scene.atlas.kept").atlas_of(group_of(material)).ages
    middles = [(start + end) / 2 for start, end in pairwise(ages)]

    def seen(playback: str, output: str) -> np.ndarray:
        tree.links.new(tree.nodes["Patina"].outputs[output], emission.inputs["Color"])
        material.patina.playback = playback
        pictures = []
        for material.patina.age in middles:
            pictures.append(render_frame(tmp_path, 1))
        return np.stack(pictures)

    names = ("Metallic", "Roughness", "Height")
    live = {name: seen("LIVE", name) for name in names}
    bent = {name: psnr(seen("ATLAS", name), live[name]) for name in names}
    kept = patina("scene.atlas.kept")
    build = kept.build_atlas
    monkeypatch.setattr(kept, "build_atlas", lambda *given, **named: build(*given, **named | {"shares": {}}))
    bake(bits="16")
    straight = {name: psnr(seen("ATLAS", name), live[name]) for name in names}
    assert all(bent[name] > straight[name] + 3 for name in ("Metallic", "Roughness")), (bent, straight)
    assert bent["Height"] >= straight["Height"]


def bands(lines: np.ndarray) -> np.ndarray:
    """Pixels within two of where a whole number is passed along the rows or the columns of [H, W, 2]."""
    steps = np.zeros(lines.shape[:2], bool)
    steps[:, 1:] |= (np.diff(lines, axis=1) != 0).any(-1)
    steps[1:] |= (np.diff(lines, axis=0) != 0).any(-1)
    return np.any([np.roll(steps, move, axis) for axis in (0, 1) for move in (-2, -1, 0, 1)], axis=0)


def test_no_seam_shows_where_the_texture_wraps(material: bpy.types.Material, tmp_path: Path) -> None:
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 200, 150
    scene.camera.location, scene.camera.rotation_euler = (0, 0, 2), (0, 0, 0)
    scene.eevee.taa_render_samples = 8
    bake(bits="16")
    material.patina.scale = 0.5  # 256 texels are one unit: the texture of 64 repeats twice
    atlas, live = both(material, tmp_path)
    error = np.abs(atlas - live).max(-1)
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(tree.nodes["Patina"].inputs["Vector"].links[0].from_socket, emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])
    repeats = render_frame(tmp_path, 1)[..., :2] * 2
    largest = [error[bands(np.floor(repeats + shift))].max() for shift in np.linspace(0, 1, 16, endpoint=False)]
    assert largest[0] < 1.5 * np.median(largest[1:])


def test_far_away_polished_metal_is_not_tilted_by_what_8_bits_round(tmp_path: Path) -> None:
    """From above at Scale 16: mip levels are rounded to 8 bits, one after the other, and always to the same side."""
    material = age_stage("rusting_steel", 128)
    material.node_tree.animation_data_clear()
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 240, 180
    scene.camera.location, scene.camera.rotation_euler = (0, 0, 2), (0, 0, 0)
    bpy.ops.patina.bake_atlas()
    material.patina.scale = 16
    for material.patina.age in (0.0, 0.1):
        assert psnr(*both(material, tmp_path)) > 40


def test_a_gradient_of_age_shows_each_age_in_its_place(material: bpy.types.Material, tmp_path: Path) -> None:
    bake()
    node = patina("scene.materials").group_node(material)
    even = {}
    for age in (0.25, 0.5, 0.75):
        material.patina.age = age
        even[age] = render_frame(tmp_path, 1)
    tree = material.node_tree
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(node.inputs["Vector"].links[0].from_socket, split.inputs[0])
    tree.links.new(split.outputs["X"], node.inputs["Age"])
    gradient = render_frame(tmp_path, 1)
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(split.outputs["X"], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])
    place = render_frame(tmp_path, 1)[..., 0]
    for age, picture in even.items():
        here = np.abs(place - age) < 1.5 / WIDTH
        assert here.sum() > 20
        assert psnr(gradient[here], picture[here]) > 38
        assert all(psnr(gradient[here], even[other][here]) < 34 for other in even if other != age)


@pytest.fixture
def enabled_again() -> Iterator[None]:
    yield
    bpy.ops.preferences.addon_enable(module=PACKAGE)


@pytest.mark.parametrize("where", ["packed", "beside"])
def test_saved_and_opened_without_the_extension_it_plays_the_same(
    where: str, material: bpy.types.Material, tmp_path: Path, enabled_again: None
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bake(pack=where == "packed", directory="//textures")
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
    before = render_frame(tmp_path, 4)
    bpy.ops.wm.save_mainfile()
    tiles = list(tmp_path.glob("textures/*.png"))
    assert len(tiles) == (0 if where == "packed" else 3 * AGES)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    (tmp_path / "moved").mkdir()
    for path in ("scene.blend", "textures"):
        if (tmp_path / path).exists():
            (tmp_path / path).rename(tmp_path / "moved" / path)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "moved" / "scene.blend"))
    assert not hasattr(bpy.data.materials["Steel"], "patina")
    assert np.abs(render_frame(tmp_path, 4) - before).max() < 1 / 255
    assert np.abs(render_frame(tmp_path, 8) - before).max() > 5 / 255


def test_an_atlas_asks_the_engine_for_nothing_on_a_frame(
    material: bpy.types.Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    bake()
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
    settle()
    requests = submitted(monkeypatch)
    for frame in range(1, 10):
        bpy.context.scene.frame_set(frame)
    assert requests == []
    material.patina.playback = "LIVE"
    bpy.context.scene.frame_set(3)
    assert requests


def test_what_plays_changes_neither_the_interface_nor_what_the_artist_made(material: bpy.types.Material) -> None:
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
    value = material.node_tree.nodes.new("ShaderNodeValue")
    material.node_tree.links.new(value.outputs[0], material.node_tree.nodes["Patina"].inputs["Strength"])
    sockets = [(item.identifier, item.socket_type) for item in group_of(material).interface.items_tree]
    before = tree_state(material.node_tree)
    bake()
    for playback in ("LIVE", "ATLAS", "LIVE"):
        material.patina.playback = playback
        assert material.patina.playback == playback
        assert tree_state(material.node_tree) == before
    assert [(item.identifier, item.socket_type) for item in group_of(material).interface.items_tree] == sockets


def test_a_second_bake_leaves_nothing_of_the_first(material: bpy.types.Material) -> None:
    bake()
    nodes = len(group_of(material).nodes)
    groups = {group.name for group in bpy.data.node_groups}
    material.patina.seed = 4
    bake()
    assert len(group_of(material).nodes) == nodes
    assert {group.name for group in bpy.data.node_groups} == groups
    assert len(atlas_images()) == 3
    assert patina("scene.atlas.kept").outdated(material, patina("scene.atlas.kept").atlas_of(group_of(material))) == ""


def test_a_removed_atlas_leaves_neither_image_nor_group(material: bpy.types.Material) -> None:
    bake()
    assert len(atlas_images()) == 3
    bpy.ops.patina.remove_from_material()
    assert not atlas_images()
    assert not bpy.data.node_groups


def test_removing_one_of_two_atlases_leaves_the_other_whole(material: bpy.types.Material, tmp_path: Path) -> None:
    bake()
    before = render_frame(tmp_path, 1)
    plane = bpy.context.object
    other = bpy.data.materials.new("Other")
    patina("scene.versions").use_nodes(other)
    plane.data.materials.append(other)
    plane.active_material_index = 1  # no face has it
    bpy.ops.patina.add_to_material(model=TINY)
    bake()
    assert len(atlas_images()) == 6
    bpy.ops.patina.remove_from_material()
    assert len(atlas_images()) == 3
    assert np.array_equal(render_frame(tmp_path, 1), before)


def test_an_atlas_whose_nodes_all_lie_in_the_one_group_goes_on_playing(
    material: bpy.types.Material, tmp_path: Path
) -> None:
    """As earlier Patinas built it: each map ends in a reroute of that name."""
    group = group_of(material)
    for name in ("metallic", "roughness", "height"):
        value = group.nodes.new("ShaderNodeValue")
        value.outputs[0].default_value = 0.25
        end = group.nodes.new("NodeReroute")
        end.name = f"Atlas {name}"
        group.links.new(value.outputs[0], end.inputs[0])
        value["patina_part"] = end["patina_part"] = "atlas"
    before = len(group.nodes)
    material.patina.playback = "ATLAS"
    output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
    assert output.inputs["Roughness"].links[0].from_node.name == "Atlas roughness"
    bake()  # takes their place
    assert len(group.nodes) < before
    assert not any(node.name.startswith("Atlas ") for node in group.nodes)


def test_a_duplicate_plays_the_same_atlas_from_a_group_of_its_own(material: bpy.types.Material) -> None:
    bake()
    copy = material.copy()
    bpy.context.object.data.materials.append(copy)
    assert patina("scene.materials").separate_duplicates() == [copy]
    assert group_of(copy) != group_of(material)
    assert len(atlas_images()) == 3
    copy.patina.playback = "LIVE"
    assert material.patina.playback == "ATLAS"
