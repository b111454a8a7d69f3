"""What an artist can do; one operator a file."""

import bpy

from . import command
from .add_asset_library import AddAssetLibrary
from .add_to_material import AddToMaterial
from .age_source import AgeSource, AgeSourceRemove
from .bake_atlas import BakeAtlas
from .bake_sequence import BakeSequence
from .bake_uv import BakeUv
from .check_engine import CheckEngine
from .copy_diagnostics import CopyDiagnostics
from .edit_speed import EditSpeed
from .import_cancel import ImportCancel
from .import_model import ImportModel, ModelFiles
from .keyframe_age import KeyframeAge
from .lock_interface import LockInterface
from .mix_material import MixMaterial, UnmixMaterial
from .next_seed import NextSeed
from .play_sequence import PlaySequence
from .preview_relight import PreviewRelight
from .preview_relight_back import PreviewRelightBack
from .remove_from_material import RemoveFromMaterial
from .setup_cancel import SetupCancel
from .setup_engine import SetupEngine
from .setup_remove import SetupRemove
from .train import Train
from .train_discard import TrainDiscard
from .train_resume import TrainResume
from .train_stop import TrainStop
from .use_model import UseModel
from .use_ready_atlas import UseReadyAtlas

_CLASSES = (
    AddToMaterial,
    RemoveFromMaterial,
    KeyframeAge,
    AgeSource,
    AgeSourceRemove,
    MixMaterial,
    UnmixMaterial,
    NextSeed,
    EditSpeed,
    BakeAtlas,
    UseReadyAtlas,
    BakeSequence,
    BakeUv,
    PlaySequence,
    LockInterface,
    PreviewRelight,
    PreviewRelightBack,
    UseModel,
    Train,
    TrainStop,
    TrainResume,
    TrainDiscard,
    ImportModel,
    ModelFiles,
    ImportCancel,
    AddAssetLibrary,
    SetupEngine,
    SetupCancel,
    SetupRemove,
    CheckEngine,
    CopyDiagnostics,
)

_register_classes, _unregister_classes = bpy.utils.register_classes_factory(_CLASSES)


def register() -> None:
    _register_classes()
    command.register()


def unregister() -> None:
    command.unregister()
    _unregister_classes()
