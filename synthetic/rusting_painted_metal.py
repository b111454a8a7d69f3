"""Glossy enamel on steel: it chips, rusts under its edges, blisters, flakes and leaves islands on pitted rust."""

from __future__ import annotations

import numpy as np

from .fields import Plane, arrival, mix, rank, smoothstep, srgb, when_covered

_PAINT, _CHALK = srgb(18, 116, 124), srgb(72, 146, 146)
_PRIMER = srgb(176, 168, 150)
_STEEL = np.array([0.44, 0.43, 0.42])
_OCHRE, _ORANGE, _BROWN, _UMBER = srgb(192, 128, 64), srgb(166, 86, 38), srgb(110, 62, 38), srgb(66, 44, 38)
_STAIN = srgb(134, 86, 46)


class RustingPaintedMetal:
    """The maps of one piece of painted steel at any age in [0, 1]."""

    name = "rusting_painted_metal"
    intensity = 4.0

    def __init__(self, texels: int, seed: int = 0):
        self.plane = plane = Plane(texels)
        rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
        self._bend = plane.noise(rng, 9, 2), plane.noise(rng, 9, 2)
        self.peel = plane.noise(rng, 7, 2, 0.35)
        self.cloud = plane.noise(rng, 22, 3)
        self.tint = plane.noise(rng, 13, 4, 0.7)
        self.grit = plane.noise(rng, 4.2, 2, 0.7)
        self.pits = smoothstep(0.72, 0.93, rank(plane.noise(rng, 6.5, 2, 0.5)))
        self._lose_paint(rng)
        self.lead = 0.05 + 0.11 * rank(plane.noise(rng, 14, 2))  # how long paint is lifted before it goes
        # A blow lays steel bare; where paint flakes because rust has crept under it, there is rust at once.
        struck = self.struck
        self.primer_lasts = 0.012 + 0.045 * rank(plane.noise(rng, 12, 2)) ** 3 * (1 - 0.5 * struck)
        self.steel_lasts = struck * (0.07 + 0.12 * rank(plane.noise(rng, 8, 2))) - (1 - struck) * 0.05

    def _lose_paint(self, rng: np.random.Generator) -> None:
        """Chips of their own size at their own age, from which flaking creeps on, faster where paint holds badly."""
        plane = self.plane
        hold = 0.8 * plane.noise(rng, 24) + 0.7 * plane.noise(rng, 10, 3, 0.5)
        bend = 1.3 * self._bend[0], 1.3 * self._bend[1]
        start = np.full((plane.cells, plane.cells), np.inf)
        struck = np.zeros(start.shape, dtype=bool)
        self.bubbles: list[tuple[np.ndarray, float]] = []
        points = plane.scatter(rng, 11.5)
        births = rng.permutation(np.linspace(0.0, 1.0, len(points))) ** 0.8
        for point, birth in zip(points, births, strict=True):
            radius = 0.8 + 2.4 * rng.random() ** 2
            distance = plane.distance(point, bend)
            chip = birth + 0.03 * distance / radius
            struck |= distance < radius
            start = np.minimum(start, np.where(distance < radius, chip, np.inf))
            if birth > 0.3:
                dome = np.clip(1 - (plane.distance(point, (0.5 * bend[0], 0.5 * bend[1])) / (radius + 1.6)) ** 2, 0, 1)
                self.bubbles.append((dome, birth))
        self.struck = np.clip(plane.blur(struck.astype(float), 0.5), 0, 1)
        order = arrival(start, 8.0 * np.exp(0.8 * hold))
        area = [0.0, 0.006, 0.05, 0.15, 0.34, 0.58, 0.80, 1.0]
        age = [0.04, 0.08, 0.25, 0.42, 0.60, 0.78, 1.0, 1.5]
        self.lost_at = when_covered(order, area, age)
        # A bubble grows in the last quarter of a life before the paint over it opens.
        self.bubbles = [(dome, float(np.min(self.lost_at[dome > 0.9]))) for dome, _ in self.bubbles]

    def maps(self, age: float) -> dict[str, np.ndarray]:
        """base_color [T, T, 3] linear, metallic, roughness in [0, 1], height in texels, all [T, T], float64."""
        since = age - self.lost_at
        bare = since - self.primer_lasts
        rusting = bare - self.steel_lasts
        paint = 1 - smoothstep(0, 0.008, since)
        primer = 1 - smoothstep(0, 0.01, bare)
        rust = smoothstep(0, 0.05, rusting)
        stain = self._stain(rust)

        coat, coat_rough, coat_height = self._coat(age, since, stain)
        crust, crust_rough, crust_height = self._rust(rusting)
        steel = _STEEL * (1 + 0.06 * self.grit[..., None])
        metal = mix(steel, crust, rust)
        ground = mix(metal, _PRIMER * (1 + 0.05 * self.grit[..., None]), primer)
        ground = mix(ground, _STAIN * np.exp(0.2 * self.tint)[..., None], 0.85 * primer * stain)
        ground_rough = mix(mix(0.40 + 0.03 * self.grit, crust_rough, rust), np.full_like(rust, 0.62), primer)
        ground_height = mix(-0.85 + rust * crust_height, np.full_like(rust, -0.4) + 0.05 * self.grit, primer)
        shrink = self.plane.shrink
        return {
            "base_color": shrink(np.clip(mix(ground, coat, paint), 0.002, 0.95)),
            "metallic": shrink((1 - paint) * (1 - primer) * (1 - rust)),
            "roughness": shrink(np.clip(mix(ground_rough, coat_rough, paint), 0.05, 1)),
            "height": shrink(mix(ground_height, coat_height, paint)),
        }

    def _stain(self, rust: np.ndarray) -> np.ndarray:
        """How much rust has bled over what is near it."""
        near = np.clip(2.2 * self.plane.blur(rust, 1.3), 0, 1)
        wide = np.clip(2.0 * self.plane.blur(rust, 4.0), 0, 1)
        return np.clip(0.6 * near + 0.75 * wide * smoothstep(-0.7, 1.3, self.tint), 0, 1)

    def _coat(self, age: float, since: np.ndarray, stain: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The enamel: it chalks, is stained, lifts before it goes, and bubbles."""
        chalk = np.clip(smoothstep(0.1, 1.1, age + 0.16 * self.cloud), 0, 1)
        lifted = smoothstep(1, 0, -since / self.lead) * smoothstep(0.0, 0.12, age)
        bubbled = np.zeros_like(since)
        for dome, opens in self.bubbles:
            bubbled = np.maximum(bubbled, dome * smoothstep(opens - 0.25, opens, age))
        color = mix(_PAINT, _CHALK, 0.75 * chalk) * np.exp(0.035 * self.peel + 0.05 * self.cloud)[..., None]
        color = mix(color, color * 0.75, 0.5 * lifted)
        color = mix(color, _STAIN * np.exp(0.15 * self.tint)[..., None], 0.9 * stain)
        rough = 0.24 + 0.16 * chalk + 0.38 * stain + 0.1 * lifted + 0.012 * self.peel
        height = 0.055 * self.peel + 0.55 * lifted * (1 + 0.25 * self.grit) + 0.9 * bubbled
        return color, rough, height

    def _rust(self, rusting: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ochre dust, then orange, then brown scale with dark pits; raised, and eaten where it is pitted."""
        old = np.clip(rusting, 0, None) + 0.12 * self.tint + 0.06 * self.cloud
        pitted = self.pits * smoothstep(0.10, 0.45, old)
        color = mix(_OCHRE, _ORANGE, smoothstep(0.0, 0.10, old))
        color = mix(color, _BROWN, smoothstep(0.06, 0.32, old + 0.04 * self.grit))
        color = mix(color, _UMBER, 0.8 * smoothstep(0.24, 0.62, old))
        color = mix(color, _UMBER * 0.6, 0.8 * pitted)
        bloom = smoothstep(1.1, 2.2, self.tint + 0.5 * self.grit)  # orange powder lies on old scale too
        color = mix(color, _ORANGE, 0.6 * bloom) * np.exp(0.13 * self.grit)[..., None]
        height = 1.15 * smoothstep(0, 0.35, old) + 0.22 * self.grit + 0.25 * self.tint - 1.3 * pitted
        return color, np.clip(0.88 + 0.04 * self.grit - 0.08 * pitted, 0, 1), height
