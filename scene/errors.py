"""What can be wrong with a material or a scene; each a sentence for the artist."""

from ..engine.errors import PatinaError


class MaterialError(PatinaError):
    """A material that Patina cannot change or show."""


class BakeError(PatinaError):
    """A bake that cannot be begun."""


class TrainingError(PatinaError):
    """A training that cannot be begun, resumed or discarded."""


class PreviewError(PatinaError):
    """A preview that cannot be made or written."""


class LibraryError(PatinaError):
    """A model that cannot be taken into the library."""
