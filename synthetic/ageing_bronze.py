"""Cast bronze: satin, then brown with tarnish, then verdigris from the hollows up, until only the heights are brown."""

from __future__ import annotations

import numpy as np

from .fields import Plane, arrival, mix, rank, smoothstep, srgb, when_covered

_BRONZE, _GOLDEN, _PURPLE = np.array([0.72, 0.45, 0.21]), np.array([0.62, 0.30, 0.10]), np.array([0.34, 0.15, 0.13])
_BROWN, _DARK = np.array([0.150, 0.078, 0.045]), np.array([0.060, 0.036, 0.026])
_MALACHITE, _TEAL, _MINT, _BLUE = srgb(36, 96, 82), srgb(74, 148, 130), srgb(138, 190, 166), srgb(70, 146, 164)


class AgeingBronze:
    """The maps of one piece of bronze at any age in [0, 1]."""

    name = "ageing_bronze"
    intensity = 1.6

    def __init__(self, texels: int, seed: int = 0):
        self.plane = plane = Plane(texels)
        rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
        self.satin = plane.noise(rng, 7, 3, 0.6)
        self.grit = plane.noise(rng, 4.0, 2, 0.7)
        self.tint = plane.noise(rng, 12, 4, 0.7)
        self.cloud = plane.noise(rng, 24, 3)
        self.relief = 0.35 * plane.noise(rng, 22, 2, 0.3)  # texels: what the casting left, and the file did not take
        self.low = 1 - rank(self.relief)
        self.film = smoothstep(-2.0, 2.0, plane.noise(rng, 20, 3, 0.5))  # of air and hands, on the freshest metal
        self.speck = plane.noise(rng, 2.8, 2, 0.8)
        self.tarnish_late = 0.035 * self.cloud + 0.022 * self.tint - 0.20 * (self.low - 0.5)
        self.rubbed = smoothstep(0.34, 0.02, self.low)  # hands and weather keep the heights from going dark
        self._corrode(rng)

    def _corrode(self, rng: np.random.Generator) -> None:
        """Verdigris sets out from hollows, each at its own age, and climbs slowly."""
        plane = self.plane
        bend = 1.5 * plane.noise(rng, 8, 2), 1.5 * plane.noise(rng, 8, 2)
        start = np.full((plane.cells, plane.cells), np.inf)
        points = plane.scatter(rng, 8)
        for point, birth in zip(points, rng.permutation(np.linspace(0, 1, len(points))), strict=True):
            distance = plane.distance(point, bend)
            inside = distance < 0.6 + 1.2 * rng.random() ** 2
            start = np.where(inside, np.minimum(start, birth + 0.02 * distance), start)
        start += 2.0 * (1 - self.low)
        order = arrival(start, 10 * np.exp(2.6 * (self.low - 0.5) + 0.45 * self.tint))
        area = [0.0, 0.01, 0.06, 0.20, 0.42, 0.62, 0.78, 1.0]
        age = [0.16, 0.22, 0.34, 0.50, 0.66, 0.82, 1.0, 1.5]
        self.green_at = when_covered(order, area, age)

    def maps(self, age: float) -> dict[str, np.ndarray]:
        """base_color [T, T, 3] linear, metallic, roughness in [0, 1], height in texels, all [T, T], float64."""
        since = age - self.green_at
        green = smoothstep(-0.02, 0.10, since + 0.035 * self.speck)  # grains, before it closes
        green = green * (1 - 0.35 * smoothstep(1.0, 2.2, self.speck) * smoothstep(0.5, 0.0, since))
        near = np.clip(1.6 * self.plane.blur(green, 2.2), 0, 1)
        tarnish = np.clip(1.1 * (age - self.tarnish_late) - 0.05, 0, None) * smoothstep(0, 0.12, age)
        tarnish = tarnish * (1 - 0.45 * self.rubbed) + 0.2 * near

        metal = _BRONZE * np.exp(0.03 * self.satin - 0.08 * self.film)[..., None]
        metal = mix(metal, _GOLDEN, smoothstep(0.0, 0.27, tarnish))
        metal = mix(metal, _PURPLE, 0.55 * smoothstep(0.16, 0.36, tarnish + 0.02 * self.tint))
        metal = mix(metal, _BROWN * np.exp(0.15 * self.tint)[..., None], smoothstep(0.26, 0.58, tarnish))
        metal = mix(metal, _DARK, 0.75 * smoothstep(0.6, 1.3, tarnish) + 0.2 * near)
        metal = mix(metal, _MALACHITE * 0.55, 0.55 * smoothstep(-0.16, 0.0, since) * smoothstep(0.1, 0.3, age))
        metallic = 1 - 0.10 * self.film - 0.40 * smoothstep(0.18, 0.5, tarnish) - 0.35 * smoothstep(0.5, 1.0, tarnish)
        rough = 0.48 + 0.02 * self.satin + 0.04 * smoothstep(0.05, 0.3, tarnish) + 0.10 * smoothstep(0.3, 0.9, tarnish)

        crust, crust_height = self._verdigris(since)
        shrink = self.plane.shrink
        return {
            "base_color": shrink(np.clip(mix(metal, crust, green), 0.002, 0.95)),
            "metallic": shrink(metallic * (1 - green)),
            "roughness": shrink(np.clip(mix(rough, 0.88 + 0.04 * self.grit, green), 0.05, 1)),
            "height": shrink(self.relief + 0.03 * self.satin + green * crust_height),
        }

    def _verdigris(self, since: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Dark green where it is thin, teal, then pale where it is thick and dry; a raised and grainy crust."""
        old = np.clip(since, 0, None)
        thick = smoothstep(0, 0.45, old + 0.05 * self.grit)
        color = mix(_MALACHITE, _TEAL, smoothstep(0.0, 0.20, old + 0.03 * self.speck + 0.04 * self.tint))
        color = mix(color, _BLUE, 0.65 * smoothstep(0.1, 1.6, self.cloud + 0.4 * self.tint))
        color = mix(color, _MINT, 0.9 * smoothstep(0.15, 0.75, old + 0.20 * self.tint + 0.05 * self.speck))
        color = mix(color, _MALACHITE, 0.6 * smoothstep(0.6, 2.0, -self.tint + 0.5 * self.speck))
        height = 0.15 + 0.75 * thick + thick * (0.20 * self.grit + 0.15 * self.tint)
        return color * np.exp(0.13 * self.speck)[..., None], height
