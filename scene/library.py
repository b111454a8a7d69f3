"""Models by name: the ones that came with Patina, the ones that were trained here, or any file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..engine.errors import InvalidModelError, PatinaError
from ..engine.files import progress
from ..engine.folders import WEIGHTS
from ..engine.models.model_header import ModelHeader, read_header
from .baking.sequence import file_stem
from .engine.process import preferences
from .errors import LibraryError
from .read_once import read_once

_FIRST = "rusting_steel"
_read_header = read_once(read_header)


def trained_folder() -> Path:
    """Where trained models are: as the preferences say, else among Blender's own user data.

    Not in the extension's folders: one goes with every upgrade, the other (`extension_path_user`) when the extension
    is uninstalled, and a model is hours of work. The folder need not exist.
    """
    chosen = preferences()
    if chosen is not None and chosen.models:
        return Path(bpy.path.abspath(chosen.models))
    return Path(bpy.utils.user_resource("DATAFILES", path="patina/models"))


def shipped_names() -> list[str]:
    """The models that came with Patina."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def model_names() -> list[str]:
    """The shipped models by name, then the trained ones."""
    return [model for model, _ in _listed()]


def default_model() -> str:
    """The model that an artist meets first; empty where there is none."""
    names = model_names()
    return _FIRST if _FIRST in names else next(iter(names), "")


def _listed() -> list[tuple[str, Path]]:
    """Each model's name in the library, and its file.

    A trained model that bears a shipped one's name is listed by its path: a name means the same on every computer.
    """
    shipped = shipped_names()
    trained = sorted(trained_folder().glob("*.safetensors"))
    return [
        *((name, WEIGHTS / f"{name}.safetensors") for name in shipped),
        *((str(path) if path.stem in shipped else path.stem, path) for path in trained),
    ]


def model_path(model: str, blend: bpy.types.Library | None = None) -> Path:
    """The file of a model given by a name in the library or by a path.

    A path that starts with // is from the open .blend, or from `blend`, which a material is linked from.
    """
    if model in shipped_names():
        return WEIGHTS / f"{model}.safetensors"
    folder = trained_folder()
    if any(path.stem == model for path in folder.glob("*.safetensors")):
        return (folder / f"{model}.safetensors").resolve()
    path = Path(bpy.path.abspath(model, library=blend))
    if not path.is_file():
        known = ", ".join(model_names()) or "none"
        raise InvalidModelError(f"There is no model {model!r}", f"choose a file or a model of the library ({known})")
    return path.resolve()


def model_header(model: str, blend: bpy.types.Library | None = None) -> ModelHeader:
    """That of a model, by what a material remembers of it. Raises InvalidModelError."""
    return header_of(model_path(model, blend))


def header_of(path: Path) -> ModelHeader:
    """The checked header of a model file; read again only when it changed. Raises InvalidModelError."""
    return _read_header(path)


@dataclass(frozen=True)
class Entry:
    """A model as the library lists it. model: its name in the library. header: None where `problem` says why."""

    model: str
    path: Path
    header: ModelHeader | None
    problem: str = ""

    @property
    def title(self) -> str:
        return self.header.title if self.header is not None else self.path.stem

    @property
    def origin(self) -> str:
        """How it came here, in a few words."""
        if self.path.parent == WEIGHTS:
            return "Came with Patina"
        source = self.header.training.get("imported_from") if self.header is not None else None
        if isinstance(source, str):
            return f"Imported from {source[:80]}"
        return "Trained here" if progress.progress_path(self.path).exists() else "In your folder"


def entries(search: str = "") -> list[Entry]:
    """The models of the library whose name, title or credit has every word of `search`, in any case."""
    words = search.casefold().split()
    found = []
    for model, path in _listed():
        try:
            entry = Entry(model, path, header_of(path))
            text = f"{path.stem} {entry.title} {entry.header.credit}"
        except (PatinaError, OSError) as error:  # a file may go while they are listed
            entry, text = Entry(model, path, None, str(error)), path.stem
        if all(word in text.casefold() for word in words):
            found.append(entry)
    return found


def new_model_path(title: str) -> Path:
    """Where a new model of that name goes in the folder of trained models, which is made if need be.

    Raises LibraryError where a file of a model or of a training is there, even one that differs in case alone, or where
    a shipped model has that name.
    """
    name = file_stem(title)
    if name.casefold() in (shipped.casefold() for shipped in shipped_names()):
        raise LibraryError(f"The name {name!r} is that of a model that came with Patina", "choose another name")
    folder = trained_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = {path.name.casefold() for path in folder.iterdir()}
    except OSError as error:
        raise LibraryError(
            f"The folder of trained models {folder} cannot be used ({error.strerror})",
            "choose another one in Patina's preferences",
        ) from error
    model = folder / f"{name}.safetensors"
    if progress.progress_path(model).name.casefold() in taken:
        raise LibraryError(f"There is a training {name!r} already", "resume or discard it, or choose another name")
    beside = (model, model.with_suffix(".checkpoint"), model.with_suffix(".png"))
    if any(path.name.casefold() in taken for path in beside):
        raise LibraryError(f"There is a model {name!r} already", "choose another name")
    return model
