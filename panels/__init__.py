"""What an artist sees; draws, decides nothing."""

import bpy

from .age_sources import AgeSourcesMaterialPanel, AgeSourcesSidebarPanel
from .library import LibraryMaterialPanel, LibrarySidebarPanel
from .material import MaterialPanel, SidebarPanel
from .preferences import PatinaPreferences
from .relight import RelightMaterialPanel, RelightSidebarPanel
from .training import TrainingMaterialPanel, TrainingSidebarPanel

_CLASSES = (
    PatinaPreferences,
    LibraryMaterialPanel,
    LibrarySidebarPanel,
    MaterialPanel,
    SidebarPanel,
    AgeSourcesMaterialPanel,
    AgeSourcesSidebarPanel,
    RelightMaterialPanel,
    RelightSidebarPanel,
    TrainingMaterialPanel,
    TrainingSidebarPanel,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
