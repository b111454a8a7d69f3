"""What an artist sees; draws, decides nothing."""

import bpy

from .material import MaterialPanel, SidebarPanel
from .preferences import PatinaPreferences

_CLASSES = (PatinaPreferences, MaterialPanel, SidebarPanel)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
