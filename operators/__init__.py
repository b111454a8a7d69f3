"""What an artist can do; one operator a file."""

import bpy

from .add_to_material import AddToMaterial
from .bake_atlas import BakeAtlas
from .bake_sequence import BakeSequence
from .keyframe_age import KeyframeAge
from .lock_interface import LockInterface
from .remove_from_material import RemoveFromMaterial
from .train import Train
from .train_discard import TrainDiscard
from .train_resume import TrainResume
from .train_stop import TrainStop
from .use_model import UseModel

_CLASSES = (
    AddToMaterial,
    RemoveFromMaterial,
    KeyframeAge,
    BakeAtlas,
    BakeSequence,
    LockInterface,
    UseModel,
    Train,
    TrainStop,
    TrainResume,
    TrainDiscard,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
