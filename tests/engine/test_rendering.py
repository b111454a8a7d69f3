"""What a surface sends to the camera: against closed forms, and energy that no surface may add."""

from __future__ import annotations

import math

import pytest
import torch
from patina.engine.appearance import (
    DiffuseSpecularAppearance,
    MetallicAppearance,
    PrincipledAppearance,
    RelightableAppearance,
)
from patina.engine.maps.color import linear_to_srgb
from patina.engine.maps.normals import normals
from patina.engine.rendering.brdf import Geometry, diffuse_specular, mixed_f0, principled
from patina.engine.rendering.flash import HALF_WIDTH, Frame, Light, exposed, geometry_at
from torch import Tensor

DOUBLE = torch.float64


def directions(*angles: float) -> Tensor:
    """Unit vectors [3, 1, N] in the plane of x and z, by their angles from z in degrees."""
    radians = torch.tensor(angles, dtype=DOUBLE).deg2rad()
    return torch.stack((radians.sin(), torch.zeros_like(radians), radians.cos()))[:, None]


def head_on(count: int = 1) -> Geometry:
    up = directions(*[0.0] * count)
    return Geometry(up, up, up)


def colour(value: float) -> Tensor:
    return torch.full((3, 1, 1), value, dtype=DOUBLE)


def scalar(value: float) -> Tensor:
    return torch.full((1, 1, 1), value, dtype=DOUBLE)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
def test_a_metal_seen_and_lit_head_on_has_the_peak_of_its_lobe(alpha: float) -> None:
    """D = 1 / (pi alpha^2), G = 1, F = F0: f n.l = F0 / (4 pi alpha^2)."""
    lobe = principled(colour(0.7), scalar(1.0), scalar(alpha), head_on())
    assert lobe.flatten().tolist() == pytest.approx([0.7 / (4 * math.pi * alpha**2)] * 3, rel=1e-6)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
def test_a_dielectric_head_on_is_lambert_under_four_percent_of_gloss(alpha: float) -> None:
    expected = 0.5 / math.pi * 0.96 + 0.04 / (4 * math.pi * alpha**2)
    value = principled(colour(0.5), scalar(0.0), scalar(alpha), head_on())
    assert value.flatten().tolist() == pytest.approx([expected] * 3, rel=1e-6)


def test_light_from_behind_gives_nothing() -> None:
    geometry = Geometry(directions(0.0), directions(100.0), directions(10.0))
    for value in (
        principled(colour(0.8), scalar(0.3), scalar(0.4), geometry),
        diffuse_specular(colour(0.8), colour(0.5), scalar(0.4), scalar(0.4), geometry),
    ):
        assert value.abs().max() == 0


def test_light_and_camera_may_change_places() -> None:
    """Helmholtz reciprocity: f is the same, f n.l differs by the cosines."""
    one = Geometry(directions(0.0), directions(25.0), directions(-50.0))
    other = Geometry(directions(0.0), directions(-50.0), directions(25.0))
    arguments = (colour(0.6), scalar(0.4), scalar(0.3))
    f_one = principled(*arguments, one) / one.cosine
    f_other = principled(*arguments, other) / other.cosine
    assert torch.allclose(f_one, f_other, rtol=1e-9)


@pytest.mark.parametrize("metallic", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_no_surface_sends_out_more_than_it_receives(alpha: float, metallic: float) -> None:
    """White furnace: f n.l over the hemisphere of light directions adds up to 1 at most, and not to much less."""
    steps = 400
    theta = (torch.arange(steps, dtype=DOUBLE) + 0.5) * (math.pi / 2) / steps
    phi = (torch.arange(steps, dtype=DOUBLE) + 0.5) * (2 * math.pi) / steps
    t, p = torch.meshgrid(theta, phi, indexing="ij")
    to_light = torch.stack((t.sin() * p.cos(), t.sin() * p.sin(), t.cos()))
    for angle in (0.0, 40.0):
        geometry = Geometry(directions(0.0), to_light, directions(angle))
        value = principled(colour(1.0), scalar(metallic), scalar(alpha), geometry)[0]
        total = float((value * t.sin()).sum() * (math.pi / 2 / steps) * (2 * math.pi / steps))
        assert 0.45 < total < 1.005, (angle, total)  # one bounce alone loses light on rough metal


def test_the_public_forms_mix_f0_and_not_lobes() -> None:
    """All agree on a pure dielectric's gloss and on a pure metal; between they differ."""
    geometry = Geometry(directions(0.0), directions(20.0), directions(-35.0))
    base, alpha = colour(0.6), scalar(0.3)
    metal = mixed_f0(base, scalar(1.0), alpha, alpha, geometry)
    assert torch.allclose(metal, principled(base, scalar(1.0), alpha, geometry))
    assert torch.allclose(metal, diffuse_specular(colour(0.0), base, alpha, alpha, geometry))
    half = mixed_f0(base, scalar(0.5), alpha, alpha, geometry)
    assert (half - principled(base, scalar(0.5), alpha, geometry)).abs().max() > 0.003


def test_an_anisotropic_lobe_is_wide_along_its_larger_alpha() -> None:
    rough, smooth = scalar(0.6), scalar(0.1)
    geometry = Geometry(directions(0.0), directions(40.0), directions(0.0))  # the half vector leans along x
    along = diffuse_specular(colour(0.0), colour(1.0), rough, smooth, geometry)
    across = diffuse_specular(colour(0.0), colour(1.0), smooth, rough, geometry)
    assert along[0] > 5 * across[0]
    same = diffuse_specular(colour(0.0), colour(1.0), rough, rough, geometry)
    isotropic = principled(colour(1.0), scalar(1.0), rough, geometry)
    assert torch.allclose(same, isotropic)


def test_the_plane_fills_the_view_and_y_runs_up() -> None:
    positions = Frame(width=4, height=2).positions(0, 0, 2, 4)
    texel = HALF_WIDTH / 2
    assert positions[0, 0].tolist() == pytest.approx([-1.5 * texel, -0.5 * texel, 0.5 * texel, 1.5 * texel])
    assert positions[1, :, 0].tolist() == pytest.approx([0.5 * texel, -0.5 * texel])
    window = Frame(width=4, height=2).positions(1, 2, 1, 2)
    assert torch.equal(window, positions[:, 1:2, 2:4])


def test_light_falls_off_with_the_square_of_its_distance() -> None:
    positions = torch.tensor([[[0.0, 3.0]], [[0.0, 0.0]]])
    up = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 1, 2)
    geometry, irradiance = geometry_at(positions, up, Light(intensity=8.0))
    assert irradiance.flatten().tolist() == pytest.approx([8.0, 0.8])
    assert geometry.cosine.flatten().tolist() == pytest.approx([1.0, 1 / math.sqrt(10)])
    moved, _ = geometry_at(positions, up, Light(intensity=8.0, x=3.0))
    assert moved.cosine.flatten().tolist() == pytest.approx([1 / math.sqrt(10), 1.0])


def test_a_slope_to_the_right_leans_its_normal_to_the_left() -> None:
    height = torch.arange(8.0).expand(8, 8)  # rises by 1 a texel along x
    normal = normals(height)[:, 4, 4]
    assert normal.tolist() == pytest.approx([-math.sqrt(0.5), 0.0, math.sqrt(0.5)])
    downwards = normals(height.T)[:, 4, 4]  # rises along the rows, which run down
    assert downwards.tolist() == pytest.approx([0.0, math.sqrt(0.5), math.sqrt(0.5)])


def test_pictures_are_clipped_and_then_raised_to_the_power_of_one_over_gamma() -> None:
    assert exposed(torch.tensor([0.0, 0.25, 1.0, 9.0])).tolist() == pytest.approx(
        [1e-6 ** (1 / 2.2), 0.25 ** (1 / 2.2), 1.0, 1.0]
    )


def state_of(*maps: float, height: float = 0.0, size: int = 4) -> Tensor:
    """A uniform state [1, C, H, W] whose maps are these."""
    channels = [2 * value - 1 for value in maps] + [height]
    return torch.tensor(channels)[None, :, None, None].expand(1, -1, size, size)


def test_all_forms_photograph_a_metal_alike() -> None:
    alpha, base = 0.25, 0.4
    encoded = float(linear_to_srgb(torch.tensor(base)))
    forms: list[tuple[RelightableAppearance, Tensor]] = [
        (PrincipledAppearance(1.0), state_of(encoded, encoded, encoded, 1.0, math.sqrt(alpha))),
        (MetallicAppearance(1), state_of(base, base, base, 1.0, alpha)),
        (MetallicAppearance(2), state_of(base, base, base, 1.0, alpha, alpha)),
        (DiffuseSpecularAppearance(), state_of(0, 0, 0, base, base, base, alpha, alpha)),
    ]
    positions = Frame(4, 4).positions(0, 0, 4, 4)
    pictures = [look.photograph(state, positions, Light(2.0, 0.2, -0.1)) for look, state in forms]
    for picture in pictures[1:]:
        assert torch.allclose(picture, pictures[0], atol=1e-4)
    assert pictures[0].std() > 0.01


def test_relief_shows_in_a_photograph_in_units_of_texels() -> None:
    wave = torch.sin(torch.arange(8) * (math.pi / 4)).expand(8, 8)
    state = state_of(0.5, 0.5, 0.5, 0.0, 0.9, size=8).clone()
    state[:, 5] = wave
    positions = Frame(8, 8).positions(0, 0, 8, 8)
    light = Light(2.0, 0.5, 0.0)
    flat = PrincipledAppearance(1.0).photograph(state, positions, light, height=torch.zeros(1, 8, 8))
    low = PrincipledAppearance(1.0).photograph(state, positions, light)
    high = PrincipledAppearance(2.0).photograph(state, positions, light)
    assert torch.allclose(high, PrincipledAppearance(1.0).photograph(state, positions, light, height=2 * wave[None]))
    assert (high - flat).abs().mean() > (low - flat).abs().mean() > 0.01


def test_gradients_reach_every_map_and_the_light() -> None:
    state = state_of(0.5, 0.4, 0.3, 0.4, 0.5, size=8).clone()
    state[:, 5] = torch.sin(torch.arange(8) * (math.pi / 4)).expand(8, 8)
    state.requires_grad_(True)
    light = [torch.tensor(value, requires_grad=True) for value in (1.0, 0.1, 0.2)]
    picture = PrincipledAppearance(1.0).photograph(state, Frame(8, 8).positions(0, 0, 8, 8), Light(*light))
    picture.square().sum().backward()
    assert state.grad is not None and (state.grad.abs().amax((0, 2, 3)) > 1e-6).all()
    assert all(value.grad is not None and value.grad.abs() > 1e-6 for value in light)
