"""What Blender renders is what the model was trained with: the preview's plane against the engine's own renderer."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage import load_picture, new_material, psnr, set_stage

torch = pytest.importorskip("torch", reason="the engine's renderer needs torch, which this environment lacks")

EXTENT, GAP, AGES = 64, 4, (0.0, 0.5, 1.0)
INTENSITY = math.pi  # under it the preview sees a model that has learned no light
PLACES = ((0.0, 0.0), (0.0, 0.6), (0.0, -0.6))  # of the strip's rows: flash, top, bottom


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of the Principled form: all maps vary from texel to texel and with age."""
    from make_tiny_model import tiny_header
    from patina.engine.models.model_file import save_model
    from patina.engine.models.network import NetworkConfig, VectorField

    network = NetworkConfig(8, 8, (1, 2), False)
    torch.manual_seed(5)
    field = VectorField(network)
    with torch.no_grad():
        field.velocity.weight.mul_(3)
        field.velocity.bias.copy_(torch.tensor([-0.4, 0.2, 0.5, 0.3, 0.4, 0, 0, 0]))
        field.velocity.bias.sub_(0.5 * field.velocity.weight.sum((1, 2, 3)))
    look = {"form": "principled", "relief": [0.2]}
    header = tiny_header(network=network.to_header(), appearance=look, estimated=[])
    path = tmp_path_factory.mktemp("model") / "principled.safetensors"
    save_model(field, header, path)
    return path


def photographs(path: Path, folder: Path) -> np.ndarray:
    """The engine's own pictures [rows, ages, EXTENT, EXTENT, 3] of the life that the preview shows."""
    from patina.engine.lives.life import Life, LifeSettings
    from patina.engine.lives.life_store import LifeStore
    from patina.engine.models.model_file import load_model
    from patina.engine.rendering.flash import Frame, Light

    model = load_model(path)
    life = Life(model, 0, EXTENT, LifeStore(folder, 1 << 30), LifeSettings(), "cpu")
    positions = Frame(EXTENT, EXTENT).positions(0, 0, EXTENT, EXTENT)
    states = [life.observed(age) for age in AGES]
    rows = []
    for place in PLACES:
        light = Light(INTENSITY, *place)
        rows.append([model.appearance.photograph(state, positions, light).permute(1, 2, 0).numpy() for state in states])
    return np.array(rows)


@pytest.mark.parametrize(("renderer", "least"), [("CYCLES", 45), ("EEVEE", 40)])
def test_the_plane_under_the_flash_is_the_engines_photograph(
    tmp_path: Path, model: Path, renderer: str, least: float
) -> None:
    material = new_material(set_stage())
    material.patina.resolution = EXTENT
    bpy.ops.patina.add_to_material(model=str(model))
    output = tmp_path / "strip.png"
    done = bpy.ops.patina.preview_relight(
        subject="PLANE", renderer=renderer, size=EXTENT, ages=3, lights=3, strip=str(output)
    )
    assert done == {"FINISHED"}
    strip = load_picture(output)[::-1]
    expected = photographs(model, tmp_path / "lives")
    assert expected.std((2, 3)).min() > 0.02 and np.abs(expected[:, 0] - expected[:, 2]).mean() > 0.05
    step = EXTENT + GAP
    for row in range(len(PLACES)):
        for column, age in enumerate(AGES):
            tile = strip[row * step : row * step + EXTENT, column * step : column * step + EXTENT]
            agreement = psnr(tile, expected[row, column])
            print(f"{renderer} light {PLACES[row]} age {age}: {agreement:.1f} dB")
            assert agreement > least, (PLACES[row], age)
