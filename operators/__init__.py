"""What an artist can do; one operator a file."""

import bpy

from .add_to_material import AddToMaterial
from .bake_sequence import BakeSequence
from .keyframe_age import KeyframeAge
from .lock_interface import LockInterface
from .remove_from_material import RemoveFromMaterial

_CLASSES = (AddToMaterial, RemoveFromMaterial, KeyframeAge, BakeSequence, LockInterface)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
