"""Models that learned reflectance and relief, so that they can be seen in any light."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from ..maps.color import srgb_to_linear
from ..maps.normals import normals
from ..rendering.brdf import Geometry, diffuse_specular, mixed_f0, principled
from ..rendering.flash import Light, exposed, geometry_at
from .base import Appearance
from .principled_fit import fit_principled

_LEAST = 1e-6  # BRDF channels are clipped to [1e-6, 1] (public implementation)
SMOOTHEST = 0.03  # a smoother surface's highlight is smaller than a texel: nothing could be learned from it


class RelightableAppearance(Appearance):
    """The last observed channel is the height. Channels [..., C, H, W]; maps = 0.5 x + 0.5, clipped to [1e-6, 1]."""

    relief = 1.0  # texels that one unit of the height channel means

    @abstractmethod
    def reflected(self, maps: Tensor, geometry: Geometry) -> Tensor:
        """f * (n . l) in 1 / sr, [..., 3, H, W]."""

    def height(self, state: Tensor) -> Tensor:
        """Height [..., H, W] in texels."""
        return self.relief * state[..., self.observed - 1, :, :]

    def radiance(self, state: Tensor, positions: Tensor, light: Light, height: Tensor | None = None) -> Tensor:
        """Linear light [..., 3, H, W] of a state whose texels lie at `positions` [..., 2, H, W] on the plane.

        height: [..., H, W] in texels in place of the state's own.
        """
        maps = (0.5 * state[..., : self.observed, :, :] + 0.5).clamp(_LEAST, 1)
        normal = normals(self.height(state) if height is None else height)
        geometry, irradiance = geometry_at(positions, normal, light)
        return self.reflected(maps, geometry) * irradiance

    def photograph(self, state: Tensor, positions: Tensor, light: Light, height: Tensor | None = None) -> Tensor:
        """The picture's values in (0, 1] that a photograph of the state has, [..., 3, H, W]."""
        return exposed(self.radiance(state, positions, light, height))


class PrincipledAppearance(RelightableAppearance):
    """Exactly what Blender's Principled BSDF takes: display-encoded base colour, metallic, roughness; then height."""

    observed = 6

    def __init__(self, relief: float):
        self.relief = relief

    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        return {
            "base_color": srgb_to_linear(maps[:3]).permute(1, 2, 0),
            "metallic": maps[3],
            "roughness": maps[4].clamp(min=SMOOTHEST),
            "height": self.height(raw),
        }

    def reflected(self, maps: Tensor, geometry: Geometry) -> Tensor:
        base, metallic, roughness = maps[..., :3, :, :], maps[..., 3:4, :, :], maps[..., 4:5, :, :]
        return principled(srgb_to_linear(base), metallic, roughness.clamp(min=SMOOTHEST).square(), geometry)


class MetallicAppearance(RelightableAppearance):
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
            "height": self.height(raw),
        }

    def reflected(self, maps: Tensor, geometry: Geometry) -> Tensor:
        alpha_u, alpha_v = maps[..., 4:5, :, :], maps[..., 3 + self.alphas : 4 + self.alphas, :, :]
        return mixed_f0(maps[..., :3, :, :], maps[..., 3:4, :, :], alpha_u, alpha_v, geometry)


class DiffuseSpecularAppearance(RelightableAppearance):
    """Diffuse and specular colour, two alphas and height were learned; base colour and metallic are the best fit."""

    observed = 9

    def scalar_maps(self, maps: Tensor, raw: Tensor) -> dict[str, Tensor]:
        alpha = maps[6:8].clamp(min=_LEAST).log().mean(0).exp()
        base, metallic = fit_principled(maps[:3], maps[3:6], alpha)
        return {
            "base_color": base.permute(1, 2, 0),
            "metallic": metallic,
            "roughness": alpha.sqrt(),
            "height": self.height(raw),
        }

    def reflected(self, maps: Tensor, geometry: Geometry) -> Tensor:
        diffuse, specular = maps[..., :3, :, :], maps[..., 3:6, :, :]
        return diffuse_specular(diffuse, specular, maps[..., 6:7, :, :], maps[..., 7:8, :, :], geometry)
