"""How near Principled comes to a model of diffuse and specular colours: PSNR of their photographs.

.venv/bin/python -m benchmarks.principled_fit MODEL [--extent 64]
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from patina.engine.appearance import DiffuseSpecularAppearance
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.maps.normals import normals
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import find_model
from patina.engine.rendering.brdf import principled
from patina.engine.rendering.flash import Frame, Light, exposed, geometry_at
from torch import Tensor

AGES = (0.0, 0.25, 0.5, 0.75, 1.0)
PLACES = {"flash": (0.0, 0.0), "north": (0.0, 0.6), "west": (-0.5, 0.0)}


def psnr(one: Tensor, other: Tensor) -> float:
    return -10 * math.log10(float((one - other).square().mean()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--extent", type=int, default=64)
    given = parser.parse_args()
    model = load_model(find_model(given.model))
    look = model.appearance
    if not isinstance(look, DiffuseSpecularAppearance):
        raise SystemExit(f"{given.model} has no diffuse and specular colours: there is nothing to be fitted.")
    positions = Frame(given.extent, given.extent).positions(0, 0, given.extent, given.extent)
    intensity = float(model.header.light.get("intensity", math.pi))
    print("age " + " ".join(f"{name:>6}" for name in PLACES))
    with TemporaryDirectory() as folder:
        life = Life(model, 0, given.extent, LifeStore(Path(folder), 1 << 30), LifeSettings(), "cpu")
        for age in AGES:
            state = life.observed(age).float()
            maps = {name: torch.from_numpy(values) for name, values in look.maps(state).items()}
            base, metallic = maps["base_color"].permute(2, 0, 1), maps["metallic"][None]
            row = []
            for place in PLACES.values():
                light = Light(intensity, *place)
                geometry, irradiance = geometry_at(positions, normals(look.height(state)), light)
                seen = principled(base, metallic, maps["roughness"].square()[None], geometry) * irradiance
                row.append(psnr(exposed(seen), look.photograph(state, positions, light)))
            print(f"{age:4.2f}" + " ".join(f"{value:6.1f}" for value in row))


if __name__ == "__main__":
    main()
