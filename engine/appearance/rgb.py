"""Models of footage in any light, which shows colour only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InvalidModelError
from ..maps.color import srgb_to_linear
from ..models.model_header import ModelHeader
from .base import Appearance
from .rules import pair, rule


@dataclass(frozen=True)
class RgbAppearance(Appearance):
    """Colour was learned; gloss, metal and relief are estimated from how far a texel has left the fresh surface.

    departure = smoothstep of the distance between the texel's display-encoded colour and `fresh_color`, from
    `departure[0]` to `departure[1]`. Metallic and roughness go from their fresh to their aged value with it. Relief, in
    texels: `relief[0]` times the departure (corrosion builds up or eats away) plus `relief[1]` times the luma (grain).
    """

    observed = 3
    fresh_color: tuple[float, float, float]
    departure: tuple[float, float]
    metallic: tuple[float, float]
    roughness: tuple[float, float]
    relief: tuple[float, float]

    @classmethod
    def from_header(cls, header: ModelHeader) -> RgbAppearance:
        """The rules that a header states. Raises InvalidModelError where they are not numbers in range."""
        departure = pair(header, "departure", 0, 2)
        if departure[0] >= departure[1]:
            raise InvalidModelError(f"The rule 'departure' of {header.name} does not rise", "choose another model")
        red, green, blue = rule(header, "fresh_color", 3, 0, 1)
        return cls(
            fresh_color=(red, green, blue),
            departure=departure,
            metallic=pair(header, "metallic", 0, 1),
            roughness=pair(header, "roughness", 0, 1),
            relief=pair(header, "relief", -64, 64),
        )

    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        fresh = maps.new_tensor(self.fresh_color)[:, None, None]
        least, most = self.departure
        distance = (maps - fresh).square().sum(0).sqrt()
        along = ((distance - least) / (most - least)).clamp(0, 1)
        departure = along * along * (3 - 2 * along)
        luma = (maps * maps.new_tensor((0.2126, 0.7152, 0.0722))[:, None, None]).sum(0)
        return {
            "base_color": srgb_to_linear(maps).permute(1, 2, 0),  # [H, W, 3]
            "metallic": _between(self.metallic, departure),
            "roughness": _between(self.roughness, departure),
            "height": self.relief[0] * departure + self.relief[1] * luma,
        }


def _between(fresh_and_aged: tuple[float, float], departure: Tensor) -> Tensor:
    fresh, aged = departure.new_tensor(fresh_and_aged)
    return torch.lerp(fresh, aged, departure)


RGB_ESTIMATED = ("metallic", "roughness", "normal", "height")
# For footage of which nothing else is known: a dielectric that dulls and roughens as it leaves a mid grey.
DEFAULT_RULES: dict[str, object] = {
    "form": "rgb",
    "fresh_color": [0.5, 0.5, 0.5],
    "departure": [0.1, 0.5],
    "metallic": [0.0, 0.0],
    "roughness": [0.4, 0.8],
    "relief": [0.0, 1.0],
}
