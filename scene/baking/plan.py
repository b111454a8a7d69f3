"""Planning a bake: everything is read and checked before the first file is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ...engine.channel.jobs import WriteRequest
from ...engine.errors import PatinaError
from ...engine.maps.picture_settings import PictureSettings
from ..animation import ages_at
from ..engine import process as engine_process
from ..errors import BakeError
from ..maps import UNIT
from ..materials import ageing_materials, group_node
from ..playback import request_of
from .bake import FAILED, Bake, BakeFrame, MaterialBake
from .record import BakeRecord, read_record, record_path
from .sequence import check_folder, file_stems
from .settings import DIRECTX, BakeSettings
from .tiles import check_uv, named_tiles, tile_corner, used_tiles

_MOST_FRAMES = 100_000


@dataclass(frozen=True)
class BakeOrder:
    """What to bake of each material. tiles: None for the texture itself, "" for the tiles in use, or their numbers."""

    directory: str
    frame_start: int
    frame_end: int
    frame_step: int = 1
    settings: BakeSettings = field(default_factory=BakeSettings)
    tiles: str | None = None
    overwrite: bool = False

    @property
    def frames(self) -> range:
        return range(self.frame_start, self.frame_end + 1, self.frame_step)

    def check(self) -> None:
        """Raises BakeError for what no bake can do."""
        if self.frame_end < self.frame_start:
            raise BakeError(f"Frame {self.frame_end} comes before frame {self.frame_start}", "choose a later end")
        if self.frame_step < 1:
            raise BakeError(f"A step of {self.frame_step} frames is refused", "choose 1 or more")
        if len(self.frames) > _MOST_FRAMES:
            raise BakeError(f"{len(self.frames)} frames are too many for one bake", f"choose at most {_MOST_FRAMES}")
        self.settings.check()
        named_tiles(self.tiles or "")


def plan_bake(scene: bpy.types.Scene, materials: Sequence[bpy.types.Material], order: BakeOrder) -> Bake:
    """Everything that is to be written. A material that cannot be baked is there as failed.

    Raises PatinaError, with nothing made, where none can be.
    """
    order.check()
    if not materials:
        raise BakeError("No material ages", "add Patina to one, then bake")
    engine_process.engine()  # no folder is made where there is no engine
    folder = check_folder(order.directory)
    stems = file_stems(material.name for material in ageing_materials())
    planned, errors = [], []
    for material in materials:
        try:
            planned.append(_plan_material(scene, material, folder, stems[material.name], order))
        except PatinaError as error:
            errors.append(error)
            planned.append(MaterialBake(material.name, state=FAILED, problem=str(error)))
    if len(materials) == len(errors) == 1:
        raise errors[0]
    return Bake(planned)


def _plan_material(
    scene: bpy.types.Scene, material: bpy.types.Material, folder: Path, stem: str, order: BakeOrder
) -> MaterialBake:
    settings = order.settings
    if order.tiles is not None:
        check_uv(material)
        settings = replace(settings, tiles=named_tiles(order.tiles) or used_tiles(scene, material))
    sidecar = record_path(folder, stem)
    record = _record(material, stem, settings)
    before = read_record(sidecar) if not order.overwrite else None
    same = before is not None and before.made == record.made and before.files == record.files
    frames, skipped = [], 0
    for frame, age in ages_at(scene, material, order.frames).items():
        files = {tile: _files(settings, folder, stem, frame, tile) for tile in settings.tiles or (0,)}
        paths = [path for tiled in files.values() for path in tiled.values()]
        if same and before.frames.get(frame) == age and all(path.is_file() for path in paths):
            skipped += 1
            continue
        if not order.overwrite and (before is None or frame not in {*before.frames, *before.unfinished}):
            for path in paths:
                if path.exists():
                    raise BakeError(
                        f"{path.name} is there already, and no sidecar says how it was made",
                        "choose another folder, or Overwrite",
                    )
        maps = request_of(material, age)
        requests = tuple(
            WriteRequest(maps.model, maps.sha256, maps.seed, maps.extent, maps.age, tiled, _picture(record, tile))
            for tile, tiled in files.items()
        )
        frames.append(BakeFrame(frame, age, requests))
    return MaterialBake(material.name, sidecar, record, tuple(frames), skipped)


def _record(material: bpy.types.Material, stem: str, settings: BakeSettings) -> BakeRecord:
    request = request_of(material, 0.0)
    made = {
        "model_sha256": request.sha256,
        "seed": request.seed,
        "resolution": request.extent,
        "size": settings.size or request.extent,
        **settings.as_json(),
    }
    if settings.tiles:  # only there does the number of repeats decide what is seen
        made["repeats"] = group_node(material).inputs["Scale"].default_value * UNIT / request.extent
    files = settings.file_names(stem, "####", "<UDIM>" if settings.tiles else "")
    return BakeRecord(material.name, request.model.stem, made, files)


def _files(settings: BakeSettings, folder: Path, stem: str, frame: int, tile: int) -> dict[str, Path]:
    names = settings.file_names(stem, f"{frame:04d}", str(tile) if tile else "")
    return {name: folder / file for name, file in names.items()}


def _picture(record: BakeRecord, tile: int) -> PictureSettings:
    made = record.made
    return PictureSettings(
        color=made["color"],
        data=made["data"],
        size=made["size"],
        directx=made["normals"] == DIRECTX,
        tile=tile_corner(tile) if tile else (0, 0),
        repeats=made.get("repeats", 1.0),
    )
