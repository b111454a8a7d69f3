"""Patina: materials that age. Imported by Blender as an extension and by Python as the package of the engine."""


def register() -> None:
    """Add Patina to Blender."""
    from . import operators, panels, scene

    scene.register()
    operators.register()
    panels.register()


def unregister() -> None:
    """Take out what `register` added, in reverse, and end the engine's process."""
    from . import operators, panels, scene

    panels.unregister()
    operators.unregister()
    scene.unregister()
