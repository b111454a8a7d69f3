"""Turns the visible channels of a state into the five maps; one class for each form of model."""

from __future__ import annotations

from ..errors import InvalidModelError
from ..models.model_header import ModelHeader
from .base import TEXELS_PER_HEIGHT, Appearance
from .relightable import DiffuseSpecularAppearance, MetallicAppearance, PrincipledAppearance, RelightableAppearance
from .rgb import DEFAULT_RULES, RGB_ESTIMATED, RgbAppearance
from .rules import rule

__all__ = [
    "DEFAULT_RULES",
    "RGB_ESTIMATED",
    "TEXELS_PER_HEIGHT",
    "Appearance",
    "DiffuseSpecularAppearance",
    "MetallicAppearance",
    "PrincipledAppearance",
    "RelightableAppearance",
    "RgbAppearance",
    "appearance_from_header",
]


def appearance_from_header(header: ModelHeader) -> Appearance:
    """The form that a model's header declares. Raises InvalidModelError where its rules are not numbers in range."""
    form = header.appearance["form"]
    appearance: Appearance
    if form == "rgb":
        appearance = RgbAppearance.from_header(header)
    elif form == "principled":
        appearance = PrincipledAppearance(*rule(header, "relief", 1, 1e-3, 1e3))
    elif form == "diffuse_specular":
        appearance = DiffuseSpecularAppearance()
    else:
        appearance = MetallicAppearance(alphas=2 if form == "metallic_anisotropic" else 1)
    if appearance.observed > header.network["channels"]:
        raise InvalidModelError(
            f"{header.name} has {header.network['channels']} channels and its form {form} needs {appearance.observed}",
            "choose the form that the model was trained with",
        )
    return appearance
