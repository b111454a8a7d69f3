"""What an artist sees; draws, decides nothing."""

import bpy

from .material import MaterialPanel, SidebarPanel
from .preferences import PatinaPreferences

_CLASSES = (PatinaPreferences, MaterialPanel, SidebarPanel)


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
