"""Turns the visible channels of a state into the five maps.

Every form of model gives the same maps, so nothing outside the engine knows what kind of model it has:
base_color [H, W, 3] linear Rec.709 in [0, 1]; metallic, roughness [H, W] in [0, 1] (Blender's roughness, the square
root of GGX's alpha); height [H, W] as a fraction of the width of 256 texels; normal [H, W, 3], OpenGL tangent space (x
right, y up), encoded 0.5 n + 0.5. Rows start at the top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .color import srgb_to_linear
from .errors import InvalidModelError
from .model_header import ModelHeader

TEXELS_PER_HEIGHT = 256.0
_LEAST = 1e-6  # BRDF channels are clipped to [1e-6, 1] (public implementation)


def normal_from_height(height: Tensor) -> Tensor:
    """Encoded normals [H, W, 3] of a height field [H, W] in texels, which repeats at its borders.

    normalize(-dh/dx, -dh/dy, 1) by central differences with x right and y up (rows run down). The public implementation
    repeats its border instead of wrapping, which would show as a seam on every tile.
    """
    slope_x = (height.roll(-1, 1) - height.roll(1, 1)) / 2
    slope_y = (height.roll(1, 0) - height.roll(-1, 0)) / 2
    normal = torch.stack((-slope_x, -slope_y, torch.ones_like(height)), dim=-1)
    return 0.5 * normal / normal.norm(dim=-1, keepdim=True) + 0.5


class Appearance(ABC):
    """How a state is seen. `observed`: how many of its first channels that takes."""

    observed: int

    @abstractmethod
    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        """All maps but the normal, from the observed channels in [0, 1] and as they are [C, H, W]; height in texels."""

    def maps(self, state: Tensor) -> dict[str, np.ndarray]:
        """The five maps of the observed channels of a state [observed, H, W]."""
        raw = state.float()
        maps = self.scalar_maps((0.5 * raw + 0.5).clamp(0, 1), raw)
        texels = maps["height"]
        maps["height"] = texels / TEXELS_PER_HEIGHT
        maps["normal"] = normal_from_height(texels)
        return {name: value.cpu().numpy().astype(np.float32, copy=False) for name, value in maps.items()}


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


class MetallicAppearance(Appearance):
    """Base colour, metallic, GGX alpha (one, or one for each direction) and height were learned; all linear."""

    def __init__(self, alphas: int):
        self.alphas = alphas
        self.observed = 4 + alphas + 1

    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        alpha = maps[4 : 4 + self.alphas].clamp(min=_LEAST)
        return {
            "base_color": maps[:3].permute(1, 2, 0),
            "metallic": maps[3],
            "roughness": alpha.log().mean(0).mul(0.5).exp(),
            "height": raw[4 + self.alphas],
        }


class DiffuseSpecularAppearance(Appearance):
    """Diffuse and specular colour, two alphas and height were learned; base colour and metallic follow from them.

    With diffuse = base (1 - m) and specular = 0.04 (1 - m) + base m, averaged over the colour channels D and S,
    q = 1 - m solves 0.04 q^2 - (D + S) q + D = 0, and base = diffuse + specular - 0.04 q.
    """

    observed = 9

    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        diffuse, specular, alpha = maps[:3], maps[3:6], maps[6:8].clamp(min=_LEAST)
        total = (diffuse + specular).mean(0)
        share = 2 * diffuse.mean(0) / (total + (total.square() - 0.16 * diffuse.mean(0)).clamp(min=0).sqrt() + _LEAST)
        share = share.clamp(0, 1)
        return {
            "base_color": (diffuse + specular - 0.04 * share).clamp(0, 1).permute(1, 2, 0),
            "metallic": 1 - share,
            "roughness": alpha.log().mean(0).mul(0.5).exp(),
            "height": raw[8],
        }


def appearance_from_header(header: ModelHeader) -> Appearance:
    """The form that a model's header declares. Raises InvalidModelError where its rules are not numbers in range."""
    form = header.appearance["form"]
    if form == "rgb":
        appearance: Appearance = _rgb_appearance(header)
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


def _rgb_appearance(header: ModelHeader) -> RgbAppearance:
    departure = _pair(header, "departure", 0, 2)
    if departure[0] >= departure[1]:
        raise InvalidModelError(f"The rule 'departure' of {header.name} does not rise", "choose another model")
    red, green, blue = _rule(header, "fresh_color", 3, 0, 1)
    return RgbAppearance(
        fresh_color=(red, green, blue),
        departure=departure,
        metallic=_pair(header, "metallic", 0, 1),
        roughness=_pair(header, "roughness", 0, 1),
        relief=_pair(header, "relief", -64, 64),
    )


def _pair(header: ModelHeader, name: str, least: float, most: float) -> tuple[float, float]:
    fresh, aged = _rule(header, name, 2, least, most)
    return fresh, aged


def _rule(header: ModelHeader, name: str, length: int, least: float, most: float) -> list[float]:
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
