"""The models as assets: appended as the Asset Browser does, they age where there is neither engine nor Patina."""

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, new_material, patina, psnr, render_frame, set_stage

TITLES = [
    "Ageing bronze",
    "Brushed copper",
    "Clay drying",
    "Copper patina",
    "Crystallising copper",
    "Rusting painted metal",
    "Rusting steel",
]
FRESH = """
import json, sys
from pathlib import Path
import bpy, numpy as np
blend, folder = sys.argv[1:]
assert not hasattr(bpy.types.Material, "patina")
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
with bpy.data.libraries.load(blend, assets_only=True) as (offered, wanted):
    wanted.materials = list(offered.materials)
about = {}
for material in wanted.materials:
    data = material.asset_data
    preview = np.empty(np.prod(material.preview.image_size) * 4, np.float32)
    material.preview.image_pixels_float.foreach_get(preview)
    about[material.name] = [data.author, data.license, data.copyright, data.description,
                            [tag.name for tag in data.tags], data.catalog_id, float(preview.std())]
scene = bpy.context.scene
bpy.ops.mesh.primitive_plane_add(size=2)
plane = bpy.context.object
for kind, data, place, turn in (("camera", bpy.data.cameras.new("c"), (0, 0, 3), (0, 0, 0)),
                                ("sun", bpy.data.lights.new("s", "SUN"), (0, 0, 3), (0.6, 0.5, 0))):
    made = bpy.data.objects.new(kind, data)
    made.location, made.rotation_euler = place, turn
    scene.collection.objects.link(made)
    if kind == "camera":
        scene.camera = made
    else:
        data.energy = 3
engines = [item.identifier for item in bpy.types.RenderSettings.bl_rna.properties["engine"].enum_items]
eevee = next(name for name in ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE") if name in engines)
scene.render.resolution_x = scene.render.resolution_y = 48
scene.render.resolution_percentage = 100
scene.view_settings.view_transform = "Raw"
scene.render.image_settings.file_format = "OPEN_EXR"
scene.eevee.taa_render_samples = 1
scene.cycles.samples = 2
for material in wanted.materials:
    plane.data.materials.clear()
    plane.data.materials.append(material)
    for engine in (eevee, "CYCLES"):
        scene.render.engine = engine
        for frame in (1, 94, 188, 250):
            scene.frame_set(frame)
            scene.render.filepath = f"{folder}/{material.name} {engine[:6]} {frame}.exr"
            bpy.ops.render.render(write_still=True)
Path(folder, "about.json").write_text(json.dumps(about))
"""


@pytest.fixture(scope="module")
def library() -> Path:
    """The asset library, made once; gone with the profile."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert bpy.ops.patina.add_asset_library() == {"FINISHED"}
    return patina("scene.library_assets").assets_file()


def load(library: Path, *names: str) -> list[bpy.types.Material]:
    """Append assets as the Asset Browser does."""
    with bpy.data.libraries.load(str(library), assets_only=True) as (offered, wanted):
        assert sorted(offered.materials) == TITLES
        wanted.materials = list(names)
    return wanted.materials


def picture(folder: Path, name: str) -> np.ndarray:
    return patina("scene.icons").load_picture(folder / name)[..., :3]


def test_in_a_blender_without_patina_every_asset_ages(library: Path, tmp_path: Path) -> None:
    script = tmp_path / "fresh.py"
    script.write_text(FRESH)
    empty = tmp_path / "profile"
    environment = {key: value for key, value in os.environ.items() if key != "PATINA_PYTHON"}
    done = subprocess.run(
        [sys.executable, str(script), str(library), str(tmp_path)],
        env=environment | {"BLENDER_USER_RESOURCES": str(empty)},
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    about = json.loads((tmp_path / "about.json").read_text())
    assert sorted(about) == TITLES
    for title, (author, licence, copyright_, description, tags, catalogue, spread) in about.items():
        assert author == "Patina" and licence and copyright_ and title in description
        assert {"patina", "ageing", title.split()[0].casefold()} <= set(tags)
        assert catalogue in library.with_name("blender_assets.cats.txt").read_text()
        assert spread > 0.05
        for engine in ("BLENDE", "CYCLES"):
            fresh, *between, aged = (picture(tmp_path, f"{title} {engine} {frame}.exr") for frame in (1, 94, 188, 250))
            # Copper has its patina early, clay is dark and pales late.
            changes = [(np.abs(fresh - later).mean(), np.abs(later - aged).mean()) for later in between]
            assert max(min(change) for change in changes) > 0.01
            magenta = (fresh[..., 0] > 0.5) & (fresh[..., 2] > 0.5) & (fresh[..., 1] < 0.1)
            assert fresh.std() > 0.003 and not magenta.any()


def test_the_preferences_name_the_library_once(library: Path) -> None:
    named = [one for one in bpy.context.preferences.filepaths.asset_libraries if Path(one.path) == library.parent]
    assert [one.name for one in named] == ["Patina"]
    assert bpy.ops.patina.add_asset_library() == {"FINISHED"}
    named = [one for one in bpy.context.preferences.filepaths.asset_libraries if Path(one.path) == library.parent]
    assert len(named) == 1


def test_a_models_share_of_the_file_is_a_few_megabytes(library: Path) -> None:
    assert library.stat().st_size / len(TITLES) < 4e6


def test_making_the_library_leaves_the_open_file_as_it_was(library: Path) -> None:
    age_stage()
    own = bpy.data.materials.new("Rusting steel")
    kinds = ("materials", "images", "node_groups", "actions")
    before = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}
    assert bpy.ops.patina.add_asset_library() == {"FINISHED"}
    assert {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds} == before
    assert own.name == "Rusting steel"
    own.name = "another"
    assert [material.name for material in load(library, "Rusting steel")] == ["Rusting steel"]


def test_with_patina_an_asset_is_a_material_of_patina(library: Path, tmp_path: Path) -> None:
    target = set_stage()
    (material,) = load(library, "Rusting steel")
    target.data.materials.append(material)
    assert (material.patina.model, material.patina.playback) == ("rusting_steel", "ATLAS")
    frames = patina("scene.animation").ages_at(bpy.context.scene, material, [1, 250])
    assert frames == {1: 0.0, 250: 1.0}
    atlas = render_frame(tmp_path, 200)
    material.patina.resolution = 128
    material.patina.playback = "LIVE"
    live = render_frame(tmp_path, 200)
    assert not patina("scene.playback").failures
    assert psnr(atlas, live) > max(35, psnr(live, render_frame(tmp_path, 1)) + 8)  # the same piece of steel


def test_an_appended_asset_survives_saving_and_its_copy_is_its_own(library: Path, tmp_path: Path) -> None:
    target = set_stage()
    (material,) = load(library, "Rusting painted metal")
    target.data.materials.append(material)
    before = render_frame(tmp_path, 180)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert psnr(render_frame(tmp_path, 180), before) > 50
    material = bpy.data.materials["Rusting painted metal"]
    copy = material.copy()
    patina("scene.materials").separate_duplicates()
    node = patina("scene.materials").group_node
    assert node(copy).node_tree != node(material).node_tree


def test_patina_can_be_taken_off_an_asset(library: Path) -> None:
    target = set_stage()
    (material,) = load(library, "Rusting steel")
    target.data.materials.append(material)
    bpy.ops.patina.remove_from_material()
    assert material.patina.model == "" and not bpy.data.node_groups and not bpy.data.images


def test_a_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assets = patina("scene.library_assets")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(assets, "assets_folder", lambda: tmp_path / "file" / "assets")
    new_material(set_stage())
    count = len(bpy.data.materials)
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.patina.add_asset_library()
    assert len(bpy.data.materials) == count
