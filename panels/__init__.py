"""What an artist sees; draws, decides nothing."""

import bpy

from .material import MaterialPanel, SidebarPanel
from .preferences import PatinaPreferences
from .training import TrainingMaterialPanel, TrainingSidebarPanel

_CLASSES = (PatinaPreferences, MaterialPanel, SidebarPanel, TrainingMaterialPanel, TrainingSidebarPanel)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
