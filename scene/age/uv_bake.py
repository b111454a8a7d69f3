"""The aged maps of an object in its own UV layout: Age of every point and all, by Blender's own bake.

A file at a time, each from a stage of its own, so that between two of them nothing of it is in the artist's file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ...engine.durations import duration
from ...engine.files.whole_files import written_whole
from .. import playback
from ..baking.sequence import check_folder, file_stem
from ..baking.tiles import FIRST_TILE, mesh_tiles, tile_corner
from ..blocks import found_again
from ..color import linear_to_srgb
from ..errors import BakeError
from ..maps import LOOKS
from ..materials import group_node
from ..node_group import group_images
from ..working_space import to_rec709
from .png import png
from .uv_stage import AGE, SHIFT, baked

UV_MAPS = (*LOOKS, "change", AGE)


@dataclass(frozen=True)
class UvBake:
    """maps: out of `UV_MAPS`. size, margin: pixels. exr: linear half floats, else PNG of 8 bits for colour and normals
    and 16 for the rest, colour as sRGB and heights shifted by 0.5. directx: normals with y down. overwrite: write files
    that are there again."""

    maps: tuple[str, ...]
    size: int = 1024
    margin: int = 16
    exr: bool = False
    directx: bool = False
    overwrite: bool = True


@dataclass
class UvJob:
    """A bake under way. Object and scene are remembered by their session_uid: a reference does not outlive an undo."""

    bake: UvBake
    thing_uid: int
    scene_uid: int
    frame: float
    files: tuple[tuple[str, int, Path], ...]  # map, tile, path
    skipped: int
    written: int = 0
    _began: float = field(default_factory=time.monotonic)

    def step(self) -> bool:
        """Write the next file. False once none is left. Raises BakeError; what is written by then stays."""
        if self.written < len(self.files):
            thing, scene = self._found()
            name, tile, path = self.files[self.written]
            _write(thing, scene, name, tile_corner(tile), path, self.bake)
            self.written += 1
        return self.written < len(self.files)

    @property
    def progress(self) -> float:
        return self.written / max(1, len(self.files))

    def describe(self) -> str:
        """How it stands, in words."""
        text = f"Baking to UVs: {self.written} of {len(self.files)} pictures"
        if not self.written:
            return text
        left = (time.monotonic() - self._began) / self.written * (len(self.files) - self.written)
        return f"{text}, about {duration(left)} left"

    def _found(self) -> tuple[bpy.types.Object, bpy.types.Scene]:
        thing, scene = found_again(bpy.data.objects, self.thing_uid), found_again(bpy.data.scenes, self.scene_uid)
        if thing is None or scene is None:
            raise BakeError("The object that was being baked is gone", "choose one, then bake again")
        if scene.frame_current_final != self.frame:
            raise BakeError("The frame was changed during the bake", "bake again at the frame that you want")
        _check(thing, self.bake)
        _show_frame(thing, scene)
        return thing, scene


def plan_uv(thing: bpy.types.Object, directory: str, bake: UvBake, scene: bpy.types.Scene) -> UvJob:
    """Check what is asked for: a file for each map, and for each UDIM tile where the UVs lie on others than the first.

    Raises BakeError where the object has no UV map or nothing that ages, where its maps cannot be had, or the folder
    cannot be written to.
    """
    _check(thing, bake)
    slots = {
        index
        for index, slot in enumerate(thing.material_slots)
        if slot.material is not None and group_node(slot.material)
    }
    tiles = sorted(mesh_tiles(thing.data, slots)) or [FIRST_TILE]
    _show_frame(thing, scene)
    folder = check_folder(directory)
    paths = list(_paths(folder, file_stem(thing.name), bake, tiles))
    files = tuple(found for found in paths if bake.overwrite or not found[2].exists())
    return UvJob(bake, thing.session_uid, scene.session_uid, scene.frame_current_final, files, len(paths) - len(files))


def _paths(folder: Path, stem: str, bake: UvBake, tiles: list[int]) -> Iterator[tuple[str, int, Path]]:
    ending = "exr" if bake.exr else "png"
    for name in bake.maps:
        for tile in tiles:
            number = f".{tile}" if tiles != [FIRST_TILE] else ""
            yield name, tile, folder / f"{stem}_{name}{number}.{ending}"


def _check(thing: bpy.types.Object, bake: UvBake) -> None:
    if thing.type != "MESH" or not thing.data.polygons:
        raise BakeError(f"{thing.name!r} is no mesh with faces", "choose one")
    if thing.mode == "EDIT":
        raise BakeError(f"{thing.name!r} is in Edit Mode", "leave it, then bake")
    if thing.data.uv_layers.active is None:
        raise BakeError(f"{thing.name!r} has no UV map", "unwrap it, then bake")
    if not any(slot.material is not None and group_node(slot.material) for slot in thing.material_slots):
        raise BakeError(f"No material of {thing.name!r} ages", "add Patina to one, then bake")
    if not bake.maps:
        raise BakeError("No map is chosen", "choose at least one")


def _show_frame(thing: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Let what plays live show the maps of this frame. Raises BakeError where they cannot be had."""
    playback.show_exactly(bpy.context.evaluated_depsgraph_get(), scene.frame_current_final)
    for material in {slot.material for slot in thing.material_slots} - {None}:
        node = group_node(material)
        image = group_images(node.node_tree).get("base_color") if node is not None else None
        if image is None or material.patina.playback != "LIVE":
            continue
        if image.size[0] < material.patina.resolution_stored:  # a missing texture is a few texels of magenta
            raise BakeError(
                f"The maps of {material.name!r} at this frame cannot be had", "see why in its panel, or bake its atlas"
            )


def _write(
    thing: bpy.types.Object, scene: bpy.types.Scene, name: str, corner: tuple[int, int], path: Path, bake: UvBake
) -> None:
    try:
        with (
            baked(thing, scene, name, corner, size=bake.size, margin=bake.margin, directx=bake.directx) as (
                stage,
                image,
            ),
            written_whole(path) as beside,
        ):
            pixels = np.empty(len(image.pixels), np.float32)
            image.pixels.foreach_get(pixels)
            values = pixels.reshape(bake.size, bake.size, 4)
            if name == "base_color":
                values[..., :3] = to_rec709(values[..., :3])
            if bake.exr:
                _save_exr(image, stage, beside, pixels, name)
            else:
                beside.write_bytes(_png(values[::-1], name))  # Blender's rows start at the bottom
    except (OSError, RuntimeError) as error:
        raise BakeError(f"{path} cannot be written ({error})", "choose another folder") from error


def _png(values: np.ndarray, name: str) -> bytes:
    colored = name in ("base_color", "normal")
    shown = np.clip(values[..., :3] if colored else values[..., 0], 0, 1)
    return png(linear_to_srgb(shown) if name == "base_color" else shown, 8 if colored else 16)


def _save_exr(image: bpy.types.Image, stage: bpy.types.Scene, path: Path, pixels: np.ndarray, name: str) -> None:
    values = pixels.reshape(-1, 4)
    if name == "height":
        values[:, :3] -= SHIFT
    values[:, 3] = 1.0
    image.pixels.foreach_set(pixels)
    settings = stage.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "16", "RGB"
    image.save_render(str(path), scene=stage)
