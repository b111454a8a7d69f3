"""Sources of Age: which places age first, in both render engines; Age stays one keyed number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from conftest import PACKAGE
from stage import HEIGHT, WIDTH, age_stage, patina, render_frame, tree_state, use_cycles, use_eevee
from test_panels import Layout

ENGINES = {"eevee": use_eevee, "cycles": use_cycles}


def group_node(material: bpy.types.Material) -> bpy.types.Node:
    return patina("scene.materials").group_node(material)


def sources(material: bpy.types.Material) -> list[bpy.types.Node]:
    return patina("scene.age.sources").material_sources(material)


def show_age(material: bpy.types.Material) -> None:
    """Let the material emit the Age that reaches its group, at each point."""
    tree = material.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(group_node(material).inputs["Age"].links[0].from_socket, emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])


def wear(material: bpy.types.Material, make: str, **arguments: float) -> bpy.types.Object:
    """Put another mesh before the camera, in the place of the plane."""
    bpy.data.objects.remove(bpy.context.object)
    getattr(bpy.ops.mesh, f"primitive_{make}_add")(**arguments)
    thing = bpy.context.object
    thing.data.materials.append(material)
    return thing


def curves(material: bpy.types.Material) -> list[tuple[str, list[tuple[float, float]]]]:
    return [
        (curve.data_path, [tuple(key.co) for key in curve.keyframe_points])
        for curve in patina("scene.versions").animated_curves(material.node_tree)
    ]


@pytest.fixture
def material() -> bpy.types.Material:
    return age_stage()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_edges_of_a_bevelled_cube_are_older_than_its_faces(
    engine: str, material: bpy.types.Material, tmp_path: Path
) -> None:
    thing = wear(material, "cube", size=0.9)
    thing.rotation_euler = (0.3, 0.2, 0.5)
    bevel = thing.modifiers.new("Bevel", "BEVEL")
    bevel.width, bevel.segments = 0.06, 3
    bpy.ops.object.modifier_apply(modifier="Bevel")
    assert bpy.ops.patina.age_source(kind="EDGES") == {"FINISHED"}
    show_age(material)
    ENGINES[engine]()
    age = render_frame(tmp_path, 7)[..., 0]  # keyed: 6/9
    lit = age[age > 0.02]
    flat = np.median(lit)
    edges = np.quantile(lit, 0.98)
    assert edges > flat + 0.25
    assert edges <= 6 / 9 + 1e-3
    assert (lit > (edges + flat) / 2).mean() < 0.35  # a rim, not a flood


@pytest.mark.parametrize("engine", ENGINES)
def test_a_gradient_of_paint_is_a_gradient_of_age(engine: str, material: bpy.types.Material, tmp_path: Path) -> None:
    bpy.ops.patina.age_source(kind="PAINT")
    mesh = bpy.context.object.data
    assert mesh.color_attributes.active_color.name == "Patina Paint"
    show_age(material)
    ENGINES[engine]()
    assert render_frame(tmp_path, 7).max() < 1e-4  # nothing painted: fresh
    for loop, color in zip(mesh.loops, mesh.color_attributes["Patina Paint"].data, strict=True):
        share = (mesh.vertices[loop.vertex_index].co.x + 1) / 2
        color.color = (share, share, share, 1.0)
    mesh.update()
    age = render_frame(tmp_path, 7)[HEIGHT // 2, :, 0]
    assert (np.diff(age) > -1e-3).all()
    assert age[WIDTH // 2] == pytest.approx(0.5 * 6 / 9, abs=0.02)
    assert age[-1] - age[0] > 0.25


def test_what_faces_up_is_older_than_what_faces_down(material: bpy.types.Material, tmp_path: Path) -> None:
    thing = wear(material, "uv_sphere", radius=0.7, segments=48, ring_count=24)
    bpy.ops.object.shade_smooth()
    thing.rotation_euler = (0.0, 0.0, 0.0)
    camera = bpy.context.scene.camera
    camera.location, camera.rotation_euler = (0, -3, 0), (np.pi / 2, 0, 0)
    bpy.ops.patina.age_source(kind="UP")
    show_age(material)
    for use in ENGINES.values():
        use()
        age = render_frame(tmp_path, 7)[:, WIDTH // 2, 0]
        top, bottom = age[int(HEIGHT * 0.75)], age[int(HEIGHT * 0.25)]
        assert top > bottom + 0.15


def test_the_foot_is_older_than_the_head_and_break_up_is_uneven(material: bpy.types.Material, tmp_path: Path) -> None:
    wear(material, "cube", size=1.0)
    camera = bpy.context.scene.camera
    camera.location, camera.rotation_euler = (0, -3, 0), (np.pi / 2, 0, 0)
    bpy.ops.patina.age_source(kind="GROUND")
    ground = sources(material)[0].name
    show_age(material)
    for use in ENGINES.values():
        use()
        age = render_frame(tmp_path, 7)[:, WIDTH // 2, 0]
        assert age[HEIGHT // 2 - 8] > age[HEIGHT // 2 + 8] + 0.1
    bpy.ops.patina.age_source_remove(name=ground)
    bpy.ops.patina.age_source(kind="NOISE")
    show_age(material)
    use_eevee()
    age = render_frame(tmp_path, 7)[..., 0]
    assert age[age > 0.02].std() > 0.02


def test_cavities_are_found_where_edges_are_not(material: bpy.types.Material) -> None:
    """A cube pressed into a plate: its rim is an edge, its floor's border a cavity."""
    thing = wear(material, "grid", size=2.0, x_subdivisions=20, y_subdivisions=20)
    mesh = thing.data
    for vertex in mesh.vertices:
        if abs(vertex.co.x) < 0.45 and abs(vertex.co.y) < 0.45:
            vertex.co.z = -0.3
    mesh.update()
    for kind in ("CAVITIES", "EDGES"):
        bpy.ops.patina.age_source(kind=kind)

    def mean(name: str, low: bool) -> float:
        values = [
            color.color[0]
            for loop, color in zip(mesh.loops, mesh.color_attributes[name].data, strict=True)
            if (mesh.vertices[loop.vertex_index].co.z < -0.2) == low
            and 0.35
            < max(abs(mesh.vertices[loop.vertex_index].co.x), abs(mesh.vertices[loop.vertex_index].co.y))
            < 0.55
        ]
        return float(np.mean(values))

    mesh.color_attributes["Patina Edges"].data.foreach_set("color", [0.0] * 4 * len(mesh.loops))
    bpy.ops.patina.age_source(kind="EDGES")  # measured again, not added again
    assert len(sources(material)) == 2
    assert mean("Patina Cavities", low=True) > 3 * mean("Patina Cavities", low=False)
    assert mean("Patina Edges", low=False) > 3 * mean("Patina Edges", low=True)


def test_keys_stay_and_drive_the_first_source_and_come_back(material: bpy.types.Material) -> None:
    before = curves(material)
    whole = tree_state(material.node_tree)
    assert [keys for _, keys in before] == [[(1.0, 0.0), (10.0, 1.0)]]
    for kind in ("EDGES", "NOISE"):
        bpy.ops.patina.age_source(kind=kind)
    first, second = sources(material)
    assert [keys for _, keys in curves(material)] == [keys for _, keys in before]
    assert curves(material)[0][0] == first.inputs["Age"].path_from_id("default_value")
    bpy.context.scene.frame_set(4)
    assert material.patina.age == pytest.approx(1 / 3)
    ages = patina("scene.animation").ages_at(bpy.context.scene, material, [1, 10])
    assert ages == {1: 0.0, 10: 1.0}
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=5)
    assert patina("scene.animation").ages_at(bpy.context.scene, material, [5]) == {5: 1.0}
    bpy.ops.patina.keyframe_age(frame_start=1, frame_end=10)
    bpy.context.scene.frame_set(1)
    bpy.ops.patina.age_source_remove(name=first.name)
    assert curves(material)[0][0] == sources(material)[0].inputs["Age"].path_from_id("default_value")
    bpy.ops.patina.age_source_remove(name=second.name)
    assert curves(material) == before
    assert tree_state(material.node_tree) == whole


def test_a_driver_and_a_link_of_the_artists_own_stay_too(material: bpy.types.Material) -> None:
    tree = material.node_tree
    tree.animation_data_clear()
    group_node(material).inputs["Age"].driver_add("default_value").driver.expression = "frame / 10"
    bpy.ops.patina.age_source(kind="UP")
    assert patina("scene.animation").ages_at(bpy.context.scene, material, [2, 7]) == pytest.approx({2: 0.2, 7: 0.7})
    bpy.ops.patina.age_source_remove(name=sources(material)[0].name)
    assert patina("scene.animation").ages_at(bpy.context.scene, material, [2, 7]) == pytest.approx({2: 0.2, 7: 0.7})
    own = tree.nodes.new("ShaderNodeValue")
    tree.links.new(own.outputs[0], group_node(material).inputs["Age"])
    bpy.ops.patina.age_source(kind="NOISE")
    assert sources(material)[0].inputs["Age"].links[0].from_node == own
    bpy.ops.patina.age_source_remove(name=sources(material)[0].name)
    assert group_node(material).inputs["Age"].links[0].from_node == own


def test_live_shows_the_keyed_age_and_an_atlas_is_played_as_soon_as_there_is_one(
    material: bpy.types.Material, tmp_path: Path
) -> None:
    plain = render_frame(tmp_path, 7)
    bpy.ops.patina.age_source(kind="PAINT")
    assert np.abs(render_frame(tmp_path, 7) - plain).max() < 1 / 255
    assert "bake an atlas" in patina("scene.age.words").advice(material)
    bpy.ops.patina.bake_atlas(ages=5)
    assert patina("scene.age.words").advice(material) == ""
    fresh = render_frame(tmp_path, 1)
    assert np.abs(render_frame(tmp_path, 7) - fresh).max() < 2 / 255  # nothing is painted
    material.patina.playback = "LIVE"
    bpy.ops.patina.age_source(kind="NOISE")
    assert material.patina.playback == "ATLAS"


@pytest.fixture
def enabled_again() -> Iterator[None]:
    yield
    bpy.ops.preferences.addon_enable(module=PACKAGE)


def test_saved_and_opened_without_the_extension_it_ages_the_same(
    material: bpy.types.Material, tmp_path: Path, enabled_again: None
) -> None:
    bpy.ops.patina.bake_atlas(ages=5)
    bpy.ops.patina.age_source(kind="PAINT")
    mesh = bpy.context.object.data
    for loop, color in zip(mesh.loops, mesh.color_attributes["Patina Paint"].data, strict=True):
        share = (mesh.vertices[loop.vertex_index].co.x + 1) / 2
        color.color = (share, share, share, 1.0)
    before = render_frame(tmp_path, 8)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.preferences.addon_disable(module=PACKAGE)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert np.abs(render_frame(tmp_path, 8) - before).max() < 1 / 255
    assert np.abs(render_frame(tmp_path, 3) - before).max() > 5 / 255


def test_removing_patina_takes_sources_and_their_keys_with_it(material: bpy.types.Material) -> None:
    for kind in ("EDGES", "UP"):
        bpy.ops.patina.age_source(kind=kind)
    bpy.ops.patina.remove_from_material()
    names = {node.bl_idname for node in material.node_tree.nodes}
    assert names == {"ShaderNodeBsdfPrincipled", "ShaderNodeOutputMaterial"}
    assert material.node_tree.animation_data is None
    assert not [group for group in bpy.data.node_groups if group.name.startswith("Patina")]


def test_what_cannot_be_is_one_sentence(material: bpy.types.Material) -> None:
    with pytest.raises(RuntimeError, match="has no source"):
        bpy.ops.patina.age_source_remove(name="none")
    bpy.ops.object.text_add()
    bpy.context.object.data.materials.append(material)
    with pytest.raises(RuntimeError, match="is no mesh"):
        bpy.ops.patina.age_source(kind="PAINT")
    assert not sources(material)


def test_adding_and_removing_are_undone(material: bpy.types.Material) -> None:
    """Looked up by name after each step: a reference does not outlive an undo."""

    def state() -> tuple[int, str]:
        found = bpy.data.materials["Steel"]
        return len(sources(found)), curves(found)[0][0]

    plain = state()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.patina.age_source(kind="EDGES")
    bpy.ops.ed.undo_push(message="add")
    added = state()
    assert added[0] == 1 and added[1] != plain[1]
    bpy.ops.patina.age_source_remove(name=sources(bpy.data.materials["Steel"])[0].name)
    bpy.ops.ed.undo_push(message="remove")
    assert state() == plain
    bpy.ops.ed.undo()
    assert state() == added
    bpy.ops.ed.undo()
    assert state() == plain
    bpy.ops.ed.redo()
    assert state() == added


class SourcesLayout(Layout):
    """The layout of the sources' panel, which has a menu too."""

    def operator_menu_enum(self, name: str, _: str, **__: object) -> None:
        self.operators.append(name)


def draw() -> SourcesLayout:
    layout = SourcesLayout()
    patina("panels.age_sources").AgeSourcesMaterialPanel.draw(SimpleNamespace(layout=layout), bpy.context)
    return layout


def test_the_panel_shows_each_source_and_offers_an_atlas_where_there_is_none(material: bpy.types.Material) -> None:
    assert draw().operators == ["patina.age_source"]
    bpy.ops.patina.age_source(kind="UP")
    layout = draw()
    assert [name for owner, name in layout.properties] == ["default_value"] * 3
    assert "bake an atlas" in layout.text and "Facing Up" in layout.text
    assert "patina.bake_atlas" in layout.operators
    bpy.ops.patina.bake_atlas(ages=3)
    assert "bake an atlas" not in draw().text
    assert "patina.age_source_remove" in draw().operators
