"""The procedural materials by name."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .ageing_bronze import AgeingBronze
from .rusting_painted_metal import RustingPaintedMetal


class Material(Protocol):
    """One piece of a material whose maps are known at any age."""

    name: str
    intensity: float  # radiant, of its flash: bright enough for the dull ages, and few glossy texels are clipped

    def __init__(self, texels: int, seed: int = 0): ...

    def maps(self, age: float) -> dict[str, np.ndarray]:
        """base_color [T, T, 3] linear, metallic, roughness in [0, 1], height in texels, all [T, T], age in [0, 1]."""
        ...


MATERIALS: dict[str, type[Material]] = {material.name: material for material in (RustingPaintedMetal, AgeingBronze)}
