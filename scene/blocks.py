"""Data-blocks, found again: a reference does not outlive an undo, the session_uid of what it was to does."""

from __future__ import annotations

import bpy


def found_again(blocks: bpy.types.bpy_prop_collection, uid: int) -> bpy.types.ID | None:
    """The one of these data-blocks with this session_uid; None where it is gone."""
    return next((block for block in blocks if block.session_uid == uid), None)
