"""The Principled surface that looks most like a diffuse and a specular colour, at each texel by itself.

Both reflect diffuse / pi + specular * lobe, to the same lobe; Principled's two colours follow from one and a metallic:

    diffuse = 0.96 (1 - m) base        specular = 0.04 (1 - m) + m base

so three times two numbers are to be met by four. What is minimised is the squared error of the light that comes back
to a lamp beside the camera, summed over slopes of the surface, each weighted by the slope of the display's gamma
there: an error of a dark texel is seen more than one of a bright one. For a given m the best base colour is that of a
linear least-squares problem; m itself is sought from 0 to 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..rendering.brdf import DIELECTRIC_F0
from ..rendering.flash import GAMMA

_SLOPES = tuple(math.radians(degrees) for degrees in range(5, 70, 10))
_COARSE, _FINE = 12, 8  # steps over all m; then halvings between the best one's neighbours
_LEAST = 1e-12


def fit_principled(diffuse: Tensor, specular: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Base colour [3, H, W] and metallic [H, W] in [0, 1] for two colours [3, H, W], linear, and GGX's alpha [H, W]."""
    normal_equations = _normal_equations(diffuse.mean(0), specular.mean(0), alpha)

    def error(metallic: Tensor) -> Tensor:
        return _fit_base(diffuse, specular, metallic, normal_equations)[1]

    best = torch.zeros_like(alpha)
    least = error(best)
    for step in range(1, _COARSE + 1):
        metallic = torch.full_like(alpha, step / _COARSE)
        here = error(metallic)
        best, least = torch.where(here < least, metallic, best), torch.minimum(here, least)
    low, high = (best - 1 / _COARSE).clamp(min=0), (best + 1 / _COARSE).clamp(max=1)
    for _ in range(_FINE):
        one, other = torch.lerp(low, high, 0.48), torch.lerp(low, high, 0.52)
        left = error(one) < error(other)
        low, high = torch.where(left, low, one), torch.where(left, other, high)
    middle = (low + high) / 2
    metallic = torch.where(error(middle) < least, middle, best)
    return _fit_base(diffuse, specular, metallic, normal_equations)[0], metallic


def _normal_equations(diffuse: Tensor, specular: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted sums over the slopes of diffuse^2, diffuse * lobe and lobe^2, [H, W] each, from mean colours [H, W]."""
    sums = [torch.zeros_like(alpha) for _ in range(3)]
    squared = alpha.square()
    for slope in _SLOPES:
        cosine, tangent = math.cos(slope), math.tan(slope) ** 2
        density = 1 / (math.pi * squared * cosine**4 * (1 + tangent / squared).square())
        shadowing = 2 / (1 + (1 + squared * tangent).sqrt())
        lobe = density * shadowing.square() / (4 * cosine)
        matt = cosine / math.pi
        seen = (math.pi * (diffuse * matt + specular * lobe)).clamp(min=1e-3)
        weight = math.sin(slope) * seen ** (2 * (1 / GAMMA - 1))
        sums[0] += weight * matt**2
        sums[1] += weight * matt * lobe
        sums[2] += weight * lobe.square()
    return sums[0], sums[1], sums[2]


def _fit_base(
    diffuse: Tensor, specular: Tensor, metallic: Tensor, normal_equations: tuple[Tensor, Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """The best base colour [3, H, W] at a metallic, and the error [H, W] that it leaves."""
    matt, both, lobe = normal_equations
    share = (1 - DIELECTRIC_F0) * (1 - metallic)
    lacking = specular - DIELECTRIC_F0 * (1 - metallic)
    wanted = matt * share * diffuse + both * (share * lacking + metallic * diffuse) + lobe * metallic * lacking
    base = wanted / (matt * share * share + 2 * both * share * metallic + lobe * metallic * metallic + _LEAST)
    base = base.clamp(0, 1)
    off_diffuse, off_specular = share * base - diffuse, metallic * base - lacking
    error = matt * off_diffuse.square() + 2 * both * off_diffuse * off_specular + lobe * off_specular.square()
    return base, error.sum(0)
