"""One material in many ways: another piece, backwards, at its own speed, on objects without UVs, on many at once."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector
from stage import (
    TINY,
    age_stage,
    image_pixels,
    new_material,
    patina,
    psnr,
    render_frame,
    set_stage,
    tree_state,
    use_cycles,
)


def group(material: bpy.types.Material) -> bpy.types.NodeTree:
    return patina("scene.materials").group_node(material).node_tree


def shown(material: bpy.types.Material, *frames: int) -> list[float]:
    ages = patina("scene.animation").ages_at(bpy.context.scene, material, frames)
    return [ages[frame] for frame in frames]


def bend(material: bpy.types.Material, x: float, y: float) -> None:
    """Let the speed curve pass through one more point."""
    if patina("scene.variation").speed_node(group(material)) is None:
        bpy.ops.patina.edit_speed()
    mapping = patina("scene.variation").speed_node(group(material)).mapping
    mapping.curves[0].points.new(x, y)
    mapping.update()
    material.node_tree.update_tag()


def bake_atlas() -> None:
    assert bpy.ops.patina.bake_atlas(ages=5) == {"FINISHED"}


def test_the_next_seed_is_another_piece(tmp_path: Path) -> None:
    material = age_stage()
    first = render_frame(tmp_path, 5)
    assert bpy.ops.patina.next_seed() == {"FINISHED"}
    assert material.patina.seed == 1
    assert np.abs(render_frame(tmp_path, 5) - first).mean() > 1 / 255
    material.patina.seed = 2**31 - 1
    bpy.ops.patina.next_seed()
    assert material.patina.seed == 0
    assert psnr(render_frame(tmp_path, 5), first) > 60


def test_live_and_atlas_age_backwards_alike(tmp_path: Path) -> None:
    material = age_stage()
    fresh, aged = render_frame(tmp_path, 1), render_frame(tmp_path, 10)
    material.patina.reverse = True
    assert material.patina.reverse
    assert psnr(render_frame(tmp_path, 1), aged) > 60
    assert psnr(render_frame(tmp_path, 10), fresh) > 60
    assert shown(material, 1, 10) == [1.0, 0.0]
    bake_atlas()
    assert psnr(render_frame(tmp_path, 1), aged) > 38
    assert psnr(render_frame(tmp_path, 10), fresh) > 38
    material.patina.reverse = False
    assert psnr(render_frame(tmp_path, 1), fresh) > 38
    assert psnr(fresh, aged) < 30


def test_an_atlas_that_was_there_before_turns_round_too(tmp_path: Path) -> None:
    material = age_stage()
    bake_atlas()
    fresh, aged = render_frame(tmp_path, 1), render_frame(tmp_path, 10)
    material.patina.reverse = True
    assert psnr(render_frame(tmp_path, 1), aged) > 60
    assert psnr(render_frame(tmp_path, 10), fresh) > 60


def test_a_straight_curve_changes_nothing(tmp_path: Path) -> None:
    material = age_stage()
    before = render_frame(tmp_path, 4)
    bpy.ops.patina.edit_speed()
    assert psnr(render_frame(tmp_path, 4), before) > 60
    assert shown(material, 1, 4, 10) == pytest.approx([0, 1 / 3, 1], abs=1e-5)


def test_a_bent_curve_bends_live_atlas_and_bakes_alike(tmp_path: Path) -> None:
    material = age_stage()
    bend(material, 0.5, 0.1)
    (age,) = shown(material, 5)
    assert 0.02 < age < 0.2
    live = render_frame(tmp_path, 5)
    bpy.ops.patina.bake_sequence(directory=str(tmp_path / "baked"), frame_start=5, frame_end=5)
    bake_atlas()
    assert psnr(render_frame(tmp_path, 5), live) > 38
    material.patina.playback = "LIVE"
    baked = patina("scene.icons").load_picture(next((tmp_path / "baked").glob("*base_color_0005.png")))
    render_frame(tmp_path, 5)
    linear = image_pixels(material)[..., :3]
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    assert np.abs(encoded - baked[..., :3]).max() < 2 / 255
    plain = patina("scene.node_group").group_images(group(material))["base_color"]
    assert plain.size[0] == 64
    # The plain course at the age that was shown looks the same; at the keyed age it does not.
    speed = patina("scene.variation").speed_node(group(material))
    speed.mapping.curves[0].points.remove(speed.mapping.curves[0].points[1])
    speed.mapping.update()
    for path in patina("scene.versions").fcurve_collections(material.node_tree):
        path.clear()
    material.patina.age = age
    assert psnr(render_frame(tmp_path, 5), live) > 50
    material.patina.age = 4 / 9
    assert psnr(render_frame(tmp_path, 5), live) < 40


def test_each_point_of_an_atlas_turns_round_at_its_own_age(tmp_path: Path) -> None:
    """Age runs over the plane: at its middle, half aged, nothing changes; at its ends everything does."""
    material = age_stage()
    bake_atlas()
    node = patina("scene.materials").group_node(material)
    tree = material.node_tree
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(node.inputs["Vector"].links[0].from_socket, split.inputs[0])
    tree.links.new(split.outputs["X"], node.inputs["Age"])
    before = render_frame(tmp_path, 1)
    material.patina.reverse = True
    backwards = render_frame(tmp_path, 1)
    assert np.abs(before - backwards)[:, :20].mean() > 2 / 255
    assert np.abs(before - backwards)[:, 38:42].mean() < np.abs(before - backwards)[:, :20].mean() / 2


def test_the_course_survives_saving_and_duplicates_have_their_own(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.reverse = True
    bend(material, 0.5, 0.2)
    before = shown(material, 3, 7)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    material = bpy.data.materials["Steel"]
    assert shown(material, 3, 7) == pytest.approx(before)
    copy = material.copy()
    patina("scene.materials").separate_duplicates()
    copy.patina.reverse = False
    assert material.patina.reverse
    assert shown(copy, 3) != pytest.approx(shown(material, 3))


def test_undo_takes_reverse_and_curve_back() -> None:
    material = age_stage()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.patina.edit_speed()
    material.patina.reverse = True
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    material = bpy.data.materials["Steel"]
    assert not material.patina.reverse
    assert patina("scene.variation").speed_node(group(material)) is None
    bpy.ops.ed.redo()
    assert bpy.data.materials["Steel"].patina.reverse


def without_uvs(target: bpy.types.Object) -> bpy.types.Object:
    while target.data.uv_layers:
        target.data.uv_layers.remove(target.data.uv_layers[0])
    return target


def test_an_object_without_uvs_is_mapped_by_its_faces_and_that_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    material = new_material(without_uvs(set_stage()))
    assert bpy.ops.patina.add_to_material(model=TINY) == {"FINISHED"}
    assert material.patina.mapping == "BOX"
    assert "has no UV map: box mapping is used instead" in capfd.readouterr().out


@pytest.mark.parametrize("engine", ["eevee", "cycles"])
def test_box_mapping_of_a_plane_is_its_uv_map_where_both_agree(tmp_path: Path, engine: str) -> None:
    """A plane of two units from -1 to 1, with a UV map made to be its own axes: the same texture, the same normals."""
    material = age_stage()
    target = bpy.context.object
    for loop in target.data.loops:
        place = target.data.vertices[loop.vertex_index].co
        target.data.uv_layers[0].data[loop.index].uv = place.x, place.y
    if engine == "cycles":
        use_cycles()
    mapped = render_frame(tmp_path, 8)
    material.patina.mapping = "BOX"
    boxed = render_frame(tmp_path, 8)
    assert psnr(mapped, boxed) > 40
    assert mapped.std() > 0.01


def test_each_face_of_a_cube_shows_the_texture_unstretched(tmp_path: Path) -> None:
    """The same map as six cameras see it, one before each face: none is smeared, though there is no UV map."""
    set_stage()
    bpy.data.objects.remove(bpy.context.object)
    bpy.ops.mesh.primitive_cube_add(size=2)
    cube = without_uvs(bpy.context.object)
    cube.scale = 1.0, 1.0, 1.0
    material = new_material(cube)
    material.patina.resolution = 64
    bpy.ops.patina.add_to_material(model=TINY)
    show_color_alone(material)
    camera = bpy.context.scene.camera
    camera.data.type, camera.data.ortho_scale = "ORTHO", 1.6
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 64
    for normal in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)):
        camera.location = Vector(normal) * 3
        camera.rotation_euler = Vector(normal).to_track_quat("Z", "Y").to_euler()
        seen = render_frame(tmp_path, 8)[..., 0]
        across, up = (float(np.abs(np.diff(seen, axis=axis)).mean()) for axis in (0, 1))
        assert min(across, up) > 0.6 * max(across, up) > 0.001


def show_color_alone(material: bpy.types.Material) -> None:
    """Let the base colour shine, so that no light plays a part."""
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    node = patina("scene.materials").group_node(material)
    tree.links.new(node.outputs["Base Color"], emission.inputs["Color"])
    output = tree.get_output_node("ALL")
    tree.links.new(emission.outputs[0], output.inputs["Surface"])


def test_box_mapping_turns_with_the_object(tmp_path: Path) -> None:
    material = new_material(without_uvs(set_stage()))
    material.patina.resolution = 64
    bpy.ops.patina.add_to_material(model=TINY)
    show_color_alone(material)
    camera = bpy.context.scene.camera
    before = render_frame(tmp_path, 8)
    turn = Matrix.Rotation(0.7, 4, "X") @ Matrix.Translation((0.3, 1.2, -0.4))
    bpy.context.object.matrix_world = turn @ bpy.context.object.matrix_world
    camera.matrix_world = turn @ camera.matrix_world
    assert psnr(render_frame(tmp_path, 8), before) > 40


def test_a_chosen_mapping_keeps_what_the_artist_put_between(tmp_path: Path) -> None:
    material = age_stage()
    tree = material.node_tree
    node = patina("scene.materials").group_node(material)
    between = tree.nodes.new("ShaderNodeMapping")
    tree.links.new(node.inputs["Vector"].links[0].from_socket, between.inputs["Vector"])
    tree.links.new(between.outputs[0], node.inputs["Vector"])
    for mapping in ("BOX", "GENERATED", "UV"):
        material.patina.mapping = mapping
        assert material.patina.mapping == mapping
        assert node.inputs["Vector"].links[0].from_node == between
        assert between.inputs["Vector"].is_linked
    own = tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(own.outputs["Camera"], node.inputs["Vector"])
    tree.nodes.remove(between)
    assert material.patina.mapping == "CUSTOM"
    material.patina.mapping = "UV"
    assert material.patina.mapping == "UV"
    material.patina.mapping = "CUSTOM"
    assert "Nothing is linked to the socket Vector by hand" in material.patina.notice


def test_removing_patina_takes_box_mapping_along() -> None:
    material = new_material(without_uvs(set_stage()))
    before = tree_state(material.node_tree)
    bpy.ops.patina.add_to_material(model=TINY)
    bpy.ops.patina.remove_from_material()
    assert tree_state(material.node_tree) == before
    assert not bpy.data.node_groups


def three_planes() -> list[bpy.types.Object]:
    """The active one without a material, one that shares its material with the third; all selected."""
    first = set_stage()
    bpy.ops.mesh.primitive_plane_add(size=1)
    second = bpy.context.object
    new_material(second)
    bpy.ops.mesh.primitive_plane_add(size=1)
    third = bpy.context.object
    third.data.materials.append(second.active_material)
    for target in (first, second, third):
        target.select_set(True)
    bpy.context.view_layer.objects.active = first
    return [first, second, third]


def test_many_objects_age_at_once_and_a_shared_material_gets_one_group() -> None:
    first, second, third = three_planes()
    bare = bpy.data.objects.new("bare", bpy.data.meshes.new("bare"))
    bpy.context.scene.collection.objects.link(bare)
    bare.select_set(True)
    light = bpy.data.objects["sun"]
    light.select_set(True)
    assert bpy.ops.patina.add_to_material(model=TINY, selected=True) == {"FINISHED"}
    node = patina("scene.materials").group_node
    assert second.active_material == third.active_material
    assert first.active_material == bare.active_material != second.active_material
    assert node(first.active_material) is not None and node(second.active_material) is not None
    assert len(list(patina("scene.materials").ageing_materials())) == 2
    assert len([tree for tree in bpy.data.node_groups if "patina_material" in tree]) == 2


def test_only_the_active_object_ages_unless_all_are_asked_for() -> None:
    first, second, _ = three_planes()
    bpy.ops.patina.add_to_material(model=TINY)
    assert first.active_material is not None
    assert second.active_material.patina.model == ""


def test_of_many_objects_those_that_age_already_are_left_as_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    first, second, _ = three_planes()
    bpy.context.view_layer.objects.active = second
    bpy.ops.patina.add_to_material(model=TINY)
    second.active_material.patina.seed = 7
    assert bpy.ops.patina.add_to_material(model=TINY, selected=True) == {"FINISHED"}
    assert second.active_material.patina.seed == 7
    assert first.active_material.patina.model == TINY
    with pytest.raises(RuntimeError, match="has Patina already"):
        bpy.ops.patina.add_to_material(model=TINY, selected=True)
