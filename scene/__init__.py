"""What a .blend holds of Patina: properties, node group, images, and the handlers that keep them at their age."""

from . import engine_process, engine_setup, handlers, properties, training_watch


def register() -> None:
    properties.register()
    handlers.register()


def unregister() -> None:
    engine_setup.unregister()
    training_watch.unregister()
    handlers.unregister()
    properties.unregister()
    engine_process.close()
