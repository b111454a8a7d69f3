"""Kept ages: where a life bends, and better than the life's own maps."""

from __future__ import annotations

import numpy as np
from patina.engine.atlas.kept_ages import KeptAges, choose_knots, fit, gram
from patina.engine.atlas.kept_life import keep_life

AGES = np.linspace(0, 1, 41)


def choose_ages(grams: dict[str, np.ndarray], count: int, halved: tuple[str, ...] = ()) -> KeptAges:
    knots = choose_knots(grams, count, halved=halved)
    return KeptAges(knots, {name: fit(matrix, knots, halved=name in halved) for name, matrix in grams.items()})


def worst(kept: KeptAges, maps: np.ndarray) -> float:
    """The worst mean square error over the ages, from the maps themselves."""
    return float(((kept.shown("map", maps) - maps) ** 2).mean(1).max())


def life(seed: int = 0) -> np.ndarray:
    """Texels [41, 200] that each pass from one value to another at a time of their own, most of them late."""
    numbers = np.random.default_rng(seed)
    moments, values = numbers.beta(5, 2, 200), numbers.random((2, 200))
    share = 1 / (1 + np.exp(-(AGES[:, None] - moments) / 0.03))
    return values[0] + share * (values[1] - values[0])


def test_a_life_of_straight_pieces_is_kept_exactly_at_its_bends() -> None:
    bends = [0, 7, 12, 33, 40]
    heights = np.random.default_rng(1).random((5, 50))
    maps = np.stack([np.interp(np.arange(41), bends, column) for column in heights.T], axis=1)
    kept = choose_ages({"map": gram(maps)}, 5)
    assert kept.knots == bends
    assert worst(kept, maps) < 1e-20


def test_ages_lie_closer_where_the_life_changes_faster_and_beat_even_ones() -> None:
    maps = life()
    kept = choose_ages({"map": gram(maps)}, 9)
    assert sum(knot > 20 for knot in kept.knots) >= 5
    even = np.linspace(0, 40, 9).astype(int)
    interpolated = np.stack([np.interp(np.arange(41), even, column) for column in maps[even].T], axis=1)
    assert worst(kept, maps) < ((interpolated - maps) ** 2).mean(1).max() / 4


def test_what_is_kept_comes_nearer_than_the_lifes_own_maps_at_the_same_ages() -> None:
    maps = life()
    kept = choose_ages({"map": gram(maps)}, 9)
    own = KeptAges(kept.knots, {"map": np.eye(41)[kept.knots]})
    assert worst(kept, maps) < worst(own, maps) / 1.5


def test_the_first_and_the_last_age_are_the_lifes_own() -> None:
    maps = life()
    for halved in ((), ("map",)):
        shown = choose_ages({"map": gram(maps)}, 9, halved=halved).shown("map", maps)
        assert np.abs(shown[[0, -1]] - maps[[0, -1]]).max() < 1e-9
        assert np.abs(shown - maps).max() > 1e-3


def test_a_value_halfway_leaves_a_quarter_of_the_error_or_less() -> None:
    maps = life()
    plain, halved = (choose_ages({"map": gram(maps)}, 9, halved=names) for names in ((), ("map",)))
    assert worst(halved, maps) < worst(plain, maps) / 8


def test_as_many_ages_as_there_are_keep_everything() -> None:
    maps = life()
    assert worst(choose_ages({"map": gram(maps)}, 41), maps) < 1e-20


def test_a_life_that_stands_still_is_kept() -> None:
    maps = np.full((41, 10), 0.3)
    assert worst(choose_ages({"map": gram(maps)}, 3), maps) < 1e-20


def test_a_life_as_an_atlas_keeps_it_follows_the_bends_of_metal_turning_to_rust() -> None:
    """Height and departure have no value halfway, but what there is of metallic and roughness in them is followed."""
    metallic, other = life(), life(2)
    maps = {
        "base_color": np.cumsum(np.ones_like(metallic), 0) / 100,
        "metallic": metallic,
        "roughness": 0.9 - 0.5 * metallic,
        "normal": 0.5 + 0.01 * metallic,
        "height": 0.02 * metallic + 0.001 * np.linspace(0, 1, len(metallic))[:, None],
        "departure": 0.7 * other,
    }
    kept = keep_life(maps, 7)
    stored = {part: kept.stored(part, maps) for part in kept.weights}
    errors = {name: np.abs(kept.shown(name, stored) - values).max() for name, values in maps.items()}
    assert errors["height"] < 0.02 * errors["metallic"] * 1.01 + 1e-6
    assert errors["departure"] > errors["metallic"]  # which changes elsewhere
    for name in ("metallic", "roughness", "height"):
        assert np.abs(kept.shown(name, stored) - maps[name])[[0, -1]].max() < 1e-6


def test_bends_that_are_hardly_there_are_not_taken_many_times_over() -> None:
    """Of pictures of 8 bits they would be noise: a life of a few long steps has no bends between them."""
    metallic = np.interp(np.arange(41), np.arange(0, 41, 10), [0, 0.3, 0.5, 0.6, 0.8])[:, None] * np.linspace(
        0.5, 1, 50
    )
    unseen = 1e-7 * np.random.default_rng(0).normal(size=metallic.shape)
    maps = dict.fromkeys(("base_color", "normal", "roughness", "height"), metallic) | {
        "metallic": metallic + unseen,
        "departure": metallic**2,
    }
    kept = keep_life(maps, 9)
    assert max(abs(share) for share in kept.shares["departure"].values()) < 1


def test_what_is_kept_is_a_mean_of_ages_also_where_one_steep_place_is_all_the_error() -> None:
    """The weights of each value sum up to one, or what never changes would."""
    ages = np.linspace(0, 1, 161)
    maps = np.random.default_rng(0).random(200) * np.tanh((ages[:, None] - 0.503) * 800) + ages[:, None]
    matrix, knots = gram(maps), [*range(0, 72, 8), *range(88, 161, 8)]
    for halved in (False, True):
        weights = fit(matrix, knots, halved=halved)
        assert np.abs(weights.sum(1) - 1).max() < 1e-8
