"""The distance between two textures: nothing where they agree, more the more they differ, and smooth."""

from __future__ import annotations

import pytest
import torch
from patina.engine.training.patch_loss import PatchLoss, overflow
from torch import Tensor
from torch.nn import functional

LOSS = PatchLoss(projections=32, scales=2)


def texture(extent: int = 96, seed: int = 0) -> Tensor:
    """A periodic texture of small soft blobs, [1, 3, H, W] in [0, 1]."""
    noise = torch.randn((1, 3, extent, extent), generator=torch.Generator().manual_seed(seed))
    for _ in range(2):
        noise = functional.avg_pool2d(functional.pad(noise, (1,) * 4, mode="circular"), 3, stride=1)
    return 0.5 + 0.15 * noise / noise.std()


def distance(synthesis: Tensor, exemplar: Tensor, seed: int = 1) -> float:
    return float(LOSS(synthesis, [(exemplar, 1.0)], torch.Generator().manual_seed(seed)))


def shuffled(image: Tensor) -> Tensor:
    order = torch.randperm(image.shape[-1] * image.shape[-2], generator=torch.Generator().manual_seed(2))
    return image.flatten(2)[..., order].reshape(image.shape)


def test_a_texture_is_nowhere_from_its_own_patches() -> None:
    """The exemplar does not wrap; padded by what lies beyond its borders it has just the patches of the texture."""
    image = texture()
    exemplar = functional.pad(image, (3,) * 4, mode="circular")
    one_scale = PatchLoss(projections=32, scales=1)
    assert float(one_scale(image, [(exemplar, 1.0)], torch.Generator().manual_seed(0))) < 1e-5
    assert float(one_scale(image.roll((20, 11), (2, 3)), [(exemplar, 1.0)], torch.Generator().manual_seed(0))) < 1e-5
    assert float(one_scale(1 - image, [(exemplar, 1.0)], torch.Generator().manual_seed(0))) > 0.01


def test_another_piece_of_the_same_texture_is_nearer_than_what_an_eye_would_refuse() -> None:
    image, other = texture(), texture(seed=1)
    same_kind = distance(other, image)
    noise = torch.randn(other.shape, generator=torch.Generator().manual_seed(3))
    changes = {
        "shuffled pixels": shuffled(other),
        "colour cast": other + torch.tensor([0.1, 0.0, -0.1])[None, :, None, None],
        "noise": other + 0.08 * noise,
        "flat": other.mean((2, 3), keepdim=True).expand_as(other),
        "contrast": 0.5 + 0.5 * (other - 0.5),
    }
    for name, changed in changes.items():
        assert distance(changed, image) > 1.5 * same_kind, name


@pytest.mark.parametrize("change", ["noise", "cast"])
def test_the_distance_grows_with_the_change(change: str) -> None:
    image = texture()
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(3))
    direction = noise if change == "noise" else torch.ones_like(image)
    distances = [distance(image + strength * direction, image) for strength in (0.0, 0.02, 0.05, 0.1)]
    assert distances == sorted(distances) and distances[3] > 3 * distances[1] > 0


@pytest.mark.parametrize(("ours", "theirs"), [(32, 64), (64, 48), (16, 64), (16, 16), (64, 160)])
def test_textures_of_different_extents_can_be_compared(ours: int, theirs: int) -> None:
    image = texture(theirs)
    near, far = distance(image[..., :ours, :ours], image), distance(1 - texture(ours, seed=5) ** 3, image)
    assert near < far


def test_descending_the_distance_brings_a_texture_nearer() -> None:
    exemplar, x = texture(32), torch.full((1, 3, 32, 32), 0.3, requires_grad=True)
    x.data += 0.05 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(4)
    before = distance(x.detach(), exemplar)
    for _ in range(10):
        (gradient,) = torch.autograd.grad(LOSS(x, [(exemplar, 1.0)], generator), x)
        assert torch.isfinite(gradient).all() and gradient.abs().max() > 0
        x.data -= 0.02 * gradient.sign()
    assert distance(x.detach(), exemplar) < before / 2


def test_a_plain_exemplar_gives_no_infinite_distance() -> None:
    plain = torch.full((1, 3, 32, 32), 0.5)
    x = texture(32).requires_grad_()
    loss = LOSS(x, [(plain, 1.0)], torch.Generator().manual_seed(0))
    loss.backward()
    assert torch.isfinite(loss) and x.grad is not None and torch.isfinite(x.grad).all()


def test_the_same_generator_gives_the_same_distance() -> None:
    assert distance(texture(seed=1), texture()) == distance(texture(seed=1), texture())
    assert distance(texture(seed=1), texture(), seed=1) != distance(texture(seed=1), texture(), seed=2)


def test_between_two_frames_patches_are_drawn_from_both_in_proportion() -> None:
    """A texture of which three quarters look like one frame and one quarter like the other is what is wanted there."""
    dark, bright = texture(64) - 0.3, texture(64, seed=1) + 0.3
    half = torch.cat((dark[..., :32], bright[..., :32]), dim=-1)
    quarter = torch.cat((dark[..., :48], bright[..., :16]), dim=-1)
    one_scale = PatchLoss(projections=32, scales=1)

    def mixed(picture: Tensor, share: float) -> float:
        target = [(dark, 1 - share), (bright, share)]
        return float(one_scale(picture, target, torch.Generator().manual_seed(0)))

    candidates = {"dark": dark, "quarter": quarter, "half": half, "bright": bright, "mean": (dark + bright) / 2}
    for share, best in ((0.0, "dark"), (0.25, "quarter"), (0.5, "half"), (1.0, "bright")):
        distances = {name: mixed(picture, share) for name, picture in candidates.items()}
        assert min(distances, key=distances.__getitem__) == best, (share, distances)


def test_a_window_that_does_not_repeat_has_only_its_own_patches() -> None:
    window = texture(96)[..., 10:42, 20:52]
    one_scale = PatchLoss(projections=32, scales=1)
    itself = float(one_scale(window, [(window, 1.0)], torch.Generator().manual_seed(0), periodic=False))
    wrapped = float(one_scale(window, [(window, 1.0)], torch.Generator().manual_seed(0)))
    assert itself == 0 < wrapped


def test_overflow_is_how_far_values_leave_the_range() -> None:
    assert float(overflow(torch.tensor([0.0, 1.0, 0.4]))) == 0
    assert float(overflow(torch.tensor([-0.5, 0.5, 1.25, 1.0]))) == pytest.approx(0.1875)


def test_fine_noise_on_a_soft_texture_is_noticed() -> None:
    """A patch's mean colour dwarfs what is fine: directions that ignore the mean are there to see it."""
    image = functional.avg_pool2d(functional.pad(texture(), (6,) * 4, mode="circular"), 13, stride=1)
    image = 0.5 + 0.15 * (image - image.mean()) / image.std()
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(3))
    finest = PatchLoss(projections=64, scales=1)
    still = float(finest(image, [(image, 1.0)], torch.Generator().manual_seed(1)))
    noisy = float(finest(image + 0.03 * noise, [(image, 1.0)], torch.Generator().manual_seed(1)))
    assert noisy > 2.2 * still


def test_noise_of_colour_on_a_texture_of_lightness_is_noticed() -> None:
    """Most directions see lightness first: those that see only colour are there for what it hides."""
    grey = texture().mean(1, keepdim=True).expand(1, 3, 96, 96)
    noise = torch.randn(grey.shape, generator=torch.Generator().manual_seed(3))
    coloured = noise - noise.mean(1, keepdim=True)
    finest = PatchLoss(projections=64, scales=1)
    still = float(finest(grey, [(grey, 1.0)], torch.Generator().manual_seed(1)))
    noisy = float(finest(grey + 0.01 * coloured, [(grey, 1.0)], torch.Generator().manual_seed(1)))
    assert noisy > 2 * still + 0.3


def test_noise_in_one_map_among_many_is_noticed() -> None:
    """The height of a flat surface must not stay noise because colour varies more."""
    maps = torch.cat((texture(), texture(seed=1)[:, :1], texture(seed=2)[:, :1], texture(seed=3)[:, :1] * 0.05), dim=1)
    noisy = maps.clone()
    noisy[:, 5:] += 0.05 * torch.randn((1, 1, 96, 96), generator=torch.Generator().manual_seed(4))
    finest = PatchLoss(projections=64, scales=1)
    still = float(finest(maps, [(maps, 1.0)], torch.Generator().manual_seed(1)))
    assert float(finest(noisy, [(maps, 1.0)], torch.Generator().manual_seed(1))) > still + 0.15


def test_lightness_that_is_too_rough_is_noticed_among_many_maps() -> None:
    """Lightness is one of the maps that are seen alone; else the others drown it."""
    soft = functional.avg_pool2d(functional.pad(texture()[:, :1], (3,) * 4, mode="circular"), 7, stride=1)
    others = torch.cat([texture(seed=seed)[:, :1] for seed in (1, 2, 3)], dim=1)
    maps = torch.cat((soft.expand(1, 3, 96, 96), others), dim=1)
    rough = maps.clone()
    rough[:, :3] += 0.06 * torch.randn((1, 1, 96, 96), generator=torch.Generator().manual_seed(4))
    finest = PatchLoss(projections=64, scales=1)
    still = float(finest(maps, [(maps, 1.0)], torch.Generator().manual_seed(1)))
    assert float(finest(rough, [(maps, 1.0)], torch.Generator().manual_seed(1))) > 4 * still


def test_small_projections_tell_grain_in_clusters_from_grain_everywhere() -> None:
    """As much of it in both, on a relief that varies more."""
    relief = 3 * functional.avg_pool2d(functional.pad(texture()[:, :1], (7,) * 4, mode="circular"), 15, stride=1)
    grain, other = (
        0.02 * torch.randn((1, 1, 96, 96), generator=torch.Generator().manual_seed(seed)) for seed in (3, 4)
    )
    crusts = torch.zeros_like(grain)
    crusts[..., :24, :24] = 4.0  # a sixteenth of the area, four times the amplitude
    target = [(relief + crusts * grain, 1.0)]
    told = {}
    for inner in (0, 3):
        loss = PatchLoss(projections=256, scales=1, inner=inner)
        clustered, even = (
            float(loss(relief + values, target, torch.Generator().manual_seed(1))) for values in (crusts * other, other)
        )
        told[inner] = even - clustered
    assert told[3] > 1.5 * told[0] > 0


def test_of_many_maps_projections_see_one_alone_colour_or_grain_in_the_shares_that_are_told() -> None:
    directions = PatchLoss(projections=4800, inner=3)._directions(6, torch.Generator().manual_seed(1))
    seen = directions.abs().amax((2, 3)) > 0  # [projections, maps]
    colour = (directions[:, :3].sum(1).abs().amax((1, 2)) < 1e-5) & ~seen[:, 3:].any(1)
    lightness = seen[:, 0] & (directions[:, :3] == directions[:, :1]).all((1, 2, 3)) & ~seen[:, 3:].any(1)
    single = (seen.sum(1) == 1) & ~seen[:, :3].any(1)
    small = directions[:, :, 0].abs().amax((1, 2)) == 0
    without_mean = directions.sum((2, 3)).abs().amax(1) < 1e-5

    def share(kind: Tensor) -> float:
        return float(kind.float().mean())

    assert share(lightness | single) == 0.5
    assert share(colour) == pytest.approx(1 / 6)
    assert share(small) == 0.25
    assert share(without_mean) == 0.5
    assert share(lightness) == pytest.approx(0.2, abs=0.02)  # the other three maps: 0.1 each
    assert [share(single & seen[:, index]) for index in (3, 4, 5)] == pytest.approx([0.1] * 3, abs=0.02)
