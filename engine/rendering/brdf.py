"""Reflectance of a surface: GGX with Smith shadowing and Schlick's Fresnel over a Lambertian base, in three forms.

Sources: Walter et al., "Microfacet models for refraction through rough surfaces", EGSR 2007 (GGX and its shadowing);
Heitz, "Understanding the masking-shadowing function", JCGT 2014 (the anisotropic form); Schlick 1994 (Fresnel).

Everywhere: colours linear, [..., 3, H, W]; scalars [..., 1, H, W]; alpha is GGX's own (Blender's roughness squared);
the result is f * (n . l), in 1 / sr, [..., 3, H, W].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

DIELECTRIC_F0 = 0.04  # index of refraction 1.5, Principled's default
_LEAST = 1e-6


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum(-3, keepdim=True)


@dataclass(frozen=True)
class Geometry:
    """Unit vectors at each texel, [..., 3, H, W]: x right, y up, z towards the camera."""

    normal: Tensor
    to_light: Tensor
    to_camera: Tensor

    @property
    def cosine(self) -> Tensor:
        """n . l, 0 where the light is behind the surface."""
        return _dot(self.normal, self.to_light).clamp(min=0)


def principled(base: Tensor, metallic: Tensor, alpha: Tensor, geometry: Geometry) -> Tensor:
    """Blender's Principled BSDF: two whole lobes, mixed by metallic.

    (1 - m) (base / pi (1 - F) + GGX with F0 = 0.04) + m (GGX with F0 = base). Cycles (distribution GGX) and Eevee
    render exactly this (to 70 and 50 dB).
    """
    lobe, grazing = _ggx(alpha, alpha, geometry)
    fresnel = DIELECTRIC_F0 + (1 - DIELECTRIC_F0) * grazing
    dielectric = base / math.pi * (1 - fresnel) * geometry.cosine + fresnel * lobe
    metal = (base + (1 - base) * grazing) * lobe
    return torch.lerp(dielectric, metal, metallic)


def mixed_f0(base: Tensor, metallic: Tensor, alpha_u: Tensor, alpha_v: Tensor, geometry: Geometry) -> Tensor:
    """The public implementation's metallic form: one lobe whose F0 goes from 0.04 to the base colour with metallic."""
    f0 = torch.lerp(torch.full_like(base, DIELECTRIC_F0), base, metallic)
    return diffuse_specular(base * (1 - metallic), f0, alpha_u, alpha_v, geometry)


def diffuse_specular(diffuse: Tensor, specular: Tensor, alpha_u: Tensor, alpha_v: Tensor, geometry: Geometry) -> Tensor:
    """The paper's form: a Lambertian colour beside a GGX lobe whose F0 is a colour of its own."""
    lobe, grazing = _ggx(alpha_u, alpha_v, geometry)
    return diffuse / math.pi * geometry.cosine + (specular + (1 - specular) * grazing) * lobe


def _ggx(alpha_u: Tensor, alpha_v: Tensor, geometry: Geometry) -> tuple[Tensor, Tensor]:
    """The lobe D G (n . l) / (4 (n . l) (n . v)) without its Fresnel term, and Schlick's (1 - h . v)^5.

    alpha_u lies along x, alpha_v along y of the picture, both in the surface.
    """
    normal, to_light, to_camera = geometry.normal, geometry.to_light, geometry.to_camera
    half = to_light + to_camera
    half = half / half.square().sum(-3, keepdim=True).sqrt()
    across = torch.zeros_like(normal)
    across[..., 0, :, :] = 1
    tangent = across - normal * normal[..., :1, :, :]
    tangent = tangent / tangent.square().sum(-3, keepdim=True).clamp(min=_LEAST).sqrt()
    bitangent = torch.linalg.cross(normal, tangent, dim=-3)

    def stretched(vector: Tensor) -> Tensor:
        """(alpha_u v_t)^2 + (alpha_v v_b)^2."""
        return (alpha_u * _dot(vector, tangent)).square() + (alpha_v * _dot(vector, bitangent)).square()

    def shadowing(vector: Tensor, cosine: Tensor) -> Tensor:
        """Smith's G1 / cosine: 2 / (c + sqrt(c^2 + (alpha sine)^2))."""
        return 2 / (cosine + (cosine.square() + stretched(vector)).clamp(min=_LEAST**2).sqrt())

    light, camera = geometry.cosine, _dot(normal, to_camera).clamp(min=1e-4)
    spread = (_dot(half, tangent) / alpha_u).square() + (_dot(half, bitangent) / alpha_v).square()
    density = 1 / (math.pi * alpha_u * alpha_v * (spread + _dot(half, normal).square()).square())
    lobe = density * shadowing(to_light, light.clamp(min=_LEAST)) * shadowing(to_camera, camera) / 4 * light
    return lobe, (1 - _dot(half, to_camera).clamp(0, 1)) ** 5
