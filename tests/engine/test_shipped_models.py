"""What ships looks like its footage at every age, by numbers that training does not use; the eye has the last word."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from patina.engine.lives.life import Life, LifeSettings
from patina.engine.lives.life_store import LifeStore
from patina.engine.lives.noise import initial_state
from patina.engine.lives.solver import solve
from patina.engine.models.model_file import load_model
from patina.engine.models.shipped import shipped_models

LUMA = np.array((0.2126, 0.7152, 0.0722))


@dataclass(frozen=True)
class Look:
    """color: mean display-encoded colour. aged: share of texels that `AGED` picks. grain: mean absolute Laplacian of
    the luma."""

    color: tuple[float, float, float]
    aged: float
    grain: float


# What an aged texel is: dark rust; blue verdigris; the dark blue of a crystal.
AGED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rusting_steel": lambda encoded: encoded @ LUMA < 0.35,
    "copper_patina": lambda encoded: encoded[..., 2] - encoded[..., 0] > 0.2,
    "crystallising_copper": lambda encoded: encoded[..., 1] < 0.3,
}
# Measured on the frames of the footage at these ages; of copper's on the part that was learned, flattened;
# of crystals' on frames 8 to 65, as they are.
FOOTAGE = {
    "rusting_steel": {
        0.0: Look((0.836, 0.845, 0.846), 0.000, 0.017),
        0.25: Look((0.778, 0.797, 0.791), 0.031, 0.067),
        0.5: Look((0.750, 0.750, 0.721), 0.038, 0.071),
        0.75: Look((0.699, 0.677, 0.636), 0.050, 0.091),
        1.0: Look((0.398, 0.324, 0.251), 0.473, 0.082),
    },
    "copper_patina": {
        0.0: Look((0.362, 0.241, 0.231), 0.000, 0.008),
        0.5: Look((0.357, 0.438, 0.427), 0.063, 0.061),
        0.75: Look((0.287, 0.436, 0.456), 0.289, 0.059),
        1.0: Look((0.250, 0.421, 0.457), 0.372, 0.056),
    },
    "crystallising_copper": {
        0.0: Look((0.010, 0.501, 0.530), 0.000, 0.002),
        0.25: Look((0.014, 0.472, 0.506), 0.024, 0.016),
        0.5: Look((0.025, 0.370, 0.457), 0.375, 0.031),
        0.75: Look((0.045, 0.295, 0.428), 0.612, 0.042),
        1.0: Look((0.059, 0.231, 0.402), 0.793, 0.056),
    },
}
MOMENTS = [(name, age) for name, looks in FOOTAGE.items() for age in looks]


def look(encoded: np.ndarray, name: str) -> Look:
    luma = encoded @ LUMA
    laplacian = 4 * luma - sum(np.roll(luma, shift, axis) for shift in (1, -1) for axis in (0, 1))
    red, green, blue = encoded.mean((0, 1))
    return Look((red, green, blue), float(AGED[name](encoded).mean()), float(np.abs(laplacian).mean()))


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Life]:
    store = LifeStore(tmp_path_factory.mktemp("lives"), 1 << 30)
    models = {name: load_model(shipped_models()[name]) for name in FOOTAGE}
    return {name: Life(model, 11, 128, store, LifeSettings(), "cpu") for name, model in models.items()}


def colors(life: Life, age: float) -> np.ndarray:
    """Display-encoded colours [H, W, 3]."""
    return (0.5 * life.observed(age) + 0.5).clamp(0, 1).permute(1, 2, 0).double().numpy()


@pytest.mark.parametrize(("name", "age"), MOMENTS)
def test_it_has_the_colours_of_its_footage(lives: dict[str, Life], name: str, age: float) -> None:
    ours, footage = look(colors(lives[name], age), name), FOOTAGE[name][age]
    assert ours.color == pytest.approx(footage.color, abs=0.06)
    assert ours.aged == pytest.approx(footage.aged, abs=0.02 + 0.25 * footage.aged)


@pytest.mark.parametrize(("name", "age"), MOMENTS)
def test_it_is_neither_grainy_nor_blurred(lives: dict[str, Life], name: str, age: float) -> None:
    ours, footage = look(colors(lives[name], age), name), FOOTAGE[name][age]
    assert 0.5 * footage.grain < ours.grain < 1.5 * footage.grain + 0.01


def test_rust_takes_the_gloss_and_the_metal_away(lives: dict[str, Life]) -> None:
    rust = lives["rusting_steel"]
    fresh, aged = rust.maps(0.0), rust.maps(1.0)
    rusted = aged["base_color"] @ LUMA < 0.1
    assert aged["roughness"][rusted].mean() > fresh["roughness"].mean() + 0.4
    assert aged["metallic"][rusted].mean() < fresh["metallic"].mean() - 0.5


def test_patina_takes_the_metal_of_copper_away_and_greens_it(tmp_path: Path) -> None:
    store = LifeStore(tmp_path, 1 << 30)
    copper = Life(load_model(shipped_models()["brushed_copper"]), 11, 128, store, LifeSettings(), "cpu")
    fresh, aged = copper.maps(0.0), copper.maps(1.0)
    assert fresh["metallic"].mean() > 0.8
    assert aged["metallic"].mean() < 0.1
    assert aged["roughness"].mean() > fresh["roughness"].mean()
    (red, green, blue), patina = fresh["base_color"].mean((0, 1)), aged["base_color"].mean((0, 1))
    assert red > 1.25 * green and green > blue
    assert patina[1] > 1.25 * patina[0]


@pytest.mark.parametrize("path", shipped_models().values(), ids=lambda path: path.stem)
def test_no_place_is_a_border(path: Path) -> None:
    """What starts shifted, around the borders, ages shifted: so there is no seam."""
    model = load_model(path)
    start = torch.from_numpy(initial_state(model.header.network["channels"], 64, 64, 3, model.header.start))[None]
    shift = {"shifts": (20, 36), "dims": (2, 3)}
    ours = dict(solve(model.field, start, model.grid))
    shifted = dict(solve(model.field, start.roll(**shift), model.grid))
    for index in (model.grid.warm_up_steps, len(ours)):
        assert (ours[index].roll(**shift) - shifted[index]).abs().max() < 1e-3 * ours[index].abs().max()


@pytest.mark.parametrize("path", shipped_models().values(), ids=lambda path: path.stem)
def test_a_shipped_model_has_a_picture_a_credit_and_a_licence(path: Path) -> None:
    header = load_model(path).header
    assert path.with_suffix(".png").exists()
    assert header.credit and header.licence
    assert header.title in (path.parents[1] / "docs" / "models.md").read_text()


@pytest.mark.parametrize("path", shipped_models().values(), ids=lambda path: path.stem)
def test_a_shipped_model_has_been_judged_as_it_is_and_its_page_says_how(path: Path) -> None:
    """Its record was made from this very file; nothing is copied, alike or seamed."""
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["sha256"] == load_model(path).header.sha256
    assert record["complaints"] == []
    page = (path.parents[1] / "docs" / "models.md").read_text().split(f"weights/{path.stem}.png")[1].split("\n## ")[0]
    for figure in (record["mean_texture"], max(age["worst_texture"] for age in record["ages"])):
        assert f"{figure:.2f}" in page
    assert record["good"] or "not\ngood yet" in page


@pytest.mark.parametrize("name", ["copper_patina", "crystallising_copper", "rusting_steel"])
def test_what_is_said_to_be_good_is_so_at_every_judged_age(name: str) -> None:
    record = json.loads(shipped_models()[name].with_suffix(".json").read_text())
    assert record["good"] and all(age["worst_texture"] <= 1.3 for age in record["ages"] if age["near_frame"])
