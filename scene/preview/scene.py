"""The preview's own scene: found by a tag, made, and taken away with everything that was made for it."""

from __future__ import annotations

import bpy

from ..materials import group_node, remove_patina

VIEWED, RENDERED = "viewed", "rendered"  # the scene that a window shows; one that lives while pictures are written
_ROLE = "patina_preview"
# What a copy was copied from; of a scene: the one to go back to. By name: a pointer in a custom property would draw
# the artist's scene into the preview's dependency graph, and its frame with it.
_MADE_FROM = "patina_preview_of"
_NAME = "Patina Relit"


def find_preview(role: str = VIEWED) -> bpy.types.Scene | None:
    """The preview scene of a role, or None."""
    return next((scene for scene in bpy.data.scenes if scene.get(_ROLE) == role), None)


def is_preview(block: bpy.types.ID) -> bool:
    """Whether a data-block was made for a preview."""
    return _ROLE in block


def new_preview(home: bpy.types.Scene, role: str = VIEWED) -> bpy.types.Scene:
    """An empty preview scene in place of any earlier one of that role. home: the scene to go back to."""
    home = original(home)
    remove_preview(role)
    scene = bpy.data.scenes.new(_NAME if role == VIEWED else f"{_NAME} Pictures")
    return copied(scene, home, role)


def own(block: bpy.types.ID, role: str) -> bpy.types.ID:
    """Mark a data-block as the preview's: it goes when the preview goes."""
    block[_ROLE] = role
    return block


def copied(block: bpy.types.ID, source: bpy.types.ID, role: str) -> bpy.types.ID:
    """Mark a copy, and remember what it was copied from."""
    block[_MADE_FROM] = source.name
    return own(block, role)


def original(block: bpy.types.ID) -> bpy.types.ID:
    """The artist's own data-block behind one of the preview's; any other is returned as it is."""
    name = block.get(_MADE_FROM) if is_preview(block) else None
    kinds = {
        bpy.types.Scene: bpy.data.scenes,
        bpy.types.Material: bpy.data.materials,
        bpy.types.Object: bpy.data.objects,
    }
    blocks = next((found for kind, found in kinds.items() if isinstance(block, kind)), {})
    return blocks.get(name, block) if name is not None else block


def home_of(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The artist's scene behind a preview; where that is gone, any scene that is no preview."""
    home = original(scene)
    if home != scene:
        return home
    return next((other for other in bpy.data.scenes if not is_preview(other)), None)


def remove_preview(role: str = VIEWED) -> None:
    """Take a preview away: its scene and every data-block that was made for it. Windows that show it go back."""
    scene = find_preview(role)
    if scene is not None:
        home = home_of(scene)
        for window in bpy.context.window_manager.windows:
            if window.scene == scene and home is not None:
                window.scene = home
        if home is not None:
            bpy.data.scenes.remove(scene)
    for material in [found for found in bpy.data.materials if found.get(_ROLE) == role]:
        if group_node(material) is not None:
            remove_patina(material)  # its group and its images
        bpy.data.materials.remove(material)
    # Objects before what they hold.
    for blocks in (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.lights, bpy.data.worlds):
        for block in [found for found in blocks if found.get(_ROLE) == role]:
            blocks.remove(block)
    for action in [found for found in bpy.data.actions if found.get(_ROLE) == role]:
        bpy.data.actions.remove(action)
