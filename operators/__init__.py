"""What an artist can do; one operator a file."""

import bpy

from .add_to_material import AddToMaterial
from .bake_sequence import BakeSequence
from .keyframe_age import KeyframeAge
from .lock_interface import LockInterface
from .remove_from_material import RemoveFromMaterial

_CLASSES = (AddToMaterial, RemoveFromMaterial, KeyframeAge, BakeSequence, LockInterface)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
