"""Hidden repeats: seen from above, a surface of many repeats is nowhere a copy of itself, whatever is played."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import age_stage, patina, psnr, render_frame, tree_state, use_cycles, use_eevee

SIDE = 240  # pixels of the picture
REPEATS = 6
STEEL = "rusting_steel"
RUSTED = 6  # a frame on which every model has a pattern


def group(material: bpy.types.Material) -> bpy.types.NodeTree:
    return patina("scene.materials").group_node(material).node_tree


def look_from_above(material: bpy.types.Material) -> None:
    """Exactly REPEATS repeats of the texture fill the picture, which is the base colour, unlit."""
    scene = bpy.context.scene
    camera = scene.camera
    camera.location, camera.rotation_euler = (0, 0, 2), (0, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.0
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    show(material, "Base Color")
    material.patina.scale = REPEATS * material.patina.resolution / 256


def show(material: bpy.types.Material, output: str) -> None:
    tree = material.node_tree
    emission = tree.nodes.get("shown") or tree.nodes.new("ShaderNodeEmission")
    emission.name = "shown"
    tree.links.new(patina("scene.materials").group_node(material).outputs[output], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], tree.get_output_node("ALL").inputs["Surface"])


def likeness(picture: np.ndarray, repeats: tuple[int, int]) -> float:
    """The correlation of a picture with itself, so many repeats away."""
    light = picture.mean(-1)
    down, across = (count * SIDE // REPEATS for count in repeats)
    one, other = light[: SIDE - down, : SIDE - across], light[down:, across:]
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def use(playback: str, material: bpy.types.Material, folder: Path) -> None:
    if playback == "ATLAS":
        assert bpy.ops.patina.bake_atlas(ages=5) == {"FINISHED"}
    elif playback == "SEQUENCE":
        # Every other frame: keys hold the pictures between.
        bpy.ops.patina.bake_sequence(directory=str(folder), frame_start=2, frame_end=8, frame_step=2)
        material.patina.playback = "SEQUENCE"
    assert material.patina.playback == playback


@pytest.mark.parametrize("playback", ["LIVE", "ATLAS", "SEQUENCE"])
def test_no_repeat_is_a_copy_and_taking_it_back_changes_nothing(playback: str, tmp_path: Path) -> None:
    material = age_stage()
    use(playback, material, tmp_path / "baked")
    look_from_above(material)
    before = {frame: render_frame(tmp_path, frame) for frame in (RUSTED, 7)}
    assert min(likeness(before[RUSTED], away) for away in ((0, 1), (1, 0), (2, 1))) > 0.98
    state = tree_of(group(material))
    material.patina.hide_repeats = True
    hidden = {frame: render_frame(tmp_path, frame) for frame in (RUSTED, 7)}
    assert max(likeness(hidden[RUSTED], away) for away in ((0, 1), (1, 0), (1, 1), (2, 1), (0, 2))) < 0.35
    # The same material: neither another colour nor washed out.
    assert np.abs(hidden[RUSTED].mean((0, 1)) - before[RUSTED].mean((0, 1))).max() < 0.02
    assert hidden[RUSTED].std() > 0.85 * before[RUSTED].std()
    if playback == "SEQUENCE":  # frame 7 has no picture of its own: both places hold the one of frame 6
        assert psnr(hidden[7], hidden[RUSTED]) > 60
        kept = state[1]  # the keys that hold pictures where there is no file: the second place has them, too
        assert kept and len(tree_of(group(material))[1]) == 2 * len(kept)
    else:
        assert psnr(hidden[7], hidden[RUSTED]) < psnr(before[7], before[RUSTED]) + 6
    material.patina.hide_repeats = False
    assert tree_of(group(material)) == state
    assert psnr(render_frame(tmp_path, RUSTED), before[RUSTED]) > 60


def tree_of(group: bpy.types.NodeTree) -> tuple:
    """The nodes, links and f-curves of a group, to be compared."""
    curves = patina("scene.versions").fcurve_collections(group)
    return (
        tree_state(group),
        sorted(curve.data_path for found in curves for curve in found),
        sorted(image.name for image in bpy.data.images if image.users),
        sorted(found.name for found in bpy.data.node_groups),
    )


def test_every_map_is_shifted_alike(tmp_path: Path) -> None:
    """Rust stays brown, rough and raised in the same place: what two maps have in common is as before."""
    material = age_stage(STEEL)
    look_from_above(material)

    def relation() -> float:
        show(material, "Base Color")
        color = render_frame(tmp_path, RUSTED)
        show(material, "Roughness")
        return float(np.corrcoef(color[..., 0].ravel(), render_frame(tmp_path, RUSTED)[..., 0].ravel())[0, 1])

    before = relation()
    material.patina.hide_repeats = True
    assert abs(before) > 0.3
    assert relation() == pytest.approx(before, abs=0.12)


@pytest.mark.parametrize("playback", ["LIVE", "ATLAS"])
def test_no_seam_shows_where_a_place_changes_or_the_texture_wraps(playback: str, tmp_path: Path) -> None:
    material = age_stage(STEEL)  # smooth from pixel to pixel, as the tiny model is not
    use(playback, material, tmp_path)
    look_from_above(material)
    repeats = 2  # four pixels a texel: what jumps there is a seam
    material.patina.scale = repeats * material.patina.resolution / 256
    material.patina.hide_repeats = True
    pictures = {}
    for engine in (use_eevee, use_cycles):  # Eevee chooses mip levels, and wrong ones at a jump
        engine()
        pictures[engine.__name__] = render_frame(tmp_path, RUSTED)
    for place in looked_up_at(material, repeats, tmp_path):
        grid = (np.arange(SIDE) + 0.5) * repeats / SIDE
        shift = place - np.stack(np.meshgrid(grid, grid), -1)
        changes = [np.abs(np.diff(shift, axis=axis)).max(-1) > 0.01 for axis in (0, 1)]
        wraps = [
            (np.diff(np.floor(place), axis=axis) != 0).any(-1) & ~change
            for axis, change in zip((0, 1), changes, strict=True)
        ]
        for engine, picture in pictures.items():
            assert step_along(changes, picture) < 1.05, engine  # measured: 0.82 to 0.86, as what changes is not seen
        eevee, cycles = (step_along(wraps, picture) for picture in pictures.values())
        assert eevee < 1.05 * cycles  # measured: 0.95 to 0.99 of it


def looked_up_at(material: bpy.types.Material, repeats: float, folder: Path) -> list[np.ndarray]:
    """The two places, in repeats, that each pixel's texture is looked up at: [SIDE, SIDE, 2] each."""
    tree = material.node_tree
    shifts = tree.nodes.new("ShaderNodeGroup")
    shifts.node_tree = next(found for found in bpy.data.node_groups if found.get("patina_shifts"))
    position = tree.nodes.new("ShaderNodeVectorMath")
    position.operation, position.inputs["Scale"].default_value = "SCALE", repeats
    vector = patina("scene.materials").group_node(material).inputs["Vector"]
    tree.links.new(vector.links[0].from_socket, position.inputs[0])
    tree.links.new(position.outputs[0], shifts.inputs[0])
    places = []
    for output in shifts.outputs[:2]:
        tree.links.new(output, tree.nodes["shown"].inputs["Color"])
        places.append(render_frame(folder, RUSTED)[..., :2])
    return places


def step_along(lines: list[np.ndarray], picture: np.ndarray) -> float:
    """How much a picture changes from pixel to pixel across lines, over how much it does across the same lines six
    pixels aside. lines: whether one passes to the next pixel, [SIDE - 1, SIDE] down and [SIDE, SIDE - 1] across."""
    steps = [np.abs(np.diff(picture, axis=axis)).max(-1) for axis in (0, 1)]

    def mean(down: int, across: int) -> float:
        crossed = [np.roll(step, (down, across), (0, 1))[line] for step, line in zip(steps, lines, strict=True)]
        return float(np.concatenate(crossed).mean())

    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return mean(0, 0) / float(np.median([mean(round(6 * np.sin(turn)), round(6 * np.cos(turn))) for turn in angles]))


def test_it_stays_through_playbacks_and_files(tmp_path: Path) -> None:
    material = age_stage()
    look_from_above(material)
    material.patina.hide_repeats = True
    for playback in ("ATLAS", "SEQUENCE"):
        use(playback, material, tmp_path / "baked")
        assert material.patina.hide_repeats
        assert likeness(render_frame(tmp_path, RUSTED), (0, 1)) < 0.35
    for _ in range(2):  # twice more: nothing of the one before is left, whichever was hidden
        use("ATLAS", material, tmp_path)
    assert sum(image.source == "TILED" for image in bpy.data.images) == 3
    assert likeness(render_frame(tmp_path, RUSTED), (0, 1)) < 0.35
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    material = bpy.data.materials["Steel"]
    assert material.patina.hide_repeats
    assert likeness(render_frame(tmp_path, RUSTED), (0, 1)) < 0.35
    material.patina.playback = "LIVE"
    assert likeness(render_frame(tmp_path, RUSTED), (0, 1)) < 0.35
    material.patina.hide_repeats = False
    assert likeness(render_frame(tmp_path, RUSTED), (0, 1)) > 0.98


def test_a_duplicate_looks_its_own_images_up_at_both_places(tmp_path: Path) -> None:
    material = age_stage()
    material.patina.hide_repeats = True
    copy = material.copy()
    patina("scene.materials").separate_duplicates()
    images = {
        owner: {node.image for node in group(owner).nodes if node.bl_idname == "ShaderNodeTexImage"}
        for owner in (material, copy)
    }
    assert not images[material] & images[copy]
    assert len(images[copy]) == len(images[material]) == 5
    bpy.ops.patina.remove_from_material()
    copy.patina.hide_repeats = False
    if bpy.app.version >= (4, 5):  # 4.2 counts one user too many of the group of a material that is copied
        assert not any(found.get("patina_shifts") for found in bpy.data.node_groups)
