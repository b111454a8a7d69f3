"""What can go wrong in the engine, each as one sentence that says what is wrong and what to do."""

from __future__ import annotations

import errno

# torch has a type of its own for a full GPU, and none for full memory; the last are oneDNN's words for it.
_WORDS_OF_FULL_MEMORY = ("memory", "bad_alloc", "could not create a primitive")


class PatinaError(Exception):
    """An error that a person can mend. `cause` is a clause that says what is wrong, `remedy`
    one that says what to do about it."""

    def __init__(self, cause: str, remedy: str):
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{cause}: {remedy}.")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is full."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(words in str(error) for words in _WORDS_OF_FULL_MEMORY)


def out_of_memory(extent: int, cause: str = "There is not enough memory") -> PatinaError:
    """What to say where a resolution of `extent` was too much; offers one that takes a quarter of the memory."""
    smaller = max(64, extent // 2 // 64 * 64)
    remedy = f"choose a smaller one, such as {smaller}" if smaller < extent else "close other programs, and try again"
    return PatinaError(f"{cause} at a resolution of {extent}", remedy)


class InvalidModelError(PatinaError):
    """A model file, or a description of a model, that is not to be believed."""


class InvalidExemplarError(PatinaError):
    """Footage that cannot be learned from."""


class InvalidRequestError(PatinaError):
    """An extent, age, seed or map that the model cannot give."""
