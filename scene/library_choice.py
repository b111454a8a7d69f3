"""What is chosen in the library, and what it is searched for: of this window, never of a file."""

# No postponed annotations here: Blender would evaluate them where this module's names are out of reach of the lambdas.
import bpy

from . import library, library_pictures

# Blender keeps no reference to the strings of an enum's callback.
_items: list[tuple[str, str, str, str | int, int]] = []
_PLAIN = ("ERROR", "MATERIAL")  # a model that cannot be read; one without a picture
NONE = "NONE"


def _list_models(
    self: bpy.types.PropertyGroup, context: bpy.types.Context | None
) -> list[tuple[str, str, str, str | int, int]]:
    found = library.entries(self.search)
    _items[:] = [
        (one.model, one.title, one.origin, library_pictures.icon(one) or _PLAIN[one.header is not None], number)
        for number, one in enumerate(found)
    ] or [(NONE, "No model matches", "Search for something else", "INFO", 0)]
    return _items


def _get_chosen(self: bpy.types.PropertyGroup) -> int:
    """The chosen model where the search shows it, else the first that it shows."""
    names = [one.model for one in library.entries(self.search)]
    chosen = self.chosen_stored or library.default_model()
    return names.index(chosen) if chosen in names else 0


def _set_chosen(self: bpy.types.PropertyGroup, number: int) -> None:
    found = library.entries(self.search)
    if number < len(found):
        self.chosen_stored = found[number].model


class PatinaLibrary(bpy.types.PropertyGroup):
    """The library as a window shows it."""

    search: bpy.props.StringProperty(
        name="Search",
        description="Words of a model's name, title or credit",
        options={"SKIP_SAVE", "TEXTEDIT_UPDATE"},
    )
    chosen: bpy.props.EnumProperty(
        name="Model",
        description="A model of the library",
        items=_list_models,
        get=_get_chosen,
        set=_set_chosen,
        options={"SKIP_SAVE"},
    )
    chosen_stored: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})


def register() -> None:
    bpy.utils.register_class(PatinaLibrary)
    bpy.types.WindowManager.patina_library = bpy.props.PointerProperty(type=PatinaLibrary, name="Patina Library")


def unregister() -> None:
    library_pictures.close()
    del bpy.types.WindowManager.patina_library
    bpy.utils.unregister_class(PatinaLibrary)
