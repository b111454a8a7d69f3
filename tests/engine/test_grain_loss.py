"""Grain: where a texture is smooth and where it is rough must be learned, not only how rough it is on average."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from patina.engine.training.exemplar import Exemplar
from patina.engine.training.grain_loss import GrainLoss
from patina.engine.training.maps import MapsObjective
from patina.engine.training.patch_loss import PatchLoss
from textures import blurred, six_maps
from torch import Tensor
from torch.nn import functional

PATCHES = PatchLoss(projections=64, scales=3, inner=3)
LOSS = GrainLoss(PATCHES)


def crusted(seed: int, clustered: bool = True, extent: int = 96) -> Tensor:
    """A soft relief with fine grain on a third of its area, or with as much everywhere, [1, 3, H, W]."""
    relief, crusts, noise = np.random.Generator(np.random.PCG64(seed)).normal(size=(3, extent, extent))
    crusts = blurred(crusts, 5)
    rough = crusts > np.quantile(crusts, 2 / 3) if clustered else 3**-0.5
    return torch.from_numpy(0.5 + 0.1 * blurred(relief, 5) + 0.06 * rough * noise).float().expand(1, 3, -1, -1)


def distance(loss: GrainLoss | PatchLoss, picture: Tensor, exemplar: Tensor, periodic: bool = True) -> float:
    return float(loss(picture, [(exemplar, 1.0)], torch.Generator().manual_seed(1), periodic))


def test_grain_is_the_deviation_of_what_is_finer_than_three_texels() -> None:
    """A chequerboard of amplitude a differs by 8/9 of it from the mean of nine texels, everywhere."""
    board = torch.ones(1, 1, 16, 16)
    board[..., ::2, 1::2] = board[..., 1::2, ::2] = -1
    grain = LOSS.grain(0.5 + 0.2 * board, periodic=True)
    torch.testing.assert_close(grain.exp(), torch.full((1, 1, 16, 16), 0.2 * 8 / 9), rtol=1e-3, atol=0)
    window = LOSS.grain(0.5 + 0.2 * board, periodic=False)
    torch.testing.assert_close(window, grain[..., 2:-2, 2:-2])


def test_less_grain_than_shows_is_none() -> None:
    noise = 0.0002 * torch.randn((1, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    difference = LOSS.grain(0.5 + noise, periodic=True) - LOSS.grain(torch.full((1, 3, 32, 32), 0.5), periodic=True)
    assert float(difference.abs().max()) < 0.1


def test_a_texture_is_nowhere_from_itself() -> None:
    window = crusted(0)[..., 10:70, 20:80]
    assert distance(LOSS, window, window, periodic=False) == 0
    image = crusted(1)
    itself = functional.pad(image, (4,) * 4, mode="circular")
    one_scale = GrainLoss(PatchLoss(projections=64, scales=1))
    assert distance(one_scale, image.roll((20, 11), (2, 3)), itself) < 0.2 * distance(one_scale, crusted(2), itself)


def test_grain_everywhere_in_place_of_clusters_is_noticed_where_patches_hardly_notice() -> None:
    """Another piece of the same kind is the measure: that much differs anyway."""
    exemplar, other, even = crusted(0), crusted(1), crusted(1, clustered=False)
    seen, missed = (distance(loss, even, exemplar) / distance(loss, other, exemplar) for loss in (LOSS, PATCHES))
    assert seen > 1.6 and missed < 1.2


def test_fine_noise_in_smooth_places_is_noticed_beside_rough_ones() -> None:
    exemplar, other = crusted(0), crusted(1)
    noisy = other + 0.01 * torch.randn(other.shape[-2:], generator=torch.Generator().manual_seed(3))
    seen, missed = (distance(loss, noisy, exemplar) / distance(loss, other, exemplar) for loss in (LOSS, PATCHES))
    assert seen > 1.35 and missed < 1.1


@pytest.mark.parametrize("periodic", [True, False])
def test_descending_the_distance_takes_grain_to_where_it_belongs(periodic: bool) -> None:
    """From as much everywhere to clusters; patches alone get nowhere in as many steps."""
    exemplar = crusted(0, extent=64)

    def contrast(picture: Tensor) -> float:
        grain = LOSS.grain(picture, periodic).flatten()
        return float(grain.quantile(0.9) - grain.quantile(0.1))

    reached = {}
    for loss in (PATCHES, LOSS):
        picture, generator = crusted(1, clustered=False, extent=64).clone(), torch.Generator().manual_seed(4)
        before = contrast(picture)
        optimiser = torch.optim.Adam([picture.requires_grad_()], 0.005)
        for _ in range(60):
            optimiser.zero_grad()
            loss(picture, [(exemplar, 1.0)], generator, periodic).backward()
            optimiser.step()
        reached[type(loss)] = contrast(picture.detach()) / before
    assert contrast(exemplar) > 4 * before
    assert reached[PatchLoss] < 1.3 and reached[GrainLoss] > 2, reached


def test_where_all_is_flat_the_gradient_is_finite() -> None:
    flat = torch.full((1, 3, 32, 32), 0.5, requires_grad=True)
    for exemplar in (crusted(0), torch.full((1, 3, 48, 48), 0.4)):
        distance = LOSS(flat, [(exemplar, 1.0)], torch.Generator().manual_seed(0))
        assert torch.isfinite(torch.autograd.grad(distance, flat)[0]).all()


def test_between_two_frames_grain_is_drawn_from_both() -> None:
    """Half of the texture is as smooth as one frame and half as rough as the other; nothing is half as rough."""
    rough = crusted(0, clustered=False)
    smooth = torch.full_like(rough, 0.5)
    half = torch.cat((smooth[..., :48], rough[..., 48:]), dim=-1)
    generator, target = torch.Generator(), [(smooth, 0.5), (rough, 0.5)]
    mixed, blended, one, other = (
        float(LOSS(picture, target, generator.manual_seed(0)))
        for picture in (half, (smooth + rough) / 2, smooth, rough)
    )
    assert mixed < 0.75 * min(blended, one, other)


def test_texture_sets_are_learned_with_their_grain_and_their_record_says_so() -> None:
    ages = np.array([0.0, 1.0])
    objective = MapsObjective(Exemplar("spotted", np.stack([six_maps(0, 32, age) for age in ages]), ages))
    assert isinstance(objective.loss, GrainLoss)
    assert "0.3 of the same for grain" in objective.settings()["loss"]
