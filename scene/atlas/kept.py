"""The atlas of a material: what it was baked from, whether it is still that, and putting a new one into its group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy

from ...engine.atlas.layout import PICTURES, atlas_bytes, tile_file, tile_number
from ...engine.channel.jobs import AtlasRequest
from ...engine.maps.map_names import CHANGE
from ..errors import BakeError
from ..materials import group_node
from ..playback_source import switch_playback
from ..repeats import repeats_shown
from ..working_space import tag_srgb
from .nodes import atlas_images, build_atlas, clear_atlas

_RECORD = "patina_atlas"  # on the group, as JSON: it goes where the group goes


@dataclass(frozen=True)
class AtlasRecord:
    """What an atlas was baked from, and how near it comes (see `engine.atlas.make.make_atlas`)."""

    model: str
    sha256: str
    seed: int
    extent: int
    ages: list[float]
    bits: int
    decibels: dict[str, float]
    enough: int | None

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return atlas_bytes(self.extent, len(self.ages), self.bits)

    @property
    def worst(self) -> float:
        """PSNR in dB of the worst map that is shaded, at the worst moment of the life."""
        return min(value for name, value in self.decibels.items() if name not in ("height", CHANGE))


def atlas_of(group: bpy.types.NodeTree) -> AtlasRecord | None:
    """The record of the group's atlas, or None where there is none."""
    text = group.get(_RECORD)
    return AtlasRecord(**json.loads(text)) if text else None


def outdated(material: bpy.types.Material, record: AtlasRecord) -> str:
    """How the material's settings differ from those of its atlas, in words; empty where they do not."""
    settings = material.patina
    differ = {
        "model": settings.model_hash != record.sha256,
        "seed": settings.seed != record.seed,
        "resolution": settings.resolution_stored != record.extent,
    }
    return " and ".join(name for name, changed in differ.items() if changed)


def lost_tiles(group: bpy.types.NodeTree) -> str:
    """The name of an image of the atlas whose tiles cannot be read, or empty."""
    for image in atlas_images(group):
        if image is None:
            return "a deleted image"
        if not image.packed_files:
            first = bpy.path.abspath(image.filepath, library=image.library).replace("<UDIM>", str(tile_number(0)))
            if not Path(first).is_file():
                return image.name
    return ""


def take_atlas(
    material: bpy.types.Material, request: AtlasRequest, result: Mapping[str, Any], folder: Path, *, packed: bool
) -> AtlasRecord:
    """Put the tiles in `folder` into the material's group, in place of an earlier atlas; it plays them from now on.

    Raises BakeError, and changes nothing, where a tile cannot be read.
    """
    group = group_node(material).node_tree
    images: dict[str, bpy.types.Image] = {}
    try:
        for name in PICTURES:
            images[name] = _load(folder, request, name, f"{material.name} {name} atlas (Patina)", packed)
    except RuntimeError as error:
        bpy.data.batch_remove(images.values())
        raise BakeError(f"The tiles in {folder} cannot be read ({error})", "bake again") from error
    with repeats_shown(group):  # the nodes that hide them are made of the atlas's own
        remove_atlas(group)
        build_atlas(
            group,
            images,
            request.extent,
            result["ages"],
            result["bounds"],
            shares=result.get("shares", {}),
            change=CHANGE in result["decibels"],
        )
        record = AtlasRecord(
            model=material.patina.model_stored,
            sha256=request.sha256,
            seed=request.seed,
            extent=request.extent,
            ages=result["ages"],
            bits=request.bits,
            decibels=result["decibels"],
            enough=result["enough"],
        )
        group[_RECORD] = json.dumps(asdict(record))
        switch_playback(material, "ATLAS")
    return record


def remove_atlas(group: bpy.types.NodeTree) -> None:
    """Take an atlas out of a group, with the images that nothing else uses."""
    images = atlas_images(group)
    clear_atlas(group)
    group.pop(_RECORD, None)
    for image in images:
        if image is not None and image.users == 0 and image.library is None:
            bpy.data.images.remove(image)


def _load(folder: Path, request: AtlasRequest, picture: str, name: str, packed: bool) -> bpy.types.Image:
    """The tiled image of one picture."""
    image = bpy.data.images.load(str(tile_file(folder, request.stem, picture, tile_number(0))), check_existing=False)
    image.name = name
    image.source = "TILED"
    pattern = tile_file(folder, request.stem, picture, "<UDIM>")
    image.filepath_raw = str(pattern)
    have = {tile.number for tile in image.tiles}
    for index in range(request.count):
        if tile_number(index) not in have:
            image.tiles.new(tile_number=tile_number(index))
    if picture == "base_color":
        tag_srgb(image)
    else:
        image.colorspace_settings.is_data = True
    image.alpha_mode = "CHANNEL_PACKED"  # alpha is a map like the others, see `engine.atlas.layout`
    if packed:
        image.pack()
        image.filepath_raw = f"//{pattern.name}"
    elif bpy.data.filepath:
        with suppress(ValueError):  # another drive
            image.filepath_raw = bpy.path.relpath(str(pattern))
    return image
