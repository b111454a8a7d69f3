"""What can go wrong in the engine, each as one sentence that says what is wrong and what to do."""

from __future__ import annotations


class PatinaError(Exception):
    """An error that a person can mend. `cause` is a clause that says what is wrong, `remedy`
    one that says what to do about it."""

    def __init__(self, cause: str, remedy: str):
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{cause}: {remedy}.")


class InvalidModelError(PatinaError):
    """A model file, or a description of a model, that is not to be believed."""


class InvalidExemplarError(PatinaError):
    """Footage that cannot be learned from."""


class InvalidRequestError(PatinaError):
    """An extent, age, seed or map that the model cannot give."""
