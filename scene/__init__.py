"""What a .blend holds of Patina: properties, node group, images, and the handlers that keep them at their age."""

from . import handlers, library_choice, library_import, properties
from .engine import process as engine_process
from .engine import setup as engine_setup
from .training import watch as training_watch


def register() -> None:
    properties.register()
    library_choice.register()
    handlers.register()


def unregister() -> None:
    engine_setup.unregister()
    training_watch.unregister()
    handlers.unregister()
    library_import.close()
    library_choice.unregister()
    properties.unregister()
    engine_process.close()
