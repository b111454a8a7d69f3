"""Each measure has the value it must have where that is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from patina.engine.appearance import PrincipledAppearance
from patina.engine.errors import InvalidExemplarError
from patina.engine.evaluation.ages import is_near_a_frame, judged_ages
from patina.engine.evaluation.coherence import changes, intervals
from patina.engine.evaluation.copying import Nearest, is_recited, nearest_elsewhere, nearest_patches
from patina.engine.evaluation.diversity import likeness
from patina.engine.evaluation.lab import srgb_to_lab
from patina.engine.evaluation.measures import Distances, Measures, Ratios
from patina.engine.evaluation.palette import Palette
from patina.engine.evaluation.parts import Part, disjoint_parts, largest_patch
from patina.engine.evaluation.seam import seam
from patina.engine.evaluation.views import MapsView, RgbView, View, dithered
from patina.engine.training.exemplar import Exemplar
from textures import blurred, six_maps, spots, spotted

EXTENT = 64
NOW = [(0, 1.0)]  # the target: the first frame


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).normal(size=shape).astype(np.float32)


def still(picture: np.ndarray) -> Exemplar:
    """Footage of something that does not change."""
    frame = picture if picture.shape[-1] == 6 else (255 * picture).round().astype(np.uint8)
    return Exemplar("still", np.stack((frame, frame)), np.array([0.0, 1.0]))


def rgb_measures(picture: np.ndarray) -> Measures:
    return Measures(RgbView(still(picture), None, flattened=False), [NOW], 32)


def held(measures: Measures, picture: np.ndarray, *more: np.ndarray) -> Ratios:
    """Ratios of pictures, rounded as the model's are, with noise of their own."""
    found: list[Distances] = []
    for number, some in enumerate((picture, *more)):
        rounded = some if some.shape[-1] == 6 else (255 * some).round().astype(np.float32) / 255
        found.append(measures.distances(NOW, dithered(measures.view.planes_of(rounded), 9, number)))
    return measures.ratios(NOW, found)


def all_of(ratios: Ratios) -> np.ndarray:
    """But the palette, whose floor is less than is seen here: 2 units."""
    assert ratios.palette < 1.2
    return np.array([*ratios.texture.values(), ratios.values, ratios.patches])


# Ages


@pytest.mark.parametrize("steps", [3, 8, 80, 1000])
@pytest.mark.parametrize("frames", [2, 5, 11, 99])
def test_eleven_ages_none_of_which_is_kept_and_frames_come_first(steps: int, frames: int) -> None:
    footage = np.linspace(0, 1, frames)
    ages = np.array(judged_ages(footage, steps))
    assert len(ages) == 11 and (np.diff(ages) > 0).all() and ages[0] > 0 and ages[-1] < 1
    off = np.abs(ages * steps - np.round(ages * steps))
    assert (off >= min(0.5, 0.01 * steps) - 1e-6).all()
    near = [is_near_a_frame(age, footage) for age in ages]
    assert sum(near) == min(frames, 11) and near[0] and near[-1]


# Colour


def test_lab_has_its_published_values() -> None:
    colours = torch.tensor([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 0, 1], [0.02, 0.02, 0.02]]).T.reshape(3, 5, 1)
    published = [[0, 0, 0], [100, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86], [1.4, 0, 0]]
    assert np.allclose(100 * srgb_to_lab(colours)[..., 0].T.numpy(), published, atol=0.06)


# Parts


@pytest.mark.parametrize("size", [(128, 128), (64, 96), (40, 33), (256, 200)])
def test_parts_are_disjoint_equal_in_area_and_inside(size: tuple[int, int]) -> None:
    patch = largest_patch(*size)
    pairs = disjoint_parts(*size, patch)
    covered = np.zeros(size, int)
    for pair in pairs:
        both = np.zeros(size, int)
        for part in pair:
            assert part.of(both).shape in ((2 * patch, patch), (patch, 2 * patch))
            both[part.top : part.top + part.height, part.left : part.left + part.width] += 1
            for top, left in part.corners(patch):
                assert part.top <= top and top + patch <= part.top + part.height
                assert part.left <= left and left + patch <= part.left + part.width
        assert both.max() == 1 and both.sum() == 4 * patch**2
        covered += both
    assert len(pairs) == (2 if size == (128, 128) else 6)


def test_too_small_an_exemplar_is_refused() -> None:
    with pytest.raises(InvalidExemplarError, match="too few"):
        largest_patch(31, 64)


# Ratios


def test_an_exemplar_against_itself_is_1_and_another_piece_of_it_nearly() -> None:
    exemplar = spots(0, EXTENT)
    measures = rgb_measures(exemplar)
    assert all_of(held(measures, exemplar)) == pytest.approx(1, abs=0.06)  # another noise of one step
    others = all_of(held(measures, *(spots(seed, EXTENT) for seed in (1, 2, 3, 4, 5, 6))))
    assert (others > 0.7).all() and (others < 1.4).all()


def test_four_times_the_area_of_the_same_texture_is_as_near() -> None:
    wide = all_of(held(rgb_measures(spots(0, EXTENT)), spots(1, 2 * EXTENT)))
    assert (wide > 0.5).all() and (wide < 1.4).all()


def shuffled(picture: np.ndarray, planes: slice) -> np.ndarray:
    """Texels of some channels in random places."""
    mixed = picture.copy()
    order = np.random.Generator(np.random.PCG64(5)).permutation(picture.shape[0] * picture.shape[1])
    mixed[..., planes] = picture[..., planes].reshape(len(order), -1)[order].reshape(picture[..., planes].shape)
    return mixed


def blurred_down(picture: np.ndarray) -> np.ndarray:
    return (picture + sum(np.roll(picture, k, 0) for k in (1, 2, 3))) / 4


def blue(piece: np.ndarray) -> np.ndarray:
    """As light and as textured, but what is brown is blue."""
    _, middle, last = np.moveaxis(piece, -1, 0)
    return np.dstack((last + 0.03, middle, piece[..., 0] - 0.03))


WORSE = {
    "shuffled": (lambda piece: shuffled(piece, slice(0, 3)), {"texture": 2.0, "patches": 2.0}),
    "one channel shuffled": (lambda piece: shuffled(piece, slice(1, 2)), {"texture": 1.5, "patches": 2.0}),
    "blurred": (blurred_down, {"texture": 1.05, "patches": 1.15}),
    "darker": (lambda piece: 0.9 * piece, {"values": 1.5}),
    "redder": (lambda piece: piece + np.float32([0.05, 0, 0]), {"values": 1.5}),
    "of another hue": (blue, {"palette": 2.0}),
    "speckled": (lambda piece: piece + np.float32(0.06) * noise(3, *piece.shape), {"texture": 1.15, "patches": 1.5}),
}


@pytest.mark.parametrize("name", WORSE)
def test_what_is_worse_stands_higher(name: str) -> None:
    spoil, least = WORSE[name]
    measures = rgb_measures(spots(0, EXTENT))
    pieces = [spots(seed, EXTENT) for seed in (1, 2)]
    good = held(measures, *pieces)
    bad = held(measures, *(np.clip(spoil(piece), 0, 1) for piece in pieces))
    for statistic, factor in least.items():
        if statistic == "texture":
            assert bad.texture["lightness"] > factor * good.texture["lightness"]
        else:
            assert getattr(bad, statistic) > factor * getattr(good, statistic)


def test_on_a_clean_surface_what_nobody_sees_counts_for_nothing() -> None:
    """The floor there is rounding: a third of a step of 8 bits must not be many times as much."""
    clean = np.full((EXTENT, EXTENT, 3), 0.8, np.float32)
    measures = rgb_measures(clean)
    unseen = all_of(held(measures, clean + 0.4 / 255))
    assert np.isfinite(unseen).all() and (unseen < 1.3).all()
    assert held(measures, clean - 0.05).values > 3


# Several maps


def maps_view() -> View:
    frames = np.stack([six_maps(0, EXTENT, age) for age in (0.4, 0.6)])
    return MapsView(Exemplar("maps", frames, np.array([0.0, 1.0])), PrincipledAppearance(1.0))


def test_each_map_is_judged_and_heights_are_compared_in_the_exemplars_own_spread() -> None:
    view = maps_view()
    assert view.judged == ("lightness", "metallic", "roughness", "height", "together")
    taller = Exemplar("tall", view.exemplar.frames * np.float32([1, 1, 1, 1, 1, 50]), view.exemplar.ages)
    assert np.allclose(MapsView(taller, view.appearance).frame(0), view.frame(0), atol=1e-4)
    flat = view.exemplar.frames.copy()
    flat[..., 3] = 0
    assert "metallic" not in MapsView(Exemplar("dull", flat, view.exemplar.ages), view.appearance).judged


@pytest.mark.parametrize(("channel", "name"), [(3, "metallic"), (4, "roughness"), (5, "height")])
def test_one_shuffled_map_shows_in_its_own_texture_and_in_no_other(channel: int, name: str) -> None:
    view = maps_view()
    measures = Measures(view, [NOW], 32)
    pieces = [np.dstack((some[..., :5], (some[..., 5:] - view.level) / view.relief + 0.5)) for some in
              (six_maps(seed, EXTENT, 0.4) for seed in (1, 2))]  # fmt: skip
    good = held(measures, *pieces)
    bad = held(measures, *(shuffled(piece, slice(channel, channel + 1)) for piece in pieces))
    assert bad.texture[name] > 1.5 * good.texture[name]
    for other in {"lightness", "metallic", "roughness", "height"} - {name}:
        assert bad.texture[other] == pytest.approx(good.texture[other], rel=0.02)


def test_maps_that_do_not_lie_on_each_other_show_though_each_is_right() -> None:
    view = maps_view()
    measures = Measures(view, [NOW], 32)
    piece = view.frame(0)
    moved = piece.copy()
    moved[..., 4:] = np.roll(piece[..., 4:], (20, 20), (0, 1))
    good, bad = held(measures, piece), held(measures, moved)
    assert bad.texture["together"] > 1.2 * good.texture["together"] and bad.values > 1.5 * good.values
    assert bad.texture["lightness"] < 1.02 * good.texture["lightness"]


def test_together_adds_maps_with_the_sign_with_which_they_go_together() -> None:
    """Where it rusts the surface is darker, less metallic, rougher and higher."""
    lightness, _, _, metallic, roughness, height = np.sign(maps_view().weights)
    assert lightness == metallic == -roughness == -height != 0


def test_a_state_is_seen_in_the_terms_of_the_maps() -> None:
    """What a model would have to give for one frame is that frame."""
    view = maps_view()
    frame = torch.from_numpy(view.exemplar.frames[0]).permute(2, 0, 1)
    state = torch.cat((2 * frame[:5] - 1, frame[5:]))
    assert np.allclose(view.picture(state), view.frame(0), atol=2e-3)


# Copying


def test_footage_that_is_recited_is_caught_and_another_piece_is_not() -> None:
    frame = dithered(spots(0, EXTENT).transpose(2, 0, 1), 1)
    own = Nearest.of(nearest_elsewhere(frame, 8, 0))
    other = Nearest.of(nearest_patches(frame, dithered(spots(1, EXTENT).transpose(2, 0, 1), 2), 8, 0))
    assert not is_recited(other.mean / own.mean, other.tenth / own.tenth)
    recited = np.roll(spots(0, EXTENT), (17, -9), (0, 1))
    copied = Nearest.of(nearest_patches(frame, dithered(recited.transpose(2, 0, 1), 3), 8, 0))
    assert copied.mean < 0.6 * own.mean and is_recited(copied.mean / own.mean, copied.tenth / own.tenth)


def test_brightness_and_contrast_do_not_hide_what_was_copied() -> None:
    frame = noise(0, 3, EXTENT, EXTENT)
    assert nearest_patches(frame, 0.4 * frame + 0.3, 8, 0) == pytest.approx(0, abs=2e-3)
    assert nearest_elsewhere(frame, 8, 0).min() > 0.5


def test_a_small_recited_piece_shows_in_the_nearest_tenth() -> None:
    frame, mixed = noise(0, 3, EXTENT, EXTENT), noise(1, 3, EXTENT, EXTENT)
    mixed[:, :, :32] = frame[:, :, 10:42]
    own = Nearest.of(nearest_elsewhere(frame, 8, 0))
    found = Nearest.of(nearest_patches(frame, mixed, 8, 0))
    assert found.mean > 0.5 * own.mean and found.tenth < 0.01


# Seeds


def test_a_shifted_copy_is_caught_and_another_seed_is_not() -> None:
    one = spots(0, EXTENT).transpose(2, 0, 1)
    shifted = likeness(one, np.roll(one, (13, -22), (1, 2)))
    assert shifted.correlation == pytest.approx(1, abs=1e-5) and shifted.is_copy
    assert shifted.excess == pytest.approx(1, abs=1e-4)
    others = [likeness(one, spots(seed, EXTENT).transpose(2, 0, 1)) for seed in range(1, 9)]
    assert abs(np.mean([other.excess for other in others])) < 0.1
    assert not any(other.is_copy for other in others)


# Seam


def test_the_border_of_a_ramp_is_as_steep_as_all_of_it() -> None:
    """n - 1 small steps inside, and one across the border that takes them all back."""
    ramp = np.broadcast_to(np.linspace(0, 1, 101), (1, 101, 101))
    assert seam(ramp) == pytest.approx((100 + 1) / 2, rel=0.15)  # 1 in the other direction
    assert seam(ramp) > 40


def test_a_tile_that_repeats_without_a_seam_stands_at_1() -> None:
    tiles = [spots(seed, EXTENT).transpose(2, 0, 1) for seed in range(6)]
    assert np.mean([seam(tile) for tile in tiles]) == pytest.approx(1, abs=0.05)
    assert np.mean([seam(tile[:, :48, :48]) for tile in tiles]) > 1.5
    assert seam(np.full((3, 16, 16), 0.5)) == 1


# Coherence


def test_change_has_its_closed_form() -> None:
    """A plane that rises by 0.1 a frame, and one that does not: noise is no change that lasts."""
    frames = np.linspace(0, 1, 11)
    inside = intervals([0.0, 0.5, 1.0], frames)
    assert inside == [[0, 1, 2, 3, 4, 5], [5, 6, 7, 8, 9, 10]]
    rising = changes(inside, lambda index: np.full((1, 8, 8), 0.1 * index))
    assert [change.steps for change in rising] == pytest.approx([0.1, 0.1])
    assert [change.whole for change in rising] == pytest.approx([np.sqrt(0.24)] * 2)
    flicker = changes(inside, lambda index: noise(index, 1, 256, 256))
    assert flicker[0].steps == pytest.approx(np.sqrt(2), rel=0.02) and flicker[0].whole < 0.3


def test_change_between_few_frames_is_all_of_it() -> None:
    inside = intervals([0.01, 0.2, 0.3, 0.99], np.array([0.0, 1.0]))
    assert inside == [[0, 1]]
    assert changes(inside, lambda index: np.full((1, 8, 8), float(index)))[0].whole == 1


def test_the_helper_smooths() -> None:
    """Otherwise blurred textures above would be white noise."""
    smooth = blurred(noise(0, 64, 64), 2)
    assert np.mean(smooth * np.roll(smooth, 1, 0)) > 0.8


def test_footage_for_these_tests_changes() -> None:
    frames = spotted().frames
    assert frames.shape == (5, 32, 32, 3) and frames[0].mean() > frames[-1].mean() + 30


# Colours that occur


def in_two(colours: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Planes [3, 64, 64] of two CIELAB colours [2, 3]; the first has `share` of each 16 texels."""
    first = np.tile(np.arange(16) < round(16 * share), 4)[None, None] & np.ones((3, 64, 1), bool)
    one, other = colours[:, :, None, None] / 100
    return np.where(first, one, other).astype(np.float32)


def test_a_palette_is_as_far_as_its_colours_are_and_no_farther_for_being_rarer() -> None:
    colours, part = np.array([[82.0, 2, -3], [41, 22, 33]]), Part(0, 0, 64, 64)
    moved = colours - np.array([[0, 0, 0], [0, 12, 16]])
    both, rare, other = (
        Palette.describe(in_two(*some), [part])[0] for some in ((colours,), (colours, 1 / 16), (moved,))
    )
    assert float(Palette.distance(both, rare, None)) == pytest.approx(0, abs=1e-6)
    assert float(Palette.distance(both, other, None)) == pytest.approx(0.2 / 2, abs=1e-6)
    lacking = Palette.describe(in_two(colours, 0), [part])[0]
    apart = np.linalg.norm(colours[0] - colours[1]) / 100
    assert float(Palette.distance(both, lacking, None)) == pytest.approx(apart / 4, abs=1e-6)


def test_of_a_picture_in_which_no_colour_comes_twice_some_count() -> None:
    scattered = np.random.Generator(np.random.PCG64(0)).uniform(-1, 1, (3, 64, 64)).astype(np.float32)
    assert len(Palette.describe(scattered, [Part(0, 0, 64, 64)])[0]) >= 1
