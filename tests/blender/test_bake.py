"""Baked sequences: names, exact pixels, resuming, chunks, several materials, and what is refused."""

import json
import re
import stat
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, image_pixels, load_picture, patina, render_frame

MAPS = ("base_color", "metallic", "roughness", "normal", "height")


def bake(folder: Path, start: int = 1, end: int = 3, **arguments: object) -> set[str]:
    return bpy.ops.patina.bake_sequence(directory=str(folder), frame_start=start, frame_end=end, **arguments)


def sidecar(folder: Path, stem: str = "Steel") -> dict:
    return json.loads((folder / f"{stem}_bake.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def engine_maps(material: bpy.types.Material, age: float) -> dict[str, np.ndarray]:
    """The engine's own maps, rows from the bottom as Blender reads pictures."""
    engine = patina("scene.engine.process").engine()
    job = engine.submit(patina("scene.playback").request_of(material, age))
    engine.wait(job)
    return {name: values[::-1] for name, values in job.maps.items()}


def test_every_map_of_every_frame_is_written_under_its_name(tmp_path: Path) -> None:
    age_stage().name = "Old / steel 🔥"
    bpy.context.scene.frame_set(7)
    assert bake(tmp_path / "new" / "textures", 1, 5, frame_step=2) == {"FINISHED"}
    wanted = {f"Old_steel_{name}_{frame:04d}.png" for name in MAPS for frame in (1, 3, 5)}
    assert {path.name for path in (tmp_path / "new" / "textures").iterdir()} == {*wanted, "Old_steel_bake.json"}
    assert bpy.context.scene.frame_current == 7


def test_every_format_holds_the_engines_maps_to_its_last_bit(tmp_path: Path) -> None:
    material = age_stage()
    for form in ("PNG8", "PNG16", "EXR"):
        folder = tmp_path / form
        assert bake(folder, 5, 5, color_format=form, data_format=form) == {"FINISHED"}
        maps = engine_maps(material, sidecar(folder)["frames"]["5"])
        for name in MAPS:
            values = maps[name]
            end = "exr" if form == "EXR" else "png"
            pixels = load_picture(folder / f"Steel_{name}_0005.{end}")
            pixels = pixels if values.ndim == 3 else pixels[..., 0]
            if form == "EXR":
                assert np.array_equal(pixels, values.astype(np.float16).astype(np.float32)), name
                continue
            if name == "base_color":
                values = np.where(
                    values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055
                )
            values = values + 0.5 if name == "height" else values
            most = 255 if form == "PNG8" else 65535
            # Half a step, and what float32 leaves open of it.
            assert np.abs(pixels * most - np.clip(values, 0, 1) * most).max() < 0.51, (form, name)


def test_a_baked_picture_is_what_the_render_shows(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path, 5, 5)
    render_frame(tmp_path, 5)
    baked = load_picture(tmp_path / "Steel_roughness_0005.png")
    assert baked[..., 0] == pytest.approx(image_pixels(material, "roughness")[..., 0], abs=1 / 255)


def test_directx_normals_packing_size_and_suffixes(tmp_path: Path) -> None:
    material = age_stage()
    suffixes = "base_color=Albedo, orm=ORM"
    bake(tmp_path, 5, 5, maps={"BASE_COLOR", "NORMAL", "ORM"}, normals="DIRECTX", size=32, suffixes=suffixes)
    assert {path.name for path in tmp_path.iterdir()} == {
        "Steel_Albedo_0005.png",
        "Steel_normal_0005.png",
        "Steel_ORM_0005.png",
        "Steel_bake.json",
    }
    maps = engine_maps(material, sidecar(tmp_path)["frames"]["5"])
    packed = load_picture(tmp_path / "Steel_ORM_0005.png")
    assert packed.shape == (32, 32, 3)
    assert packed[..., 1].mean() == pytest.approx(maps["roughness"].mean(), abs=1e-3)
    assert packed[..., 2].mean() == pytest.approx(maps["metallic"].mean(), abs=1e-3)
    bake(tmp_path / "opengl", 5, 5, maps={"NORMAL"}, size=32)
    up = load_picture(tmp_path / "opengl" / "Steel_normal_0005.png")
    down = load_picture(tmp_path / "Steel_normal_0005.png")
    assert np.abs(up[..., 1] + down[..., 1] - 1).max() < 1e-4
    assert np.abs(up[..., 1] - down[..., 1]).max() > 0.05


def test_the_sidecar_says_how_the_pictures_were_made(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.seed = 4
    bake(tmp_path, 1, 10, frame_step=9)
    told = sidecar(tmp_path)
    assert told["made"]["model_sha256"] == material.patina.model_hash
    assert (told["made"]["seed"], told["made"]["resolution"], told["model"]) == (4, 64, "tiny")
    assert (told["frames"], told["unfinished"]) == ({"1": 0.0, "10": 1.0}, [])
    assert told["files"]["height"] == "Steel_height_####.png"


def test_frames_that_are_there_are_kept_unless_overwritten(tmp_path: Path) -> None:
    age_stage()
    bake(tmp_path)
    kept, lost = tmp_path / "Steel_height_0001.png", tmp_path / "Steel_height_0002.png"
    kept.write_bytes(b"kept")
    lost.unlink()
    bake(tmp_path)
    assert kept.read_bytes() == b"kept"
    assert lost.stat().st_size > 100
    bake(tmp_path, overwrite=True)
    assert kept.read_bytes() != b"kept"


def test_what_was_made_with_other_settings_is_not_taken_for_done(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path, 1, 3)
    before = contents(tmp_path)
    material.patina.seed = 1
    bake(tmp_path, 2, 2)
    assert (tmp_path / "Steel_base_color_0002.png").read_bytes() != before["Steel_base_color_0002.png"]
    assert sidecar(tmp_path)["frames"].keys() == {"2"}  # the others are not what the sidecar says any more
    bake(tmp_path, 1, 3)
    bake(tmp_path / "fresh", 1, 3)
    fresh = contents(tmp_path / "fresh")
    assert {name: (tmp_path / name).read_bytes() for name in fresh} == fresh


def test_pictures_of_unknown_making_are_not_touched(tmp_path: Path) -> None:
    age_stage()
    (tmp_path / "Steel_height_0002.png").write_bytes(b"somebody's")
    with pytest.raises(RuntimeError, match="no sidecar says how it was made"):
        bake(tmp_path)
    assert contents(tmp_path) == {"Steel_height_0002.png": b"somebody's"}


def test_two_chunks_are_byte_for_byte_one_run(tmp_path: Path) -> None:
    age_stage()
    bake(tmp_path / "one", 1, 6)
    bake(tmp_path / "two", 4, 6)
    patina("scene.engine.process").close()  # the second chunk is another process's, from the kept life
    bake(tmp_path / "two", 1, 3)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


def test_a_bake_that_is_stopped_leaves_whole_files_and_goes_on_to_the_same(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "whole", 1, 6)
    whole = contents(tmp_path / "whole")
    order = patina("scene.baking.plan").BakeOrder(str(tmp_path / "cut"), 1, 6)
    runner, process = patina("scene.baking.run"), patina("scene.engine.process")
    bake_under_way = runner.begin(bpy.context.scene, [material], order)
    while bake_under_way.written < 3:
        assert bake_under_way.step(process.engine(), block=False)
        process.engine().poll(0.01)
    bake_under_way.step(process.engine(), block=False)  # the next is with the engine
    written = bake_under_way.written  # four, where the engine was quicker than this loop
    bake_under_way.stop()
    assert 3 <= written < 6
    assert bake_under_way.materials[0].describe() == f"stopped after {written} of 6 frames"
    left = {name: data for name, data in contents(tmp_path / "cut").items() if name.endswith(".png")}
    assert left.items() <= whole.items()
    assert list(sidecar(tmp_path / "cut")["frames"]) == [str(frame) for frame in range(1, written + 1)]
    assert bake(tmp_path / "cut", 1, 6) == {"FINISHED"}
    assert contents(tmp_path / "cut") == whole


def test_a_crash_between_two_maps_of_a_frame_is_mended(tmp_path: Path) -> None:
    age_stage()
    bake(tmp_path, 1, 3)
    whole = contents(tmp_path)
    told = sidecar(tmp_path)
    del told["frames"]["2"]  # as a bake that died in frame 2 leaves it
    told["unfinished"] = [2]
    (tmp_path / "Steel_bake.json").write_text(json.dumps(told))
    (tmp_path / "Steel_normal_0002.png").unlink()
    (tmp_path / "Steel_base_color_0002.png").write_bytes(b"of another bake")
    assert bake(tmp_path, 1, 3) == {"FINISHED"}
    assert contents(tmp_path) == whole


def second_material(name: str) -> bpy.types.Material:
    copy = bpy.data.materials["Steel"].copy()
    copy.name = name
    bpy.ops.mesh.primitive_plane_add(location=(0, 0, -1))
    bpy.context.object.data.materials.append(copy)
    patina("scene.materials").separate_duplicates()
    copy.patina.seed = 7
    return copy


def test_one_material_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    age_stage()
    second_material("Broken").patina.model_hash = "0" * 64
    second_material("steel")  # the same file name on many systems
    with pytest.raises(RuntimeError, match="1 of 3 materials failed: Broken: The model"):
        bake(tmp_path, 1, 2, materials="ALL")
    states = {one.material: one.state for one in patina("scene.baking.run").latest.materials}
    assert states == {"Broken": "failed", "Steel": "done", "steel": "done"}
    assert {path.name for path in tmp_path.glob("*base_color_0001*")} == {
        "Steel_base_color_0001.png",
        "steel_2_base_color_0001.png",
    }
    one, other = (load_picture(path) for path in sorted(tmp_path.glob("*base_color_0001*")))
    assert np.abs(one - other).max() > 0.1


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    age_stage()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RuntimeError, match="choose another folder"):
        bake(tmp_path / "file" / "textures")
    if Path("/proc").is_dir():  # a file system that takes no files, not even root's
        with pytest.raises(RuntimeError, match="choose another folder"):
            bake(Path("/proc"))
    with pytest.raises(RuntimeError, match="not saved yet"):
        bpy.ops.patina.bake_sequence(directory="//textures", frame_start=1, frame_end=2)


def test_a_disk_that_fills_in_mid_bake_is_one_sentence_and_leaves_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = age_stage()
    engine = patina("scene.engine.process").engine_python()
    cramped = tmp_path / "python"
    # 14 KiB a file (28 blocks): base colour fits, normals of 16 bits do not. It sends a signal too.
    cramped.write_text(f'#!/bin/sh\ntrap "" XFSZ\nulimit -f 28\nexec {engine} "$@"\n')
    cramped.chmod(cramped.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATINA_PYTHON", str(cramped))
    with pytest.raises(RuntimeError, match=r"cannot be written .*with space left") as caught:
        bake(tmp_path / "full")
    assert str(caught.value).count("\n") <= 1
    left = contents(tmp_path / "full")
    assert not [name for name in left if name.startswith(".")]
    assert sidecar(tmp_path / "full")["frames"] == {}
    monkeypatch.undo()
    assert bake(tmp_path / "full") == {"FINISHED"}
    bake(tmp_path / "fresh")
    assert contents(tmp_path / "full") == contents(tmp_path / "fresh")
    pictures = {name: data for name, data in left.items() if name.endswith(".png")}
    assert pictures
    assert pictures.items() <= contents(tmp_path / "fresh").items()
    assert material.patina.playback == "LIVE"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"frame_end": -5}, "comes before"),
        ({"maps": set()}, "at least one"),
        ({"suffixes": "normal=height"}, "the same suffix"),
        ({"suffixes": "normal=../out"}, "no part of a file name"),
        ({"suffixes": "gloss=g"}, "no map 'gloss'"),
        ({"udim": True, "tiles": "77"}, "no UDIM tiles"),
    ],
)
def test_what_cannot_be_baked_is_refused_and_nothing_is_made(arguments: dict, sentence: str, tmp_path: Path) -> None:
    age_stage()
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.patina.bake_sequence(
            **{"directory": str(tmp_path / "textures"), "frame_start": 1, "frame_end": 2, **arguments}
        )
    assert not (tmp_path / "textures").exists()


def test_deleted_images_do_not_keep_a_material_from_being_baked(tmp_path: Path) -> None:
    material = age_stage()
    bake(tmp_path / "before", 3, 3)
    group = patina("scene.materials").group_node(material).node_tree
    for image in patina("scene.node_group").group_images(group).values():
        bpy.data.images.remove(image)
    assert bake(tmp_path / "after", 3, 3) == {"FINISHED"}
    assert contents(tmp_path / "after") == contents(tmp_path / "before")


def test_without_an_engine_a_bake_fails_and_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    age_stage()
    monkeypatch.setenv("PATINA_PYTHON", "/no/such/python")
    with pytest.raises(RuntimeError, match="does not exist"):
        bake(tmp_path / "textures")
    assert not (tmp_path / "textures").exists()


def test_a_bake_in_a_window_shows_each_materials_status_and_the_time_left(tmp_path: Path) -> None:
    material = age_stage()
    other = second_material("Other")
    order = patina("scene.baking.plan").BakeOrder(str(tmp_path), 1, 4)
    runner = patina("scene.baking.run")
    under_way = runner.begin(bpy.context.scene, [material, other], order)
    engine = patina("scene.engine.process").engine()
    for _ in range(5):
        under_way.step(engine, block=True)
    assert under_way.progress == 5 / 8
    assert re.fullmatch(r"Baking Other: frame 6 of 8, \d+ s left", under_way.describe())
    under_way._first_done -= 600  # three frames are left, and four took ten minutes more
    assert re.fullmatch(r"Baking Other: frame 6 of 8, [78] min left", under_way.describe())
    assert runner.statuses(under_way) == ["Steel: 4 frames baked", "Other: 1 of 4 frames baked"]
    under_way.stop()
    assert runner.statuses(under_way)[1] == "Other: stopped after 1 of 4 frames"
