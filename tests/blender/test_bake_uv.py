"""Maps in an object's own UV layout: the Age of every point is in them, and the artist's scene is as it was."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, image_pixels, load_picture, new_material, patina, set_stage

SIZE = 64
KINDS = ("scenes", "objects", "meshes", "materials", "node_groups", "images", "actions")


@pytest.fixture
def material() -> bpy.types.Material:
    """A plane whose Age is painted from 0 to 1 along x, at frame 10."""
    material = age_stage()
    bpy.ops.patina.bake_atlas(ages=9, bits="16")
    bpy.ops.patina.age_source(kind="PAINT")
    mesh = bpy.context.object.data
    for loop, color in zip(mesh.loops, mesh.color_attributes["Patina Paint"].data, strict=True):
        share = (mesh.vertices[loop.vertex_index].co.x + 1) / 2
        color.color = (share, share, share, 1.0)
    bpy.context.scene.frame_set(10)
    return material


def state() -> dict[str, object]:
    scene = bpy.context.scene
    counts = {name: len(getattr(bpy.data, name)) for name in KINDS}
    settings = scene.render.engine, scene.cycles.samples, scene.render.image_settings.file_format, scene.frame_current
    return {**counts, "settings": settings, "scene": scene.name, "active": bpy.context.object.name}


def test_painted_age_is_baked_where_it_was_painted(material: bpy.types.Material, tmp_path: Path) -> None:
    before = state()
    maps = {"BASE_COLOR", "METALLIC", "NORMAL", "HEIGHT", "CHANGE", "AGE"}
    assert bpy.ops.patina.bake_uv(directory=str(tmp_path), size=SIZE, maps=maps) == {"FINISHED"}
    assert state() == before
    names = {path.stem.split("_", 1)[1] for path in tmp_path.iterdir()}
    assert names == {"base_color", "metallic", "normal", "height", "change", "age"}
    age = load_picture(tmp_path / "Plane_age.png")[..., 0]
    expected = np.tile((np.arange(SIZE) + 0.5) / SIZE, (SIZE, 1))
    assert np.abs(age - expected).max() < 0.02
    change = load_picture(tmp_path / "Plane_change.png")[..., 0]
    assert change[:, :4].max() < 0.05
    assert change[:, -16:].mean() > 0.5
    normal = load_picture(tmp_path / "Plane_normal.png") * 2 - 1
    assert np.median(normal[..., 2]) > 0.7


def test_what_is_baked_is_what_live_shows_at_that_age(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.scale = 64 / 256  # the texture once over the UV square
    bpy.context.scene.frame_set(6)
    bpy.ops.patina.bake_uv(directory=str(tmp_path), size=512, maps={"BASE_COLOR"}, file_format="EXR")
    live = image_pixels(material)[..., :3]
    fine = load_picture(tmp_path / "Plane_base_color.exr")  # eight pixels a texel: those in its middle
    baked = np.mean([fine[y::8, x::8] for y in (3, 4) for x in (3, 4)], axis=0)
    # This model's texels are noise: what a pixel sees besides its texel's middle tells.
    assert np.abs(baked - live).mean() < 0.025
    assert np.corrcoef(baked.ravel(), live.ravel())[0, 1] > 0.98
    assert abs(np.corrcoef(baked[::-1].ravel(), live.ravel())[0, 1]) < 0.5


@pytest.fixture
def two_tiles() -> bpy.types.Material:
    """Two squares side by side, on the tiles 1001 and 1012, whose Age is painted from 0 to 0.5 and from 0.5 to 1."""
    material = age_stage()
    bpy.ops.patina.bake_atlas(ages=9, bits="16")
    thing = bpy.context.object
    mesh = bpy.data.meshes.new("Tiles")
    corners = [(x, y, 0) for y in (-1, 1) for x in (-1, 0, 1)]
    mesh.from_pydata(corners, [], [(0, 1, 4, 3), (1, 2, 5, 4)])
    layer = mesh.uv_layers.new(name="UVMap")
    for square, (u, v) in enumerate(((0, 0), (1, 1))):
        for loop, (x, y) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1))):
            layer.uv[4 * square + loop].vector = (u + x, v + y)
    mesh.materials.append(material)
    thing.data = mesh
    bpy.ops.patina.age_source(kind="PAINT")
    for loop, color in zip(mesh.loops, mesh.color_attributes["Patina Paint"].data, strict=True):
        share = (mesh.vertices[loop.vertex_index].co.x + 1) / 2
        color.color = (share, share, share, 1.0)
    bpy.context.scene.frame_set(10)
    return material


def test_each_udim_tile_gets_its_own_picture(two_tiles: bpy.types.Material, tmp_path: Path) -> None:
    before = state()
    maps = {"BASE_COLOR", "NORMAL", "AGE"}
    assert bpy.ops.patina.bake_uv(directory=str(tmp_path), size=SIZE, maps=maps, margin=0) == {"FINISHED"}
    assert state() == before
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"Plane_{name}.{tile}.png" for name in ("base_color", "normal", "age") for tile in (1001, 1012)}
    for tile, start in ((1001, 0.0), (1012, 0.5)):
        age = load_picture(tmp_path / f"Plane_age.{tile}.png")[..., 0]
        expected = np.tile(start + 0.5 * (np.arange(SIZE) + 0.5) / SIZE, (SIZE, 1))
        assert np.abs(age - expected).max() < 0.01


def test_a_tile_shows_the_part_of_the_texture_that_lies_on_it(two_tiles: bpy.types.Material, tmp_path: Path) -> None:
    two_tiles.patina.playback = "LIVE"
    two_tiles.patina.scale = 64 / 256 / 2  # the texture once over two by two tiles
    bpy.ops.patina.bake_uv(directory=str(tmp_path), size=512, maps={"BASE_COLOR"}, file_format="EXR")
    live = image_pixels(two_tiles)[..., :3]
    for tile, part in ((1001, live[:32, :32]), (1012, live[32:, 32:])):
        fine = load_picture(tmp_path / f"Plane_base_color.{tile}.exr")  # sixteen pixels a texel
        baked = np.mean([fine[y::16, x::16] for y in (7, 8) for x in (7, 8)], axis=0)
        assert np.corrcoef(baked.ravel(), part.ravel())[0, 1] > 0.98
        assert abs(np.corrcoef(baked[::-1].ravel(), part.ravel())[0, 1]) < 0.5


def test_between_two_pictures_nothing_is_in_the_file_and_what_is_there_is_whole(
    two_tiles: bpy.types.Material, tmp_path: Path
) -> None:
    before = state()
    uv_bake = patina("scene.age.uv_bake")
    settings = uv_bake.UvBake(("roughness", "age"), SIZE)
    thing, scene = bpy.context.object, bpy.context.scene
    job = uv_bake.plan_uv(thing, str(tmp_path), settings, scene)
    assert job.step()
    assert state() == before
    assert [path.name for path in tmp_path.iterdir()] == ["Plane_roughness.1001.png"]
    whole = (tmp_path / "Plane_roughness.1001.png").read_bytes()
    assert load_picture(tmp_path / "Plane_roughness.1001.png").shape == (SIZE, SIZE, 3)
    assert "1 of 4" in job.describe() and "left" in job.describe()
    scene.frame_set(5)
    with pytest.raises(uv_bake.BakeError, match="frame was changed"):
        job.step()
    scene.frame_set(10)
    assert state() == before
    (tmp_path / "Plane_roughness.1001.png").write_bytes(b"mine")
    assert bpy.ops.patina.bake_uv(directory=str(tmp_path), size=SIZE, maps={"ROUGHNESS", "AGE"}, overwrite=False) == {
        "FINISHED"
    }
    assert len(list(tmp_path.iterdir())) == 4
    assert (tmp_path / "Plane_roughness.1001.png").read_bytes() == b"mine"
    bpy.ops.patina.bake_uv(directory=str(tmp_path), size=SIZE, maps={"ROUGHNESS"})
    assert (tmp_path / "Plane_roughness.1001.png").read_bytes() == whole


def test_a_bake_finds_its_object_again_after_an_undo_and_misses_a_deleted_one(
    two_tiles: bpy.types.Material, tmp_path: Path
) -> None:
    bpy.ops.ed.undo_push(message="before")
    uv_bake = patina("scene.age.uv_bake")
    thing = bpy.context.object
    name = thing.name
    job = uv_bake.plan_uv(thing, str(tmp_path), uv_bake.UvBake(("age",), SIZE), bpy.context.scene)
    thing.name = "Renamed"
    bpy.ops.ed.undo_push(message="renamed")
    bpy.ops.ed.undo()
    assert job.step() and job.written == 1
    bpy.data.objects.remove(bpy.data.objects[name])
    with pytest.raises(uv_bake.BakeError, match="is gone"):
        job.step()


def test_an_error_leaves_no_half_file_and_the_scene_as_it_was(
    material: bpy.types.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state()

    def full(*arguments: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(patina("scene.age.uv_bake"), "png", full)
    with pytest.raises(RuntimeError, match="No space left"):
        bpy.ops.patina.bake_uv(directory=str(tmp_path), size=SIZE, maps={"BASE_COLOR"})
    assert state() == before
    assert not list(tmp_path.iterdir())


def test_directx_turns_green(material: bpy.types.Material, tmp_path: Path) -> None:
    greens = {}
    for normals in ("OPENGL", "DIRECTX"):
        bpy.ops.patina.bake_uv(directory=str(tmp_path / normals), size=SIZE, maps={"NORMAL"}, normals=normals)
        greens[normals] = load_picture(tmp_path / normals / "Plane_normal.png")[..., 1]
    assert np.abs(greens["OPENGL"] + greens["DIRECTX"] - 1).max() < 0.02
    assert greens["OPENGL"].std() > 0.01


def test_what_cannot_be_baked_is_one_sentence(tmp_path: Path) -> None:
    target = set_stage()
    new_material(target)
    with pytest.raises(RuntimeError, match="add Patina to one"):
        bpy.ops.patina.bake_uv(directory=str(tmp_path))
    target.data.uv_layers.remove(target.data.uv_layers[0])
    with pytest.raises(RuntimeError, match="no UV map"):
        bpy.ops.patina.bake_uv(directory=str(tmp_path))
    with pytest.raises(RuntimeError, match="no mesh"):
        bpy.ops.object.text_add()
        bpy.ops.patina.bake_uv(directory=str(tmp_path))


def test_without_the_maps_of_this_frame_nothing_is_written(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.model_hash = "0" * 64
    with pytest.raises(RuntimeError, match="cannot be had"):
        bpy.ops.patina.bake_uv(directory=str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert len(bpy.data.scenes) == 1
