"""The numbers that a model's header gives for its form, checked."""

from __future__ import annotations

from ..errors import InvalidModelError
from ..models.model_header import ModelHeader


def rule(header: ModelHeader, name: str, length: int, least: float, most: float) -> list[float]:
    """The numbers of one rule. Raises InvalidModelError where they are others than `length` from `least` to `most`."""
    values = header.appearance.get(name)
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(type(value) in (int, float) and least <= value <= most for value in values)
    ):
        raise InvalidModelError(
            f"The rule {name!r} of {header.name} is not {length} numbers from {least} to {most}", "choose another model"
        )
    return [float(value) for value in values]


def pair(header: ModelHeader, name: str, least: float, most: float) -> tuple[float, float]:
    """A rule of two numbers: fresh and aged."""
    fresh, aged = rule(header, name, 2, least, most)
    return fresh, aged
