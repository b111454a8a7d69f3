"""Adding Patina destroys nothing, removing it leaves no trace, and what cannot be done is one sentence."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import TINY, age_stage, image_pixels, new_material, patina, render_frame, set_stage, tree_state


def test_a_plain_material_is_restored_exactly() -> None:
    material = new_material(set_stage())
    before = tree_state(material.node_tree)
    counts = len(bpy.data.images), len(bpy.data.node_groups), len(bpy.data.actions)
    bpy.ops.patina.add_to_material(model=TINY)
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5)
    assert tree_state(material.node_tree) != before
    bpy.ops.patina.remove_from_material()
    assert tree_state(material.node_tree) == before
    assert (len(bpy.data.images), len(bpy.data.node_groups), len(bpy.data.actions)) == counts
    assert material.patina.model == ""


def linked_material() -> bpy.types.Material:
    """Base colour, roughness and normal come from the artist's own nodes."""
    material = new_material(set_stage())
    tree = material.node_tree
    principled = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    color, value, bump = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("RGB", "Value", "Bump"))
    color.outputs[0].default_value = (0.0, 0.0, 1.0, 1.0)
    value.outputs[0].default_value = 0.7
    tree.links.new(color.outputs[0], principled.inputs["Base Color"])
    tree.links.new(value.outputs[0], principled.inputs["Roughness"])
    tree.links.new(bump.outputs[0], principled.inputs["Normal"])
    return material


def test_what_was_linked_is_mixed_by_one_amount_and_restored(tmp_path: Path) -> None:
    material = linked_material()
    before = tree_state(material.node_tree)
    own = render_frame(tmp_path, 1)
    bpy.ops.patina.add_to_material(model=TINY)
    aged = render_frame(tmp_path, 1)
    # Metallic was not linked, so at amount 0 it alone may still differ.
    material.node_tree.nodes["Patina Amount"].outputs[0].default_value = 0.0
    principled = next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    material.node_tree.links.remove(principled.inputs["Metallic"].links[0])
    assert np.abs(aged - own).max() > 0.1
    assert np.abs(render_frame(tmp_path, 1) - own).max() < 1 / 255
    bpy.ops.patina.remove_from_material()
    assert tree_state(material.node_tree) == before


def test_other_keys_of_the_tree_stay_when_patina_goes() -> None:
    material = linked_material()
    own = next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeValue").outputs[0]
    own.keyframe_insert("default_value", frame=1)
    bpy.ops.patina.add_to_material(model=TINY)
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5)
    bpy.ops.patina.remove_from_material()
    curves = [curve for found in patina("scene.versions").fcurve_collections(material.node_tree) for curve in found]
    assert [curve.data_path for curve in curves] == ['nodes["Value"].outputs[0].default_value']


def test_an_object_without_a_material_gets_one() -> None:
    target = set_stage()
    bpy.ops.patina.add_to_material(model=TINY)
    assert target.active_material.patina.model == TINY


def refused(match: str, **arguments: str) -> None:
    with pytest.raises(RuntimeError, match=match):
        bpy.ops.patina.add_to_material(**arguments)


def test_a_material_without_principled_is_refused_and_unchanged() -> None:
    material = new_material(set_stage())
    material.node_tree.nodes.remove(material.node_tree.nodes["Principled BSDF"])
    before = tree_state(material.node_tree)
    refused("no Principled BSDF", model=TINY)
    assert tree_state(material.node_tree) == before
    assert not bpy.data.node_groups


def test_a_principled_behind_a_mix_shader_is_found() -> None:
    material = new_material(set_stage())
    tree = material.node_tree
    principled, output = tree.nodes["Principled BSDF"], tree.nodes["Material Output"]
    mix = tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(principled.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    assert bpy.ops.patina.add_to_material(model=TINY) == {"FINISHED"}
    assert principled.inputs["Base Color"].is_linked


def test_a_linked_material_is_refused_and_unchanged(tmp_path: Path) -> None:
    new_material(set_stage())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.materials = ["Steel"]
    target = set_stage()
    target.data.materials.append(bpy.data.materials["Steel"])
    before = tree_state(bpy.data.materials["Steel"].node_tree)
    refused("linked from another file", model=TINY)
    assert tree_state(bpy.data.materials["Steel"].node_tree) == before


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    material = new_material(set_stage())
    before = tree_state(material.node_tree)
    (tmp_path / "picture.safetensors").write_bytes(b"\x89PNG" * 100)
    refused("not a model file", model=str(tmp_path / "picture.safetensors"))
    refused("There is no model", model="no such model")
    assert tree_state(material.node_tree) == before


def test_without_an_active_object_nothing_can_be_added() -> None:
    with pytest.raises(RuntimeError, match=r"no active object|poll"):
        bpy.ops.patina.add_to_material(model=TINY)


def test_a_second_patina_is_refused() -> None:
    age_stage()
    refused("has Patina already", model=TINY)


@pytest.mark.parametrize("resolution", [65, 32, 8192, -64])
def test_a_resolution_the_model_cannot_give_is_refused_with_a_sentence(resolution: int) -> None:
    material = age_stage()
    material.patina.resolution = resolution
    assert material.patina.resolution == 64
    assert str(resolution) in material.patina.notice
    material.patina.resolution = 128
    assert (material.patina.resolution, material.patina.notice) == (128, "")


def test_removing_a_duplicates_keys_leaves_the_originals() -> None:
    material = age_stage()
    duplicate = material.copy()
    bpy.context.object.data.materials[0] = duplicate
    bpy.ops.patina.remove_from_material()
    assert duplicate.patina.model == ""
    assert patina("scene.materials").group_node(material) is not None
    frames = patina("scene.animation").ages_at(bpy.context.scene, material, [1, 10])
    assert frames == {1: 0.0, 10: 1.0}
    assert image_pixels(material).size


def test_keyframes_run_evenly_from_fresh_to_aged() -> None:
    material = age_stage()
    ages = patina("scene.animation").ages_at(bpy.context.scene, material, [0, 1, 4, 10, 11])
    assert ages == pytest.approx({0: 0.0, 1: 0.0, 4: 1 / 3, 10: 1.0, 11: 1.0})
    with pytest.raises(RuntimeError, match="does not come after"):
        bpy.ops.patina.keyframe_age(frame_start=5, frame_end=5)


def test_a_driven_age_is_read_at_each_frame_and_the_scene_stays_where_it_was() -> None:
    material = new_material(set_stage())
    bpy.ops.patina.add_to_material(model=TINY)
    driver = patina("scene.materials").group_node(material).inputs["Age"].driver_add("default_value").driver
    driver.expression = "frame / 10"
    scene = bpy.context.scene
    scene.frame_set(3)
    ages = patina("scene.animation").ages_at(scene, material, [2, 7, 20])
    assert ages == pytest.approx({2: 0.2, 7: 0.7, 20: 1.0})
    assert scene.frame_current == 3
