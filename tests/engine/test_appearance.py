"""States as maps: ranges, colour spaces, normals, and the rules behind what is estimated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from make_tiny_model import tiny_header
from patina.engine.appearance import (
    TEXELS_PER_HEIGHT,
    Appearance,
    DiffuseSpecularAppearance,
    MetallicAppearance,
    RgbAppearance,
    appearance_from_header,
)
from patina.engine.errors import InvalidModelError
from patina.engine.maps.map_names import MAPS, map_shape
from patina.engine.maps.normals import normal_from_height
from patina.engine.models.network import NetworkConfig
from patina.engine.rendering.brdf import diffuse_specular, principled
from patina.engine.rendering.flash import Frame, Light, exposed, geometry_at
from torch import Tensor

RUST = RgbAppearance(
    fresh_color=(0.8, 0.8, 0.8), departure=(0.1, 0.5), metallic=(1.0, 0.2), roughness=(0.3, 0.9), relief=(2.0, 0.0)
)
FORMS = [RUST, MetallicAppearance(1), MetallicAppearance(2), DiffuseSpecularAppearance()]


def state_of(*values: float) -> Tensor:
    """A state of 16 x 16 equal texels whose channels lie at `values` of [0, 1]."""
    return (2 * torch.tensor(values) - 1)[:, None, None].expand(-1, 16, 16).clone()


def texel(maps: dict[str, np.ndarray], name: str) -> list[float]:
    return np.atleast_1d(maps[name][8, 8]).tolist()


def sampled_waves(extent: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of a square of texels as angles that go round once."""
    angles = torch.arange(extent, dtype=torch.float64) * 2 * math.pi / extent
    rows, columns = torch.meshgrid(angles, angles, indexing="ij")
    return rows, columns


@pytest.mark.parametrize("appearance", FORMS, ids=lambda form: f"{type(form).__name__}-{form.observed}")
@pytest.mark.parametrize("strength", [0.3, 50.0])
def test_maps_have_their_shapes_and_ranges_whatever_the_state(appearance: Appearance, strength: float) -> None:
    state = strength * torch.randn((appearance.observed, 16, 16), generator=torch.Generator().manual_seed(0))
    maps = appearance.maps(state)
    assert sorted(maps) == sorted(MAPS)
    for name, values in maps.items():
        assert values.shape == map_shape(name, 16) and values.dtype == np.float32
        assert np.isfinite(values).all()
        if name != "height":
            assert values.min() >= 0 and values.max() <= 1


@pytest.mark.parametrize("appearance", FORMS, ids=lambda form: f"{type(form).__name__}-{form.observed}")
def test_normals_are_unit_vectors_that_point_up(appearance: Appearance) -> None:
    state = torch.randn((appearance.observed, 16, 16), generator=torch.Generator().manual_seed(0))
    normal = 2 * appearance.maps(state)["normal"] - 1
    assert np.abs(np.linalg.norm(normal, axis=-1) - 1).max() < 1e-5
    assert (normal[..., 2] > 0).all()


def test_colours_of_footage_are_display_encoded_and_their_maps_linear() -> None:
    maps = RUST.maps(state_of(0.5, 0.02, 1.0))
    assert texel(maps, "base_color") == pytest.approx([0.21404, 0.0015480, 1.0], rel=1e-4)


def test_learned_base_colours_are_linear_already() -> None:
    maps = MetallicAppearance(1).maps(state_of(0.5, 0.02, 1.0, 0.25, 0.5, 0.5))
    assert texel(maps, "base_color") == pytest.approx([0.5, 0.02, 1.0])
    assert texel(maps, "metallic") == pytest.approx([0.25])


@pytest.mark.parametrize(("alphas", "roughness"), [((0.25,), 0.5), ((0.81,), 0.9), ((0.1, 0.4), 0.2**0.5)])
def test_roughness_is_the_root_of_alpha(alphas: tuple[float, ...], roughness: float) -> None:
    """Blender squares its roughness; of two directions it has the geometric mean."""
    maps = MetallicAppearance(len(alphas)).maps(state_of(0.5, 0.5, 0.5, 0.0, *alphas, 0.5))
    assert texel(maps, "roughness") == pytest.approx([roughness], rel=1e-5)


def test_roughness_of_two_learned_alphas_is_the_root_of_their_mean() -> None:
    maps = DiffuseSpecularAppearance().maps(state_of(0.3, 0.3, 0.3, 0.04, 0.04, 0.04, 0.1, 0.4, 0.5))
    assert texel(maps, "roughness") == pytest.approx([0.2**0.5], rel=1e-5)


@pytest.mark.parametrize("metallic", [0.0, 0.2, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("base", [(0.9, 0.6, 0.4), (0.1, 0.12, 0.2)])
def test_diffuse_and_specular_are_told_apart_into_base_and_metallic(
    base: tuple[float, float, float], metallic: float
) -> None:
    """What Principled itself reflects, by Schlick's term beside the lamp, is found again."""
    diffuse = [0.96 * value * (1 - metallic) for value in base]
    specular = [0.04 * (1 - metallic) + value * metallic for value in base]
    maps = DiffuseSpecularAppearance().maps(state_of(*diffuse, *specular, 0.5, 0.5, 0.5))
    assert texel(maps, "metallic") == pytest.approx([metallic], abs=2e-3)
    assert texel(maps, "base_color") == pytest.approx(base, abs=4e-3)


def test_no_other_principled_surface_is_photographed_more_like_diffuse_and_specular_colours() -> None:
    """Colours that Principled cannot have: no change of base colour or metallic mends the photograph by 2 %."""
    noise = torch.rand((9, 16, 16), generator=torch.Generator().manual_seed(1))
    state = 2 * (0.2 + 0.6 * noise) - 1
    state[8] = 0
    positions = Frame(16, 16).positions(0, 0, 16, 16)
    look = DiffuseSpecularAppearance()
    fitted = {name: torch.from_numpy(values) for name, values in look.maps(state).items()}
    tilt, turn = torch.rand((2, 16, 16), generator=torch.Generator().manual_seed(2)) * 2 * math.pi
    cosine = 1 - 0.5 * tilt / (2 * math.pi)  # slopes to 60 degrees, evenly over the sphere
    sine = (1 - cosine.square()).sqrt()
    normal = torch.stack((sine * turn.cos(), sine * turn.sin(), cosine))
    geometry, irradiance = geometry_at(0.01 * positions, normal, Light(math.pi))
    maps = 0.5 * state + 0.5
    alpha = fitted["roughness"].square()[None]
    truth = exposed(diffuse_specular(maps[:3], maps[3:6], alpha, alpha, geometry) * irradiance)

    def error(color: float, metal: float) -> float:
        base = (fitted["base_color"].permute(2, 0, 1) * color).clamp(0, 1)
        metallic = (fitted["metallic"] + metal).clamp(0, 1)[None]
        return float((exposed(principled(base, metallic, alpha, geometry) * irradiance) - truth).square().mean())

    assert 0 < error(1, 0) < 0.01
    for change in ((0.8, 0), (1.25, 0), (1, 0.1), (1, -0.1), (1, 0.4)):
        assert error(*change) > 0.98 * error(1, 0), (change, error(*change), error(1, 0))


def test_height_is_a_fraction_of_256_texels() -> None:
    state = state_of(0.5, 0.5, 0.5, 0.0, 0.5, 0.5)
    state[5] = 12.8  # texels, beyond the range of the other channels
    assert texel(MetallicAppearance(1).maps(state), "height") == pytest.approx([0.05])


def test_a_flat_surface_points_straight_up() -> None:
    assert (normal_from_height(torch.full((8, 8), 3.0)) == torch.tensor([0.5, 0.5, 1.0])).all()


def test_a_slope_to_the_right_leans_left() -> None:
    """A plane of slope 1 along x: normal (-1, 0, 1) / sqrt 2, away from where it wraps."""
    plane = torch.arange(8.0).expand(8, 8)
    root = 0.5**0.5
    assert normal_from_height(plane)[4, 4].tolist() == pytest.approx([0.5 - root / 2, 0.5, 0.5 + root / 2])


def test_a_slope_up_the_picture_leans_down() -> None:
    """Rows run down and y up: a plane that rises with the row falls with y, so its normal has a positive y."""
    plane = torch.arange(8.0)[:, None].expand(8, 8)
    root = 0.5**0.5
    assert normal_from_height(plane)[4, 4].tolist() == pytest.approx([0.5, 0.5 + root / 2, 0.5 + root / 2])


def test_normals_of_waves_are_the_analytic_ones_up_to_their_borders() -> None:
    extent = 256
    rows, columns = sampled_waves(extent)
    height = 10 * columns.sin() + 4 * (2 * rows).cos()
    per_texel = 2 * math.pi / extent
    slope_x = 10 * columns.cos() * per_texel
    slope_y = 4 * 2 * (2 * rows).sin() * per_texel  # dh/dy = -dh/drow
    truth = torch.stack((-slope_x, -slope_y, torch.ones_like(height)), -1)
    truth = 0.5 * truth / truth.norm(dim=-1, keepdim=True) + 0.5
    assert (normal_from_height(height) - truth).abs().max() < 1e-4


@pytest.mark.parametrize("appearance", FORMS, ids=lambda form: f"{type(form).__name__}-{form.observed}")
def test_maps_of_a_rolled_state_are_the_rolled_maps(appearance: Appearance) -> None:
    state = torch.randn((appearance.observed, 16, 16), generator=torch.Generator().manual_seed(0))
    rolled, straight = appearance.maps(state.roll((3, 7), (1, 2))), appearance.maps(state)
    for name in MAPS:
        assert np.array_equal(rolled[name], np.roll(straight[name], (3, 7), (0, 1))), name


def test_relief_and_normals_are_of_one_surface() -> None:
    """The normals belong to the height in texels, whose map is a fraction of 256 of them."""
    state = torch.randn((6, 16, 16), generator=torch.Generator().manual_seed(0))
    maps = MetallicAppearance(1).maps(state)
    texels = torch.from_numpy(maps["height"]) * TEXELS_PER_HEIGHT
    assert np.abs(normal_from_height(texels).numpy() - maps["normal"]).max() < 1e-6


def test_a_fresh_texel_has_the_gloss_and_metal_of_the_fresh_surface() -> None:
    maps = RUST.maps(state_of(0.8, 0.8, 0.8))
    assert (texel(maps, "metallic"), texel(maps, "roughness")) == ([1.0], pytest.approx([0.3]))
    assert texel(maps, "height") == [0.0]


def test_a_texel_far_from_fresh_has_the_gloss_and_metal_of_the_aged_surface() -> None:
    maps = RUST.maps(state_of(0.35, 0.2, 0.1))
    assert (texel(maps, "metallic"), texel(maps, "roughness")) == (pytest.approx([0.2]), pytest.approx([0.9]))
    assert texel(maps, "height") == pytest.approx([2 / 256])


def test_halfway_is_half_aged_and_gloss_only_ever_falls() -> None:
    greys = [0.8 - step / 100 for step in range(40)]  # a distance of sqrt(3) x the step
    gloss = [texel(RUST.maps(state_of(grey, grey, grey)), "roughness")[0] for grey in greys]
    assert gloss == sorted(gloss)
    halfway = 0.8 - 0.3 / 3**0.5
    assert texel(RUST.maps(state_of(halfway, halfway, halfway)), "roughness") == pytest.approx([0.6], abs=1e-5)


def test_grain_is_the_luma_in_texels() -> None:
    grain = RgbAppearance((0.5, 0.5, 0.5), (0.1, 0.5), (0, 0), (0.5, 0.5), relief=(0.0, 2.56))
    assert texel(grain.maps(state_of(0.0, 1.0, 0.0)), "height") == pytest.approx([0.007152])


@pytest.mark.parametrize(
    ("form", "kind", "observed"),
    [
        ("rgb", RgbAppearance, 3),
        ("diffuse_specular", DiffuseSpecularAppearance, 9),
        ("metallic_anisotropic", MetallicAppearance, 7),
        ("metallic_isotropic", MetallicAppearance, 6),
    ],
)
def test_the_header_decides_the_form(form: str, kind: type[Appearance], observed: int) -> None:
    header = tiny_header()
    network = NetworkConfig(9, 8, (1, 2), False).to_header()
    appearance = appearance_from_header(
        tiny_header(network=network, appearance=dict(header.appearance) | {"form": form})
    )
    assert type(appearance) is kind and appearance.observed == observed


def test_a_state_with_too_few_channels_for_its_form_is_refused() -> None:
    with pytest.raises(InvalidModelError, match="6 channels and its form diffuse_specular needs 9"):
        appearance_from_header(tiny_header(appearance={"form": "diffuse_specular"}))


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("fresh_color", [0.5, 0.5]),
        ("fresh_color", [0.5, 0.5, 1.1]),
        ("departure", [0.5, 0.5]),
        ("departure", "wide"),
        ("metallic", [True, False]),
        ("metallic", [0.0, 1.5]),
        ("roughness", None),
        ("relief", [1e9, 0]),
    ],
)
def test_a_rule_that_is_not_numbers_in_range_is_refused_by_name(rule: str, value: object) -> None:
    with pytest.raises(InvalidModelError, match=f"'{rule}' of tiny"):
        appearance_from_header(tiny_header(appearance=dict(tiny_header().appearance) | {rule: value}))
