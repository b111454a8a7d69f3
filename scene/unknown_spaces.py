"""Files that come from a Blender in another colour configuration: what their images hold is said again.

A .blend keeps the names of colour spaces. One that this configuration does not have (*Non-Color* under ACES) is
dropped, and Blender takes the image for colours in its default space, whatever it holds: normals like base colour.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from .nodes import PART
from .working_space import is_unknown, tag_linear_rec709, tag_srgb

_FILES = ("atlas", "sequence")  # parts of a group whose images are files; others have scene-linear pixels
_looked_at: set[int] = set()  # groups, by session_uid: what is tagged here later has names that are known


def tag_unknown() -> None:
    """Tag the images of atlases and sequences that came with an unknown colour space, of groups not looked at yet."""
    for group in bpy.data.node_groups:
        if group.session_uid in _looked_at:
            continue
        _looked_at.add(group.session_uid)
        for node in group.nodes:
            is_file = node.bl_idname == "ShaderNodeTexImage" and node.get(PART) in _FILES
            if is_file and node.image is not None and is_unknown(node.image):
                is_color = node.label == "Sequence base_color" or "_base_color." in node.image.filepath
                _tag(node.image, is_color)


def look_again() -> None:
    """After a load or an undo, which bring other data-blocks."""
    _looked_at.clear()
    tag_unknown()


def _tag(image: bpy.types.Image, is_color: bool) -> None:
    if not is_color:
        image.colorspace_settings.is_data = True
    elif Path(image.filepath).suffix.lower() == ".exr":
        tag_linear_rec709(image)
    else:
        tag_srgb(image)
