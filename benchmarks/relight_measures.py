"""How bright and how glossy a material is at each place under a light, whatever its arrangement; and how alike two are.

Two textures of one material are different pieces of it, so that their photographs cannot be compared texel by texel.
Shift one around its borders, photograph it again, and so on: at each place of the picture the mean of all these
photographs, and their quantiles, depend on what the material is made of and not on where it has it.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from patina.engine.appearance import RelightableAppearance
from patina.engine.maps.normals import normals
from patina.engine.rendering.flash import Frame, Light, exposed, geometry_at
from patina.engine.training.patch_loss import PatchLoss
from skimage.metrics import structural_similarity
from torch import Tensor

STATISTICS = ("mean", "tenth", "ninetieth")  # of a place's values over all shifts; the others are percentiles
_QUANTILES = (0.1, 0.9)
_AT_ONCE = 1 << 18  # texels times places: what fits a cache is twice as fast

# Other patches, other directions and other scales than training's.
_PATCHES = PatchLoss(patch=11, projections=64, scales=2)
_SEED = 20_003


def shifted(look: RelightableAppearance, state: Tensor, light: Light, places: int, spacing: int = 1) -> Tensor:
    """The picture's values [3, places * places, H, W] of each texel of a state [C, H', W'] at each place.

    Places lie evenly over the camera's view, rows from the top. spacing: only every so many-th row and column
    of texels. The same values as `look.photograph` gives for the state under all circular shifts, ordered by texel.
    """
    seen = state[: look.observed]
    normal = normals(look.height(seen))[:, ::spacing, ::spacing]
    maps = (0.5 * seen + 0.5).clamp(1e-6, 1)[:, ::spacing, ::spacing]
    shape = maps.shape[-2:]
    normal, maps = normal.flatten(1)[:, None], maps.flatten(1)[:, None]  # [C, 1, texels]
    positions = Frame(places, places).positions(0, 0, places, places).flatten(1)[:, :, None]  # [2, places, 1]
    parts = []
    for some in positions.split(max(1, _AT_ONCE // maps.shape[-1]), dim=1):
        geometry, irradiance = geometry_at(some, normal, light)
        parts.append(exposed(look.reflected(maps, geometry) * irradiance))
    return torch.cat(parts, dim=1).unflatten(2, shape)


def expected(values: Tensor) -> np.ndarray:
    """The `STATISTICS` [3, 3, P, P] (statistic, colour, place) of values [3, P * P, H, W] of `shifted`."""
    places = math.isqrt(values.shape[1])
    flat = values.flatten(2).numpy()
    found = np.concatenate((flat.mean(-1, dtype=np.float64)[None], np.quantile(flat, _QUANTILES, axis=-1)))
    return found.reshape(len(STATISTICS), 3, places, places)


def halves(values: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Values of `shifted`, left and right half of the texture, then upper and lower."""
    height, width = (extent // 2 for extent in values.shape[-2:])
    return [
        (values[..., :width], values[..., width:]),
        (values[..., :height, :], values[..., height:, :]),
    ]


def squared_error(one: np.ndarray, other: np.ndarray) -> float:
    """Mean squared difference of two pictures with values in [0, 1]."""
    return float(np.square(one.astype(np.float64) - other).mean())


def decibels(error: float) -> float:
    """The PSNR of a mean squared error, for pictures with values in [0, 1]."""
    return math.inf if error == 0 else -10 * math.log10(error)


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """SSIM of two pictures [3, H, W] in [0, 1]: windows and constants of Wang et al. 2004, mean over the colours."""
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(one, other, channel_axis=0, data_range=1.0, **settings))


def patch_distance(photograph: np.ndarray, reference: np.ndarray) -> float:
    """How differently the patches of two photographs [3, H, W] are distributed; they do not wrap around."""
    synthesis, target = (torch.from_numpy(picture).float()[None] for picture in (photograph, reference))
    generator = torch.Generator().manual_seed(_SEED)
    return float(_PATCHES(synthesis, [(target, 1.0)], generator, periodic=False))
