"""The models as assets of the Asset Browser: materials that play the atlases which came with the models.

An extension cannot bring a registered asset library. So one file is written among Blender's user data, by the Blender
that is to read it, and its folder is named in the preferences. What is dragged out of it plays in any Blender.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..engine.files.whole_files import written_whole
from . import library
from .animation import key_age
from .atlas.lookups import LOOKUPS_GROUP
from .atlas.nodes import atlas_groups, atlas_images
from .atlas.ready import ready_atlas, use_ready_atlas
from .errors import LibraryError
from .icons import load_picture
from .library import Entry
from .library_pictures import ball, thumbnail
from .materials import add_patina, group_node
from .node_group import group_images
from .nodes import drop_shared_group
from .versions import use_nodes

FIRST, LAST = 1, 250  # frames over which an asset ages: those of a new scene
_NAME = "Patina"
_CATALOGUE = "5f0b1a3e-6f0e-4d0b-9a59-2f1d5c1f7a10"
_CATALOGUES = f"""# An asset catalogue of Blender
VERSION 1

{_CATALOGUE}:Materials/Patina:Materials-Patina
"""


def assets_folder() -> Path:
    """Where the asset library lies: among Blender's user data, which outlives an upgrade and the extension."""
    return Path(bpy.utils.user_resource("DATAFILES", path="patina/assets"))


def assets_file() -> Path:
    """The .blend of the asset library."""
    return assets_folder() / "patina.blend"


def is_registered() -> bool:
    """Whether the asset library is there and the preferences name it."""
    return assets_file().is_file() and _registered() is not None


def add_asset_library(report: Callable[[int], None] = lambda _: None) -> list[str]:
    """Write the asset library and name it in the preferences; returns the names of its assets.

    report: hears of how much is done, in percent.

    Raises PatinaError where it cannot be written, and then leaves what was there.
    """
    entries = [entry for entry in library.entries() if entry.header is not None and ready_atlas(entry.model)]
    if not entries:
        raise LibraryError("No model has a ready-made atlas", "install Patina again")
    made: list[bpy.types.Material] = []
    names = [entry.title for entry in entries]
    folder = assets_folder()
    with _out_of_the_way(names):
        try:
            for number, entry in enumerate(entries):
                report(100 * number // len(entries))
                made.append(bpy.data.materials.new(entry.title))
                _make_asset(made[-1], entry)
            folder.mkdir(parents=True, exist_ok=True)
            with written_whole(assets_file()) as beside:
                bpy.data.libraries.write(str(beside), set(made), fake_user=True, compress=True)
            with written_whole(folder / "blender_assets.cats.txt") as beside:
                beside.write_text(_CATALOGUES, encoding="utf-8")
        except (OSError, RuntimeError) as error:
            raise LibraryError(f"{folder} cannot be written ({error})", "free space on the disk") from error
        finally:
            bpy.data.batch_remove({block for material in made for block in _belongings(material)})
            drop_shared_group(LOOKUPS_GROUP)
    if _registered() is None:
        bpy.context.preferences.filepaths.asset_libraries.new(name=_NAME, directory=str(folder))
        bpy.context.preferences.is_dirty = True
    return names


def _registered() -> bpy.types.UserAssetLibrary | None:
    libraries = bpy.context.preferences.filepaths.asset_libraries
    return next((one for one in libraries if one.path and Path(one.path) == assets_folder()), None)


def _make_asset(material: bpy.types.Material, entry: Entry) -> None:
    """Let a new material age by its model's ready-made atlas, and say what it is."""
    use_nodes(material)
    add_patina(material, entry.model)
    use_ready_atlas(material)
    key_age(material, FIRST, LAST)
    material.asset_mark()
    about = material.asset_data
    about.author = _NAME
    about.copyright = entry.header.credit
    about.license = entry.header.licence
    about.description = (
        f"{entry.title}: ages over frames {FIRST} to {LAST}, by the socket Age of its node group. Plays without Patina"
    )
    about.catalog_id = _CATALOGUE
    for word in ("patina", "ageing", *entry.title.casefold().split()):
        about.tags.new(word, skip_if_exists=True)
    picture = load_picture(entry.path.with_suffix(".png"))
    if picture is not None:
        shown = ball(thumbnail(picture))
        preview = material.preview_ensure()
        preview.image_size = shown.shape[1], shown.shape[0]
        preview.image_pixels_float.foreach_set(shown.ravel())


def _belongings(material: bpy.types.Material) -> Iterator[bpy.types.ID]:
    """A material of ours and all that was made for it."""
    yield material
    animation = material.node_tree.animation_data if material.node_tree is not None else None
    if animation is not None and animation.action is not None:
        yield animation.action
    node = group_node(material)
    if node is not None:
        inner = (group for group in atlas_groups(node.node_tree) if LOOKUPS_GROUP not in group)  # others may share that
        yield from {node.node_tree, *inner, *group_images(node.node_tree).values(), *atlas_images(node.node_tree)}


@contextmanager
def _out_of_the_way(names: list[str]) -> Iterator[None]:
    """Free these names of materials for a while: an asset is called as its model, whatever the open file holds."""
    taken = [material for material in bpy.data.materials if material.library is None and material.name in names]
    before = [material.name for material in taken]
    for number, material in enumerate(taken):
        material.name = f".patina {number}"
    try:
        yield
    finally:
        for material, name in zip(taken, before, strict=True):
            material.name = name
