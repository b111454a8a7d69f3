"""The output Change: exactly 0 where a surface is fresh, per point, in every playback, and in files of before."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, patina, psnr, render_frame, use_cycles, use_eevee

CHANGE = "Change"


def show(material: bpy.types.Material, label: str = CHANGE) -> None:
    """Let the material emit one of its group's outputs."""
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    node = patina("scene.materials").group_node(material)
    tree.links.new(node.outputs[label], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])


@pytest.fixture
def material() -> bpy.types.Material:
    material = age_stage()
    material.node_tree.animation_data_clear()
    show(material)
    return material


def at(material: bpy.types.Material, age: float, folder: Path) -> np.ndarray:
    material.patina.age = age
    return render_frame(folder, 1)[..., 0]


@pytest.mark.parametrize("engine", ["eevee", "cycles"])
def test_it_is_0_when_fresh_and_grows_in_live_and_atlas_alike(
    engine: str, material: bpy.types.Material, tmp_path: Path
) -> None:
    assert bpy.ops.patina.bake_atlas(ages=9, bits="16") == {"FINISHED"}
    (use_eevee if engine == "eevee" else use_cycles)()
    shown = {}
    for playback in ("LIVE", "ATLAS"):
        material.patina.playback = playback
        shown[playback] = [at(material, age, tmp_path) for age in (0.0, 0.5, 1.0)]
        fresh, half, turned = shown[playback]
        assert fresh.max() == 0
        assert 0.1 < half.mean() < turned.mean() - 0.1
        assert half.std() > 0.05
    for live, atlas in zip(shown["LIVE"], shown["ATLAS"], strict=True):
        assert psnr(live, atlas) > 30


def test_metallic_is_what_it_was_beside_it(material: bpy.types.Material, tmp_path: Path) -> None:
    show(material, "Metallic")
    live = at(material, 0.7, tmp_path)
    bpy.ops.patina.bake_atlas(ages=9, bits="16")
    assert psnr(at(material, 0.7, tmp_path), live) > 36


def test_a_sequence_shows_it_where_it_was_baked_and_age_elsewhere(material: bpy.types.Material, tmp_path: Path) -> None:
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5)
    material.patina.scale = 0.02  # texels far larger than pixels: pictures hold Change itself, which is filtered after
    live = render_frame(tmp_path, 3)[..., 0]
    maps = {"BASE_COLOR", "METALLIC", "ROUGHNESS", "NORMAL"}
    arguments = {"directory": str(tmp_path / "bake"), "frame_start": 1, "frame_end": 5, "link": True}
    assert bpy.ops.patina.bake_sequence(maps={*maps, "CHANGE"}, **arguments) == {"FINISHED"}
    assert material.patina.playback == "SEQUENCE"
    sequence = render_frame(tmp_path, 3)[..., 0]
    assert psnr(sequence, live) > 20
    assert sequence.std() > 0.05
    arguments["directory"] = str(tmp_path / "without")
    assert bpy.ops.patina.bake_sequence(maps=maps, **arguments) == {"FINISHED"}
    assert render_frame(tmp_path, 3)[..., 0] == pytest.approx(0.5, abs=1e-3)


def test_where_a_texture_is_missing_everything_has_changed(
    material: bpy.types.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the magenta shows over the artist's own material too."""
    material.patina.model_hash = "0" * 64
    assert at(material, 0.3, tmp_path).min() == 1


def make_old(material: bpy.types.Material) -> bpy.types.NodeTree:
    """Take from a group what a Patina without Change did not make."""
    group = patina("scene.materials").group_node(material).node_tree
    output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
    group.interface.remove(next(item for item in group.interface.items_tree if item.name == CHANGE))
    for name in ("Patina Live", "Patina Live Change", "Patina Age as Change"):
        group.nodes.remove(group.nodes[name])
    group.links.new(group.nodes["metallic"].outputs["Color"], output.inputs["Metallic"])
    return group


@pytest.mark.parametrize("playback", ["LIVE", "ATLAS"])
def test_a_group_of_an_older_file_gains_it_when_the_file_is_opened(playback: str, tmp_path: Path) -> None:
    material = age_stage()
    if playback == "ATLAS":
        bpy.ops.patina.bake_atlas(ages=5)
    before = render_frame(tmp_path, 6)
    make_old(material)
    if playback == "ATLAS":
        group = patina("scene.materials").group_node(material).node_tree
        atlas = next(node for node in group.nodes if node.label == "Atlas")
        sockets = atlas.node_tree.interface
        sockets.remove(next(item for item in sockets.items_tree if item.name == CHANGE))
        output = next(node for node in group.nodes if node.bl_idname == "NodeGroupOutput")
        group.links.new(atlas.outputs["Metallic"], output.inputs["Metallic"])
    links = len(material.node_tree.links)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    material = bpy.data.materials["Steel"]
    assert len(material.node_tree.links) == links
    assert np.abs(render_frame(tmp_path, 6) - before).max() < 1 / 255
    show(material)
    shown = render_frame(tmp_path, 6)[..., 0]
    if playback == "LIVE":
        assert shown.std() > 0.05
    else:  # an atlas of before knows no Change: until it is baked again it is Age
        assert shown == pytest.approx(5 / 9, abs=1e-3)
        bpy.ops.patina.bake_atlas(ages=5)
        assert render_frame(tmp_path, 6)[..., 0].std() > 0.05
