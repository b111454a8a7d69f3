"""An aged surface over the artist's own material, and one ageing material over another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from conftest import PACKAGE
from stage import (
    TINY,
    age_stage,
    new_material,
    patina,
    psnr,
    render_frame,
    set_stage,
    tree_state,
    use_cycles,
    use_eevee,
)

ENGINES = {"eevee": use_eevee, "cycles": use_cycles}


def group_node(material: bpy.types.Material) -> bpy.types.Node:
    return patina("scene.materials").group_node(material)


def red_material() -> bpy.types.Material:
    """A plain red surface, whose shader is no Principled BSDF."""
    material = new_material(set_stage())
    tree = material.node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    red = tree.nodes.new("ShaderNodeBsdfDiffuse")
    red.inputs["Color"].default_value = (0.8, 0.02, 0.02, 1.0)
    tree.links.new(red.outputs[0], tree.get_output_node("ALL").inputs["Surface"])
    return material


def layer() -> None:
    assert bpy.ops.patina.add_to_material(model=TINY, mode="LAYER") == {"FINISHED"}


def change_at(material: bpy.types.Material, folder: Path) -> np.ndarray:
    """What Change is in each pixel of frame 1."""
    tree = material.node_tree
    surface = tree.get_output_node("ALL").inputs["Surface"]
    shown = surface.links[0].from_socket
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(group_node(material).outputs["Change"], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], surface)
    picture = render_frame(folder, 1)[..., 0]
    tree.links.new(shown, surface)
    tree.nodes.remove(emission)
    return picture


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("playback", ["LIVE", "ATLAS"])
def test_where_nothing_has_changed_the_red_shows_exactly(engine: str, playback: str, tmp_path: Path) -> None:
    material = red_material()
    ENGINES[engine]()
    red = render_frame(tmp_path, 1)
    layer()
    material.patina.scale = 0.05  # texels larger than pixels
    if playback == "ATLAS":
        bpy.ops.patina.bake_atlas(ages=5)
    assert np.abs(render_frame(tmp_path, 1) - red).max() < 1e-5
    material.patina.age = 0.35
    change, aged = change_at(material, tmp_path), render_frame(tmp_path, 1)
    fresh, turned = change == 0, change > 0.6
    assert fresh.sum() > 50
    assert turned.sum() > 50
    # A pixel is a few samples: one that lies wholly where nothing has changed.
    inner = fresh & np.all([np.roll(fresh, move, axis) for move in (-1, 1) for axis in (0, 1)], axis=0)
    assert np.abs(aged - red)[inner].max() < 1e-3
    assert np.abs(aged - red)[turned].mean() > 0.05


def test_the_mask_decides_too(tmp_path: Path) -> None:
    material = red_material()
    red = render_frame(tmp_path, 1)
    layer()
    material.patina.age = 1.0
    whole = render_frame(tmp_path, 1)
    (node,) = patina("scene.layers").layer_nodes(material.node_tree, group_node(material).name)
    node.inputs["Mask"].default_value = 0.0
    assert np.abs(render_frame(tmp_path, 1) - red).max() < 1e-5
    tree = material.node_tree
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(group_node(material).inputs["Vector"].links[0].from_socket, split.inputs[0])
    step = tree.nodes.new("ShaderNodeMath")
    step.operation = "GREATER_THAN"
    tree.links.new(split.outputs["X"], step.inputs[0])
    tree.links.new(step.outputs[0], node.inputs["Mask"])
    half = render_frame(tmp_path, 1)
    assert np.abs(half - red)[:, :30].max() < 1e-5
    assert np.abs(half - whole)[:, 50:].max() < 1e-5


def test_removing_restores_exactly(tmp_path: Path) -> None:
    material = red_material()
    before, picture = tree_state(material.node_tree), render_frame(tmp_path, 1)
    counts = len(bpy.data.images), len(bpy.data.node_groups), len(bpy.data.actions)
    layer()
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5)
    bpy.ops.patina.age_source(kind="UP")
    assert tree_state(material.node_tree) != before
    assert np.abs(render_frame(tmp_path, 5) - picture).max() > 0.05
    bpy.ops.patina.remove_from_material()
    assert tree_state(material.node_tree) == before
    assert (len(bpy.data.images), len(bpy.data.node_groups), len(bpy.data.actions)) == counts
    assert np.abs(render_frame(tmp_path, 1) - picture).max() == 0


def test_each_engines_own_output_is_layered() -> None:
    material = red_material()
    tree = material.node_tree
    first = tree.get_output_node("ALL")
    first.target = "EEVEE"
    second = tree.nodes.new("ShaderNodeOutputMaterial")
    second.target = "CYCLES"
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(emission.outputs[0], second.inputs["Surface"])
    before = tree_state(tree)
    layer()
    assert len(patina("scene.layers").layer_nodes(tree, "Patina")) == 2
    bpy.ops.patina.remove_from_material()
    assert tree_state(tree) == before


def test_a_material_that_shows_nothing_is_refused_and_unchanged() -> None:
    material = red_material()
    tree = material.node_tree
    tree.links.clear()
    before = tree_state(tree)
    with pytest.raises(RuntimeError, match="shows nothing to lay over"):
        layer()
    assert tree_state(tree) == before
    assert not bpy.data.node_groups


@pytest.fixture
def two() -> tuple[bpy.types.Material, bpy.types.Material]:
    """A material that ages, and another one over which it can be laid, on the plane."""
    rust = age_stage()
    rust.name = "Rust"
    rust.use_fake_user = True
    bpy.ops.patina.bake_atlas(ages=5)
    target = bpy.context.object
    target.data.materials.clear()
    base = bpy.data.materials.new("Base")
    patina("scene.versions").use_nodes(base)
    target.data.materials.append(base)
    base.patina.resolution = 64
    bpy.ops.patina.add_to_material(model=TINY)
    base.patina.seed = 7
    return base, rust


@pytest.mark.parametrize("engine", ENGINES)
def test_two_models_are_mixed_by_a_mask(
    engine: str, two: tuple[bpy.types.Material, bpy.types.Material], tmp_path: Path
) -> None:
    base, rust = two
    ENGINES[engine]()
    target = bpy.context.object
    below = render_frame(tmp_path, 1)
    target.data.materials[0] = rust
    rust.node_tree.animation_data_clear()
    rust.patina.age = 0.9
    above = render_frame(tmp_path, 1)
    target.data.materials[0] = base
    before = tree_state(base.node_tree)
    assert bpy.ops.patina.mix_material(material="Rust") == {"FINISHED"}
    assert psnr(render_frame(tmp_path, 1), above) > 45
    assert psnr(above, below) < 30
    node = patina("scene.mixing").mixed_over(base)[0]
    (mask,) = patina("scene.layers").layer_nodes(base.node_tree, node.name)
    mask.inputs["Mask"].default_value = 0.0
    assert psnr(render_frame(tmp_path, 1), below) > 45
    mask.inputs["Mask"].default_value = 1.0
    node.inputs["Age"].default_value = 0.0
    assert psnr(render_frame(tmp_path, 1), above) < 30  # an Age of its own
    assert group_node(base).node_tree != node.node_tree
    assert patina("scene.materials").separate_duplicates() == []
    node.inputs["Age"].keyframe_insert("default_value", frame=1)
    bpy.ops.patina.unmix_material(name=node.name)
    assert tree_state(base.node_tree) == before
    assert group_node(rust) is not None


def test_what_lies_over_outlives_the_removal_of_what_lies_below(
    two: tuple[bpy.types.Material, bpy.types.Material], tmp_path: Path
) -> None:
    base, rust = two
    bpy.ops.patina.mix_material(material="Rust")
    bpy.ops.patina.remove_from_material()
    (node,) = patina("scene.mixing").mixed_over(base)
    assert node.node_tree == group_node(rust).node_tree
    before = render_frame(tmp_path, 1)
    bpy.data.materials.remove(rust)
    assert np.abs(render_frame(tmp_path, 1) - before).max() < 1e-5
    bpy.ops.patina.unmix_material(name=node.name)
    assert {found.bl_idname for found in base.node_tree.nodes} == {
        "ShaderNodeBsdfPrincipled",
        "ShaderNodeOutputMaterial",
    }


@pytest.mark.parametrize(("name", "match"), [("Base", "below"), ("None", "no material"), ("Live", "plays no atlas")])
def test_what_cannot_be_mixed_is_refused(
    name: str, match: str, two: tuple[bpy.types.Material, bpy.types.Material]
) -> None:
    base, rust = two
    rust.patina.playback = "LIVE"
    rust.name = "Live"
    before = tree_state(base.node_tree)
    with pytest.raises(RuntimeError, match=match):
        bpy.ops.patina.mix_material(material=name)
    assert tree_state(base.node_tree) == before


@pytest.fixture
def enabled_again() -> Iterator[None]:
    yield
    bpy.ops.preferences.addon_enable(module=PACKAGE)


def test_saved_and_opened_without_the_extension_layers_stay(tmp_path: Path, enabled_again: None) -> None:
    material = red_material()
    layer()
    bpy.ops.patina.bake_atlas(ages=5)
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=9)
    before = render_frame(tmp_path, 6)
    assert material.patina.playback == "ATLAS"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert np.abs(render_frame(tmp_path, 6) - before).max() < 1 / 255
    assert np.abs(render_frame(tmp_path, 1) - before).max() > 5 / 255
